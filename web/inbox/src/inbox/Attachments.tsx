/** Files of a message: pictures as pictures, the rest as chips to download. */
import { attachmentUrl, isPicture } from "@/api/calls";
import type { AttachmentRef } from "@/api/types";
import { useI18n } from "@/i18n";
import { inOneLine, saidOf } from "@/i18n/reasons";
import styles from "@/inbox/Thread.module.css";
import { IconAlertCircle, IconClock, IconDownload } from "@/ui/icons";

export function Attachments({ items }: { items: AttachmentRef[] }) {
  if (items.length === 0) return null;
  return (
    <div className={styles.attachments}>
      {items.map((item) =>
        isPicture(item) ? <Picture key={item.id} item={item} /> : <FileChip key={item.id} item={item} />,
      )}
    </div>
  );
}

function Picture({ item }: { item: AttachmentRef }) {
  return (
    <a href={attachmentUrl(item.id, true)} target="_blank" rel="noopener noreferrer" className={styles.picture}>
      <img src={attachmentUrl(item.id, true)} alt={item.name} loading="lazy" decoding="async" />
    </a>
  );
}

function FileChip({ item }: { item: AttachmentRef }) {
  const { t, format, locale } = useI18n();
  if (item.status === "pending") {
    return (
      <span className={styles.file}>
        <IconClock size={18} aria-hidden />
        <span>
          <span className={styles.fileName}>{item.name}</span>
          <span className={styles.fileSize}>{t("attachment.pending")}</span>
        </span>
      </span>
    );
  }
  if (item.status === "failed") {
    return (
      <span className={styles.file} data-failed>
        <IconAlertCircle size={18} aria-hidden />
        <span>
          <span className={styles.fileName}>{item.name}</span>
          <span className={styles.fileSize}>
            {inOneLine(saidOf(null, item.reason, locale)) || t("attachment.failed")}
          </span>
        </span>
      </span>
    );
  }
  return (
    <a href={attachmentUrl(item.id)} download={item.name} className={styles.file}>
      <IconDownload size={18} aria-hidden />
      <span>
        <span className={styles.fileName}>{item.name}</span>
        <span className={styles.fileSize}>{format.size(item.size_bytes)}</span>
      </span>
    </a>
  );
}
