/** What stands while nothing else can: the mark, and after a failure a way to try again. */
import { Button, Loader } from "@mantine/core";
import styles from "@/app/Splash.module.css";
import { useI18n } from "@/i18n";

export function Splash({ failed, retry }: { failed: boolean; retry: () => void }) {
  const { t } = useI18n();
  return (
    <main className={styles.splash} aria-busy={!failed}>
      <h1 className="only-heard">Switchboard</h1>
      {failed ? (
        <div className={styles.failed} role="alert">
          <p className={styles.title}>{t("splash.failed")}</p>
          <p>{t("splash.failed_hint")}</p>
          <Button onClick={retry}>{t("retry")}</Button>
        </div>
      ) : (
        <Loader size="sm" aria-label={t("loading")} role="status" />
      )}
    </main>
  );
}
