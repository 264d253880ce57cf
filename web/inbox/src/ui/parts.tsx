/** Small parts that every page uses. */

import type { IconProps } from "@tabler/icons-react";
import type { ComponentType, ReactNode } from "react";
import { IconBrandTelegram, IconForms, IconMail, IconMessageCircle, IconPlug, IconTerminal2 } from "@/ui/icons";
import styles from "@/ui/parts.module.css";

type IconOf = ComponentType<IconProps>;

const CHANNEL_ICONS: Record<string, IconOf> = {
  telegram: IconBrandTelegram,
  email: IconMail,
  webchat: IconMessageCircle,
  forms: IconForms,
  form: IconForms,
  console: IconTerminal2,
};

export function ChannelIcon({ kind, size = 14 }: { kind: string; size?: number }) {
  const Icon = CHANNEL_ICONS[kind] ?? IconPlug;
  return <Icon size={size} stroke={1.75} aria-hidden />;
}

interface EmptyProps {
  icon: IconOf;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

/** What stands where nothing is: what it means, and what to do. */
export function Empty({ icon: Icon, title, children, action }: EmptyProps) {
  return (
    <div className={styles.empty}>
      <span className={styles.emptyIcon} aria-hidden>
        <Icon size={24} stroke={1.5} />
      </span>
      <p className={styles.emptyTitle}>{title}</p>
      {children ? <p className={styles.emptyText}>{children}</p> : null}
      {action}
    </div>
  );
}

export type Tone = "plain" | "accent" | "good" | "warn" | "danger";

export function Badge({ tone = "plain", icon: Icon, children }: { tone?: Tone; icon?: IconOf; children: ReactNode }) {
  return (
    <span className={styles.badge} data-tone={tone}>
      {Icon ? <Icon size={12} stroke={2} aria-hidden /> : null}
      {children}
    </span>
  );
}
