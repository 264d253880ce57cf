/** A link that was made just now: whether it was sent, and the link itself, this once. */
import type { LinkMade as Made } from "@/api/types";
import { useI18n } from "@/i18n";
import { Copied } from "@/manage/Copied";
import { Dialog } from "@/ui/Dialog";
import styles from "@/ui/PageFrame.module.css";

export function LinkMade({ email, made, onClose }: { email: string; made: Made; onClose: () => void }) {
  const { t, format } = useI18n();
  const told = made.mailed ? "people.mailed" : made.trying ? "people.mailing" : "people.not_mailed";
  return (
    <Dialog onClose={onClose} title={t("people.link")} closeButtonProps={{ "aria-label": t("close") }}>
      <div className={styles.form}>
        <p role="status">{t(told, { email })}</p>
        <Copied label={t("people.link_of", { email, when: format.full(made.expires_at) })} text={made.url} />
      </div>
    </Dialog>
  );
}
