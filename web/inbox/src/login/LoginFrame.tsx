/** The frame of what one sees before signing in: one card, and the language. */
import { type ReactNode, useEffect } from "react";
import { Logo } from "@/app/Logo";
import { LanguageSwitch } from "@/login/LanguageSwitch";
import styles from "@/login/LoginPage.module.css";
import { IconAlertCircle } from "@/ui/icons";

interface Props {
  title: string;
  lead?: string;
  children?: ReactNode;
}

export function LoginFrame({ title, lead, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Switchboard`;
  }, [title]);
  return (
    <div className={styles.page}>
      <main className={styles.card}>
        <Logo size={40} />
        <h1 className={styles.title}>{title}</h1>
        {lead ? <p className={styles.lead}>{lead}</p> : null}
        {children}
      </main>
      <footer className={styles.footer}>
        <LanguageSwitch />
      </footer>
    </div>
  );
}

/** What went wrong, read out as it appears. */
export function Fault({ children }: { children: string | null }) {
  return (
    <div role="alert" className={styles.error}>
      {children ? (
        <>
          <IconAlertCircle size={16} aria-hidden /> <span>{children}</span>
        </>
      ) : null}
    </div>
  );
}
