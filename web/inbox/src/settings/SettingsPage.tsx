/** One's own settings: profile, this browser, signing in. */
import { Button, PasswordInput, SegmentedControl, Switch, TextInput, useMantineColorScheme } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api } from "@/api/calls";
import type { Presence } from "@/api/types";
import { ring } from "@/app/notifier";
import { useMe } from "@/app/session";
import { LOCALES, type Locale, useI18n } from "@/i18n";
import { keys } from "@/live/queries";
import { ProjectCard } from "@/settings/ProjectCard";
import { SessionsCard } from "@/settings/SessionsCard";
import { SignatureCards } from "@/settings/SignatureCards";
import { TelegramCard } from "@/settings/TelegramCard";
import { TokensCard } from "@/settings/TokensCard";
import { TotpCard } from "@/settings/TotpCard";
import { prefer, preferences } from "@/state/preferences";
import { useStored } from "@/state/stored";
import { toast } from "@/state/toasts";
import { Card, PageFrame } from "@/ui/PageFrame";
import styles from "@/ui/PageFrame.module.css";
import { useSaving } from "@/ui/useSaving";

export default function SettingsPage() {
  const { t } = useI18n();
  return (
    <PageFrame title={t("nav.settings")}>
      <ProfileCard />
      <ProjectCard />
      <SignatureCards />
      <LooksCard />
      <WorkCard />
      <NotificationsCard />
      <PasswordCard />
      <TotpCard />
      <TelegramCard />
      <SessionsCard />
      <TokensCard />
    </PageFrame>
  );
}

function ProfileCard() {
  const { t } = useI18n();
  const me = useMe().operator;
  const client = useQueryClient();
  const { busy, run } = useSaving();
  const [name, setName] = useState(me.name);
  const change = (values: Parameters<typeof api.changeMe>[0], done?: string) =>
    run(async () => client.setQueryData(keys.me, await api.changeMe(values)), done);
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) void change({ name: name.trim() }, t("saved"));
  };
  return (
    <Card title={t("settings.profile")} lead={me.email}>
      <form className={styles.form} onSubmit={save}>
        <TextInput
          label={t("contact.name")}
          description={t("settings.name_hint")}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          maxLength={128}
          required
          withAsterisk={false}
        />
        <Button type="submit" loading={busy} disabled={!name.trim() || name.trim() === me.name}>
          {t("save")}
        </Button>
      </form>
      <div className={styles.row}>
        <SegmentedControl
          aria-label={t("settings.presence")}
          value={me.presence}
          onChange={(value) => void change({ presence: value as Presence })}
          data={(["online", "busy", "offline"] as const).map((value) => ({ value, label: t(`settings.${value}`) }))}
        />
        <span className={styles.quiet}>{t("settings.presence_hint")}</span>
      </div>
    </Card>
  );
}

function LooksCard() {
  const { t, locale } = useI18n();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const choose = (value: string) => {
    prefer({ locale: value as Locale });
    api.changeMe({ locale: value }).catch(() => undefined);
  };
  return (
    <Card title={t("settings.looks")}>
      <div className={styles.row}>
        <SegmentedControl
          aria-label={t("settings.language")}
          value={locale}
          onChange={choose}
          data={Object.entries(LOCALES).map(([value, label]) => ({ value, label }))}
        />
        <SegmentedControl
          aria-label={t("scheme.label")}
          value={colorScheme}
          onChange={(value) => setColorScheme(value as "light" | "dark" | "auto")}
          data={(["light", "dark", "auto"] as const).map((value) => ({ value, label: t(`scheme.${value}`) }))}
        />
      </div>
    </Card>
  );
}

function WorkCard() {
  const { t } = useI18n();
  const { enterSends, singleKeys } = useStored(preferences);
  return (
    <Card title={t("settings.work")}>
      <Switch
        label={t("settings.enter_sends")}
        description={t("settings.enter_sends_hint")}
        checked={enterSends}
        onChange={(event) => prefer({ enterSends: event.currentTarget.checked })}
      />
      <Switch
        label={t("settings.single_keys")}
        description={t("settings.single_keys_hint")}
        checked={singleKeys}
        onChange={(event) => prefer({ singleKeys: event.currentTarget.checked })}
      />
    </Card>
  );
}

function NotificationsCard() {
  const { t } = useI18n();
  const { sound, notifications } = useStored(preferences);
  const able = "Notification" in window;
  const [permission, setPermission] = useState(able ? Notification.permission : "denied");
  const switchOn = async () => {
    const answer = await Notification.requestPermission();
    setPermission(answer);
    prefer({ notifications: answer === "granted" });
    if (answer !== "granted") toast("bad", t("settings.notifications_refused"));
  };
  return (
    <Card title={t("settings.notifications")} lead={t("settings.notifications_hint")}>
      {permission === "granted" ? (
        <Switch
          label={t("settings.notifications_on")}
          checked={notifications}
          onChange={(event) => prefer({ notifications: event.currentTarget.checked })}
        />
      ) : (
        <div className={styles.row}>
          <Button variant="default" onClick={() => void switchOn()} disabled={!able || permission === "denied"}>
            {t("settings.notifications_ask")}
          </Button>
          {permission === "denied" ? <span className={styles.quiet}>{t("settings.notifications_denied")}</span> : null}
        </div>
      )}
      <div className={styles.row}>
        <Switch
          label={t("settings.sound")}
          checked={sound}
          onChange={(event) => prefer({ sound: event.currentTarget.checked })}
        />
        <Button variant="default" size="compact-sm" onClick={ring}>
          {t("settings.sound_try")}
        </Button>
      </div>
    </Card>
  );
}

function PasswordCard() {
  const { t } = useI18n();
  const { busy, run } = useSaving();
  const [current, setCurrent] = useState("");
  const [fresh, setFresh] = useState("");
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (await run(() => api.changePassword(current, fresh), t("settings.password_done"))) {
      setCurrent("");
      setFresh("");
    }
  };
  return (
    <Card title={t("login.password")} lead={t("settings.password_hint")}>
      <form className={styles.form} onSubmit={(event) => void save(event)}>
        <PasswordInput
          label={t("settings.password_current")}
          value={current}
          onChange={(event) => setCurrent(event.currentTarget.value)}
          autoComplete="current-password"
          visibilityToggleButtonProps={{ "aria-label": t("login.show_password") }}
          required
          withAsterisk={false}
        />
        <PasswordInput
          label={t("settings.password_new")}
          value={fresh}
          onChange={(event) => setFresh(event.currentTarget.value)}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ "aria-label": t("login.show_password") }}
          required
          withAsterisk={false}
        />
        <Button type="submit" loading={busy} disabled={!current || !fresh}>
          {t("settings.password_change")}
        </Button>
      </form>
    </Card>
  );
}
