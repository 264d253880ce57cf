/** The frame of settings and admin pages: a title, an action at its side, and cards below. */
import { ActionIcon, Button, Loader } from "@mantine/core";
import type { ReactNode } from "react";
import { useShell } from "@/app/shellContext";
import { useI18n } from "@/i18n";
import { useWords } from "@/i18n/words";
import { IconAlertCircle, IconMenu2 } from "@/ui/icons";
import styles from "@/ui/PageFrame.module.css";
import { Empty } from "@/ui/parts";

interface Props {
  title: string;
  lead?: string;
  action?: ReactNode;
  children: ReactNode;
}

export function PageFrame({ title, lead, action, children }: Props) {
  const { t } = useI18n();
  const { phone, openMenu } = useShell();
  return (
    <div className={styles.page}>
      <div className={styles.inner}>
        <header className={styles.head}>
          {phone ? (
            <ActionIcon size="lg" aria-label={t("nav.open")} onClick={openMenu}>
              <IconMenu2 size={20} />
            </ActionIcon>
          ) : null}
          <div className={styles.titles}>
            <h2>{title}</h2>
            {lead ? <p>{lead}</p> : null}
          </div>
          {action}
        </header>
        {children}
      </div>
    </div>
  );
}

export function Card({ title, lead, children }: { title?: string; lead?: string; children: ReactNode }) {
  return (
    <section className={styles.card} aria-label={title}>
      {title ? (
        <div className={styles.cardHead}>
          <h3>{title}</h3>
          {lead ? <p>{lead}</p> : null}
        </div>
      ) : null}
      {children}
    </section>
  );
}

interface LoadedProps<T> {
  query: { data: T | undefined; isError: boolean; error: Error | null; refetch: () => unknown };
  children: (data: T) => ReactNode;
}

/** What a query gave; while it has not, that it is loading or why it failed. */
export function Loaded<T>({ query, children }: LoadedProps<T>) {
  const { t } = useI18n();
  const words = useWords();
  if (query.data !== undefined) return children(query.data);
  if (!query.isError) {
    return (
      <div className={styles.loading}>
        <Loader size="sm" role="status" aria-label={t("loading")} />
      </div>
    );
  }
  return (
    <Empty
      icon={IconAlertCircle}
      title={t("page.failed")}
      action={
        <Button variant="default" onClick={() => void query.refetch()}>
          {t("retry")}
        </Button>
      }
    >
      {words(query.error)}
    </Empty>
  );
}

interface RowsProps<T> {
  items: T[];
  none: ReactNode;
  children: (item: T) => ReactNode;
}

/** One row for each; `none` where there is nothing. */
export function Rows<T>({ items, none, children }: RowsProps<T>) {
  return items.length === 0 ? none : <ul className={styles.rows}>{items.map(children)}</ul>;
}
