/** The settings of a Telegram channel, and the button that asks Telegram whether they work. */
import { Button, PasswordInput, Select, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import { api } from "@/api/calls";
import type { Channel } from "@/api/types";
import { useI18n } from "@/i18n";
import { useWords } from "@/i18n/words";
import styles from "@/ui/PageFrame.module.css";

export interface TelegramForm {
  token: string;
  mode: string;
  groups: boolean;
  business: boolean;
  webhook_url: string;
}

export function telegramForm(channel: Channel | null): TelegramForm {
  const settings = channel?.settings ?? {};
  return {
    token: "",
    mode: settings.mode === "webhook" ? "webhook" : "polling",
    groups: settings.groups === true,
    business: settings.business !== false,
    webhook_url: typeof settings.webhook_url === "string" ? settings.webhook_url : "",
  };
}

/** The settings with what the form changes. A token that is not typed stays as it is stored. */
export function telegramSettings(form: TelegramForm, before: Record<string, unknown>): Record<string, unknown> {
  const { token, webhook_url, ...rest } = form;
  const address = webhook_url.trim() || null;
  return { ...before, ...rest, webhook_url: address, ...(token.trim() ? { token: token.trim() } : {}) };
}

interface Props {
  channel: Channel | null;
  form: TelegramForm;
  onChange: (change: Partial<TelegramForm>) => void;
}

export function TelegramSettings({ channel, form, onChange }: Props) {
  const { t } = useI18n();
  const stored = channel?.secrets_set?.includes("token") ?? false;
  return (
    <>
      <PasswordInput
        label={t("telegram.token")}
        description={stored ? t("telegram.token_stored") : t("telegram.token_hint")}
        value={form.token}
        onChange={(event) => onChange({ token: event.currentTarget.value })}
        required={!stored}
        withAsterisk={false}
        autoComplete="off"
        maxLength={128}
        visibilityToggleButtonProps={{ "aria-label": t("telegram.token_show") }}
      />
      <Select
        label={t("telegram.mode")}
        description={t("telegram.mode_hint")}
        data={[
          { value: "polling", label: t("telegram.mode_polling") },
          { value: "webhook", label: t("telegram.mode_webhook") },
        ]}
        value={form.mode}
        onChange={(mode) => onChange({ mode: mode ?? "polling" })}
        allowDeselect={false}
      />
      {form.mode === "webhook" ? (
        <TextInput
          label={t("telegram.webhook_url")}
          description={t("telegram.webhook_url_hint")}
          placeholder="https://hub.example.org"
          value={form.webhook_url}
          onChange={(event) => onChange({ webhook_url: event.currentTarget.value })}
        />
      ) : null}
      <Switch
        label={t("telegram.groups")}
        description={t("telegram.groups_hint")}
        checked={form.groups}
        onChange={(event) => onChange({ groups: event.currentTarget.checked })}
      />
      <Switch
        label={t("telegram.business")}
        description={t("telegram.business_hint")}
        checked={form.business}
        onChange={(event) => onChange({ business: event.currentTarget.checked })}
      />
      <ConnectionTest channel={channel} settings={telegramSettings(form, channel?.settings ?? {})} />
    </>
  );
}

type Outcome = { facts: { name: string; value: string }[] } | { wrong: string };

function ConnectionTest({ channel, settings }: { channel: Channel | null; settings: Record<string, unknown> }) {
  const { t } = useI18n();
  const words = useWords();
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const test = async () => {
    setBusy(true);
    try {
      setOutcome(await api.testConnection("telegram", settings, channel?.id ?? null));
    } catch (error) {
      setOutcome({ wrong: words(error) });
    }
    setBusy(false);
  };
  return (
    <div>
      <Button variant="default" size="compact-sm" loading={busy} onClick={() => void test()}>
        {t("telegram.test")}
      </Button>
      <div role="status">
        {outcome && "wrong" in outcome ? <p className={styles.bad}>{outcome.wrong}</p> : null}
        {outcome && "facts" in outcome ? (
          <dl className={styles.quiet}>
            {outcome.facts.map((fact) => (
              <div key={fact.name}>
                {fact.name}: {fact.value}
              </div>
            ))}
          </dl>
        ) : null}
      </div>
    </div>
  );
}
