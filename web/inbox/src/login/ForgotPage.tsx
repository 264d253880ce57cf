/** A forgotten password: asks for a letter with a link. What is said afterwards tells nothing about accounts. */
import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { Link } from "react-router";
import { api } from "@/api/calls";
import { useI18n } from "@/i18n";
import { useWords } from "@/i18n/words";
import { Fault, LoginFrame } from "@/login/LoginFrame";
import styles from "@/login/LoginPage.module.css";

export function ForgotPage() {
  const { t } = useI18n();
  const words = useWords();
  const [email, setEmail] = useState("");
  const [busy, setBusy] = useState(false);
  const [sent, setSent] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const message = useRef<HTMLParagraphElement>(null);
  // The button that was pressed is gone: without this a keyboard would begin at the top of the page.
  useEffect(() => {
    if (sent) message.current?.focus();
  }, [sent]);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await api.forgotPassword(email.trim());
      setSent(true);
    } catch (fault) {
      setError(words(fault));
    } finally {
      setBusy(false);
    }
  };

  const back = (
    <Link to="/login" className={styles.link ?? ""}>
      {t("welcome.to_login")}
    </Link>
  );
  if (sent) {
    return (
      <LoginFrame title={t("forgot.sent")}>
        <div className={styles.form}>
          <p ref={message} role="status" tabIndex={-1}>
            {t("forgot.sent_lead")}
          </p>
          {back}
        </div>
      </LoginFrame>
    );
  }
  return (
    <LoginFrame title={t("forgot.title")} lead={t("forgot.lead")}>
      <form className={styles.form} onSubmit={submit}>
        <TextInput
          label={t("login.email")}
          type="email"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          autoComplete="username"
          size="md"
          required
          withAsterisk={false}
        />
        <Fault>{error}</Fault>
        <Button type="submit" size="md" loading={busy} fullWidth>
          {t("forgot.submit")}
        </Button>
        {back}
      </form>
    </LoginFrame>
  );
}
