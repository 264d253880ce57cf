/** A message that the hub has not confirmed yet: honest about it, with a way on. */
import { Button, Loader } from "@mantine/core";
import { useI18n } from "@/i18n";
import { refusalIn } from "@/i18n/words";
import { Attachments } from "@/inbox/Attachments";
import { authorName } from "@/inbox/names";
import styles from "@/inbox/Thread.module.css";
import { useOutbox } from "@/state/OutboxProvider";
import type { Pending } from "@/state/outbox";
import { IconAlertTriangle, IconNote } from "@/ui/icons";

interface Props {
  pending: Pending;
  onEdit: (pending: Pending) => void;
}

export function PendingRow({ pending, onEdit }: Props) {
  const { t, locale } = useI18n();
  const outbox = useOutbox();
  const takeBack = () => {
    const item = outbox.discard(pending.key);
    if (item) onEdit(item);
  };
  return (
    <article
      className={styles.message}
      data-direction={pending.direction}
      data-first
      data-last
      data-pending
      aria-label={t(`pending.${pending.state}`)}
    >
      <span className={styles.side} />
      <div className={styles.column}>
        {pending.direction === "note" ? (
          <p className={styles.author}>
            <IconNote size={14} aria-hidden /> {t("composer.note")}
          </p>
        ) : null}
        <div className={styles.bubble}>
          {pending.text ? <p className={styles.text}>{pending.text}</p> : null}
          <Attachments items={pending.attachments} />
          <p className={styles.meta}>
            {pending.state === "sending" || pending.state === "waiting" ? <Loader size={10} color="gray" /> : null}
            <span>{t(`pending.${pending.state}`)}</span>
          </p>
        </div>
        {pending.state === "conflict" ? (
          <div className={styles.conflict} role="alert">
            <p>
              <IconAlertTriangle size={16} aria-hidden /> {t("conflict.title")}
            </p>
            {pending.newer.slice(-2).map((message) => (
              <blockquote key={message.id}>
                <b>{authorName(message.author, t)}</b> {message.text || t("list.attachment")}
              </blockquote>
            ))}
            <div className={styles.choices}>
              <Button size="compact-sm" onClick={() => outbox.confirm(pending.key)}>
                {t("conflict.send")}
              </Button>
              <Button size="compact-sm" variant="default" onClick={takeBack}>
                {t("conflict.edit")}
              </Button>
              <Button size="compact-sm" variant="subtle" color="red" onClick={() => outbox.discard(pending.key)}>
                {t("conflict.discard")}
              </Button>
            </div>
          </div>
        ) : null}
        {pending.state === "failed" ? (
          <p className={styles.trouble} role="alert">
            <span>{pending.error ? refusalIn(locale, pending.error) : t("pending.unconfirmed")}</span>
            <span className={styles.choices}>
              <Button size="compact-xs" variant="default" onClick={() => outbox.retry(pending.key)}>
                {t("retry")}
              </Button>
              <Button size="compact-xs" variant="default" onClick={takeBack}>
                {t("conflict.edit")}
              </Button>
              <Button size="compact-xs" variant="subtle" color="red" onClick={() => outbox.discard(pending.key)}>
                {t("conflict.discard")}
              </Button>
            </span>
          </p>
        ) : null}
      </div>
    </article>
  );
}
