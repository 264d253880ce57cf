/** The settings of a Telegram channel. */
import { PasswordInput, Select, Switch, TextInput } from "@mantine/core";
import type { Channel } from "@/api/types";
import { useI18n } from "@/i18n";
import { ConnectionTest } from "@/manage/ConnectionTest";

export interface TelegramForm {
  token: string;
  mode: string;
  groups: boolean;
  business: boolean;
  webhook_url: string;
  bridge_secret: string;
}

const MODES = ["polling", "webhook", "bridge"];

export function telegramForm(channel: Channel | null): TelegramForm {
  const settings = channel?.settings ?? {};
  return {
    token: "",
    mode: MODES.find((mode) => mode === settings.mode) ?? "polling",
    groups: settings.groups === true,
    business: settings.business !== false,
    webhook_url: typeof settings.webhook_url === "string" ? settings.webhook_url : "",
    bridge_secret: "",
  };
}

/** The settings with what the form changes. Secrets that are not typed stay as they are stored. */
export function telegramSettings(form: TelegramForm, before: Record<string, unknown>): Record<string, unknown> {
  const { token, webhook_url, bridge_secret, ...rest } = form;
  return {
    ...before,
    ...rest,
    webhook_url: webhook_url.trim() || null,
    ...(token.trim() ? { token: token.trim() } : {}),
    ...(bridge_secret.trim() ? { bridge_secret: bridge_secret.trim() } : {}),
  };
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
          { value: "bridge", label: t("telegram.mode_bridge") },
        ]}
        value={form.mode}
        onChange={(mode) => onChange({ mode: mode ?? "polling" })}
        allowDeselect={false}
      />
      {form.mode === "bridge" ? (
        <PasswordInput
          label={t("telegram.bridge_secret")}
          description={t("telegram.bridge_secret_hint")}
          value={form.bridge_secret}
          onChange={(event) => onChange({ bridge_secret: event.currentTarget.value })}
          autoComplete="off"
          minLength={16}
          maxLength={128}
          visibilityToggleButtonProps={{ "aria-label": t("telegram.token_show") }}
        />
      ) : null}
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
      <ConnectionTest kind="telegram" channel={channel} settings={telegramSettings(form, channel?.settings ?? {})} />
    </>
  );
}
