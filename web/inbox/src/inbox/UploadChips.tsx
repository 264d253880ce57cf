/** The files of the message being written, with their progress. */
import { useI18n } from "@/i18n";
import { useWords } from "@/i18n/words";
import styles from "@/inbox/Composer.module.css";
import { TooBig, type Upload } from "@/state/uploads";
import { IconRotateClockwise, IconX } from "@/ui/icons";

interface Props {
  uploads: Upload[];
  limitBytes: number | undefined;
  remove: (key: string) => void;
  retry: (key: string) => void;
}

export function UploadChips({ uploads, limitBytes, remove, retry }: Props) {
  const { t, format } = useI18n();
  const words = useWords();
  const state = ({ error, attachment, size, share }: Upload) => {
    if (error instanceof TooBig) return t("upload.too_big", { limit: format.size(limitBytes ?? 0) });
    if (error !== null) return words(error);
    return attachment ? format.size(size) : `${Math.round(share * 100)} %`;
  };
  if (uploads.length === 0) return null;
  return (
    <ul className={styles.uploads} aria-label={t("upload.label")}>
      {uploads.map((item) => (
        <li key={item.key} data-failed={item.error !== null || undefined}>
          <span className={styles.uploadName}>{item.name}</span>
          <span className={styles.uploadState}>{state(item)}</span>
          {item.error !== null && item.file ? (
            <button type="button" aria-label={t("upload.retry", { name: item.name })} onClick={() => retry(item.key)}>
              <IconRotateClockwise size={14} />
            </button>
          ) : null}
          <button type="button" aria-label={t("upload.remove", { name: item.name })} onClick={() => remove(item.key)}>
            <IconX size={14} />
          </button>
          {item.attachment || item.error !== null ? null : (
            <progress value={item.share} aria-label={t("upload.progress", { name: item.name })} />
          )}
        </li>
      ))}
    </ul>
  );
}
