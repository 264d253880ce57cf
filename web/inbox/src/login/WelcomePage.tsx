/** Where an invitation, or a link for a new password, leads: the person sets what is theirs, and is signed in. */
import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api } from "@/api/calls";
import { ApiError } from "@/api/client";
import type { AccountLink } from "@/api/types";
import { Splash } from "@/app/Splash";
import { type T, useI18n } from "@/i18n";
import { useWords } from "@/i18n/words";
import { Fault, LoginFrame } from "@/login/LoginFrame";
import styles from "@/login/LoginPage.module.css";

/** `token` stands behind the # of the address, which no browser sends to any server. */
export function WelcomePage({ token }: { token: string }) {
  const { t } = useI18n();
  const link = useQuery({
    queryKey: ["account-link", token],
    queryFn: ({ signal }) => api.lookAtLink(token, signal),
    enabled: token !== "",
    gcTime: 0,
  });
  const gone = token === "" || (link.error instanceof ApiError && link.error.status === 422);
  if (gone) {
    return (
      <LoginFrame title={t("welcome.gone")} lead={t("welcome.gone_lead")}>
        <div className={styles.form}>
          <Button component="a" href="/login" variant="default" size="md">
            {t("welcome.to_login")}
          </Button>
        </div>
      </LoginFrame>
    );
  }
  if (link.data) return <Following token={token} link={link.data} />;
  return <Splash failed={link.isError} retry={() => void link.refetch()} />;
}

function wordsOf(link: AccountLink, t: T): { title: string; lead: string; submit: string } {
  if (link.kind === "reset") {
    return {
      title: t("welcome.reset"),
      lead: t("welcome.reset_lead", { email: link.email }),
      submit: t("welcome.save"),
    };
  }
  const known = link.name !== null;
  return {
    title: t("welcome.invitation"),
    lead: t(known ? "welcome.join_lead" : "welcome.invitation_lead", { project: link.project }),
    submit: t(known ? "welcome.join" : "welcome.begin"),
  };
}

function Following({ token, link }: { token: string; link: AccountLink }) {
  const { t, locale } = useI18n();
  const words = useWords();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const named = link.kind === "invitation" && link.name === null;
  const known = link.kind === "invitation" && link.name !== null;
  const { title, lead, submit } = wordsOf(link, t);

  const follow = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const { email } = await api.followLink({ token, name: name.trim(), password, locale });
      // With a second factor this asks for its code: then the page that knows how comes next.
      await api.signIn(email, password).catch(() => undefined);
      location.replace("/login");
    } catch (fault) {
      setError(words(fault));
      setBusy(false);
    }
  };

  return (
    <LoginFrame title={title} lead={lead}>
      <form className={styles.form} onSubmit={follow}>
        <TextInput label={t("login.email")} value={link.email} autoComplete="username" size="md" readOnly />
        {named ? (
          <TextInput
            label={t("welcome.name")}
            description={t("welcome.name_hint")}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            autoComplete="name"
            maxLength={128}
            size="md"
            required
            withAsterisk={false}
          />
        ) : null}
        <PasswordInput
          label={t("welcome.password")}
          description={known ? undefined : t("welcome.password_hint")}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          autoComplete={known ? "current-password" : "new-password"}
          visibilityToggleButtonProps={{ "aria-label": t("login.show_password") }}
          minLength={known ? 1 : 8}
          maxLength={128}
          size="md"
          required
          withAsterisk={false}
        />
        <Fault>{error}</Fault>
        <Button type="submit" size="md" loading={busy} fullWidth>
          {submit}
        </Button>
      </form>
    </LoginFrame>
  );
}
