/** What stands around a message's text: whom it is from, what it answers, a place, reactions, earlier texts. */
import type { Message } from "@/api/types";
import { useI18n } from "@/i18n";
import styles from "@/inbox/MessageParts.module.css";
import { IconMapPin, IconShare3 } from "@/ui/icons";

export function Before({ details }: { details: NonNullable<Message["details"]> }) {
  const { t } = useI18n();
  return (
    <>
      {details.forwarded_from ? (
        <p className={styles.forwarded}>
          <IconShare3 size={14} aria-hidden /> {t("message.forwarded", { name: details.forwarded_from })}
        </p>
      ) : null}
      {details.quote?.text ? (
        <blockquote className={styles.quote} aria-label={t("message.quote")}>
          {details.quote.text}
        </blockquote>
      ) : null}
    </>
  );
}

export function Place({ details }: { details: NonNullable<Message["details"]> }) {
  const { t } = useI18n();
  const place = details.location;
  if (!place) return null;
  const at = `${place.latitude}/${place.longitude}`;
  return (
    <a
      className={styles.place}
      href={`https://www.openstreetmap.org/?mlat=${place.latitude}&mlon=${place.longitude}#map=16/${at}`}
      target="_blank"
      rel="noopener noreferrer"
    >
      <IconMapPin size={16} aria-hidden /> {t("message.map")}
    </a>
  );
}

export function Reactions({ items }: { items: string[] }) {
  const { t } = useI18n();
  if (items.length === 0) return null;
  return (
    <ul className={styles.reactions} aria-label={t("message.reactions")}>
      {items.map((emoji) => (
        <li key={emoji}>{emoji}</li>
      ))}
    </ul>
  );
}

export function EarlierTexts({ message }: { message: Message }) {
  const { t, format } = useI18n();
  if (!message.edits?.length) return null;
  return (
    <details className={styles.earlier}>
      <summary>{t("message.earlier", { count: message.edits.length })}</summary>
      <ol>
        {message.edits.map((one) => (
          <li key={`${one.at}${one.text}`}>
            <time dateTime={one.at}>{format.full(one.at)}</time>
            <p>{one.text}</p>
          </li>
        ))}
      </ol>
    </details>
  );
}
