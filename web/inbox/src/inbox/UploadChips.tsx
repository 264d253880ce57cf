/** The files of the message being written, with their progress. */
import { useI18n } from "@/i18n";
import styles from "@/inbox/Composer.module.css";
import type { Upload } from "@/inbox/useUploads";
import { IconX } from "@/ui/icons";

export function UploadChips({ uploads, remove }: { uploads: Upload[]; remove: (key: string) => void }) {
  const { t, format } = useI18n();
  if (uploads.length === 0) return null;
  return (
    <ul className={styles.uploads} aria-label={t("upload.label")}>
      {uploads.map((item) => (
        <li key={item.key} data-failed={item.error !== null || undefined}>
          <span className={styles.uploadName}>{item.name}</span>
          <span className={styles.uploadState}>
            {item.error ?? (item.attachment ? format.size(item.size) : `${Math.round(item.share * 100)} %`)}
          </span>
          <button type="button" aria-label={t("upload.remove", { name: item.name })} onClick={() => remove(item.key)}>
            <IconX size={14} />
          </button>
          {item.attachment || item.error ? null : (
            <progress value={item.share} aria-label={t("upload.progress", { name: item.name })} />
          )}
        </li>
      ))}
    </ul>
  );
}
