/** What a mail has beside its new text: subject and badges above, quotes and signature folded below. */
import { Button } from "@mantine/core";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { api, attachmentUrl } from "@/api/calls";
import type { MailDetails, Message } from "@/api/types";
import { useI18n } from "@/i18n";
import { useWords } from "@/i18n/words";
import { LinkedText } from "@/inbox/links";
import styles from "@/inbox/MailParts.module.css";
import { toast } from "@/state/toasts";
import { IconAlertTriangle, IconShieldLock } from "@/ui/icons";
import { Badge } from "@/ui/parts";

export function MailHead({ message, mail }: { message: Message; mail: MailDetails }) {
  const { t } = useI18n();
  return (
    <header className={styles.head}>
      {mail.subject ? <p className={styles.subject}>{mail.subject}</p> : null}
      <p className={styles.badges}>
        {mail.automatic ? <Badge>{t(`mail.${mail.automatic}`)}</Badge> : null}
        {mail.authentic === "pass" ? <Badge icon={IconShieldLock}>{t("mail.authentic")}</Badge> : null}
        {mail.authentic === "fail" ? (
          <Badge tone="danger" icon={IconAlertTriangle}>
            {t("mail.forged")}
          </Badge>
        ) : null}
        {mail.claims ? (
          <Badge tone="warn" icon={IconAlertTriangle}>
            <Link to={`/inbox/all/${mail.claims}`}>{t("mail.claims")}</Link>
          </Badge>
        ) : null}
      </p>
      {mail.forwarded ? <PassedOn message={message} who={mail.forwarded} /> : null}
      {mail.cc.length > 0 ? <p className={styles.fine}>{t("mail.cc", { list: mail.cc.join(", ") })}</p> : null}
    </header>
  );
}

/** A colleague forwarded it: one click makes it a conversation with whoever wrote it. */
function PassedOn({ message, who }: { message: Message; who: string }) {
  const { t } = useI18n();
  const words = useWords();
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const attribute = async () => {
    setBusy(true);
    try {
      const { conversation } = await api.attribute(message.conversation, message.id);
      navigate(`/inbox/all/${conversation}`);
    } catch (error) {
      toast("bad", words(error));
      setBusy(false);
    }
  };
  return (
    <p className={styles.passedOn}>
      <span>{t("mail.forwarded", { who })}</span>
      <Button
        size="compact-xs"
        variant="default"
        loading={busy}
        title={t("mail.attribute_hint", { who })}
        onClick={() => void attribute()}
      >
        {t("mail.attribute")}
      </Button>
    </p>
  );
}

export function MailFolded({ message, mail }: { message: Message; mail: MailDetails }) {
  const { t } = useI18n();
  const [marked, setMarked] = useState<"no" | "yes" | "images">("no");
  const address = `/api/v1/conversations/${message.conversation}/messages/${message.id}/marked`;
  return (
    <>
      {mail.signature ? (
        <p className={styles.folded}>
          <LinkedText text={mail.signature} />
        </p>
      ) : null}
      {mail.quoted ? (
        <details className={styles.quoted}>
          <summary>{t("mail.quoted")}</summary>
          <p className={styles.folded}>
            <LinkedText text={mail.quoted} />
          </p>
        </details>
      ) : null}
      {marked === "no" ? null : (
        <iframe
          className={styles.marked}
          src={marked === "images" ? `${address}?images=true` : address}
          sandbox="allow-popups allow-popups-to-escape-sandbox"
          title={t("mail.marked")}
        />
      )}
      {mail.original ? (
        <p className={styles.links}>
          {mail.html ? (
            <button type="button" onClick={() => setMarked(marked === "no" ? "yes" : "no")}>
              {t(marked === "no" ? "mail.show_marked" : "mail.hide_marked")}
            </button>
          ) : null}
          {marked === "yes" ? (
            <button type="button" onClick={() => setMarked("images")}>
              {t("mail.show_images")}
            </button>
          ) : null}
          <a href={attachmentUrl(mail.original)} download>
            {t("mail.original")}
          </a>
        </p>
      ) : null}
      {mail.original_gone ? <p className={styles.fine}>{t("mail.original_gone")}</p> : null}
    </>
  );
}
