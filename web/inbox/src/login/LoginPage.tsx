/** Signing in: e-mail and password, then a code where the account asks for one. */
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { Link } from "react-router";
import { api } from "@/api/calls";
import { ApiError } from "@/api/client";
import { type I18n, useI18n } from "@/i18n";
import { wordsOf } from "@/i18n/words";
import { keys } from "@/live/queries";
import { Fault, LoginFrame } from "@/login/LoginFrame";
import styles from "@/login/LoginPage.module.css";

function wordsFor(error: unknown, { t, locale }: I18n): string {
  const code = error instanceof ApiError && error.code;
  if (code === "wrong_credentials" || code === "wrong_code") return t(`login.${code}`);
  return wordsOf(error, t, locale);
}

/** Seconds left of a wait that began with `seconds`. */
function useCountdown(): [number, (seconds: number) => void] {
  const [until, setUntil] = useState(0);
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (until === 0) return;
    const tick = () => setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000)));
    tick();
    const timer = setInterval(tick, 500);
    return () => clearInterval(timer);
  }, [until]);
  return [left, (seconds) => setUntil(Date.now() + seconds * 1000)];
}

export function LoginPage() {
  const i18n = useI18n();
  const { t } = i18n;
  const client = useQueryClient();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [needsCode, setNeedsCode] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [left, wait] = useCountdown();
  const codeField = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (needsCode) codeField.current?.focus();
  }, [needsCode]);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy || left > 0) return;
    setBusy(true);
    setError(null);
    try {
      const me = await api.signIn(email.trim(), password, needsCode ? code.replace(/\s/g, "") : undefined);
      client.setQueryData(keys.me, me);
    } catch (fault) {
      if (fault instanceof ApiError && fault.code === "code_required") setNeedsCode(true);
      else if (fault instanceof ApiError && fault.status === 429) wait(fault.retryAfterS ?? 30);
      else setError(wordsFor(fault, i18n));
      setBusy(false);
    }
  };

  const startOver = () => {
    setNeedsCode(false);
    setCode("");
    setError(null);
  };

  const message = left > 0 ? t("login.too_many", { n: left }) : error;
  return (
    <LoginFrame
      title={needsCode ? t("login.code_title") : t("login.title")}
      lead={needsCode ? t("login.code_lead") : t("login.lead")}
    >
      <form onSubmit={submit} className={styles.form}>
        {needsCode ? (
          <TextInput
            ref={codeField}
            label={t("login.code")}
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
            autoComplete="one-time-code"
            inputMode="numeric"
            size="md"
            required
            withAsterisk={false}
          />
        ) : (
          <>
            <TextInput
              label={t("login.email")}
              type="email"
              name="email"
              value={email}
              onChange={(event) => setEmail(event.currentTarget.value)}
              autoComplete="username"
              size="md"
              required
              withAsterisk={false}
            />
            <PasswordInput
              label={t("login.password")}
              name="password"
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
              autoComplete="current-password"
              visibilityToggleButtonProps={{ "aria-label": t("login.show_password") }}
              size="md"
              required
              withAsterisk={false}
            />
          </>
        )}
        <Fault>{message}</Fault>
        <Button type="submit" size="md" loading={busy} disabled={left > 0} fullWidth>
          {needsCode ? t("login.confirm") : t("login.submit")}
        </Button>
        {needsCode ? (
          <Button variant="subtle" size="md" onClick={startOver} fullWidth>
            {t("login.other_account")}
          </Button>
        ) : (
          <Link to="/forgot" className={styles.link ?? ""}>
            {t("forgot.link")}
          </Link>
        )}
      </form>
    </LoginFrame>
  );
}
