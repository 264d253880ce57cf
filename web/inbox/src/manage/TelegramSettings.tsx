/** The settings of a Telegram channel. */
import { PasswordInput, Select, Switch, TextInput } from "@mantine/core";
import type { Channel } from "@/api/types";
import { useI18n } from "@/i18n";
import { ConnectionTest } from "@/manage/ConnectionTest";
import styles from "@/ui/PageFrame.module.css";

export interface TelegramForm {
  token: string;
  mode: string;
  groups: boolean;
  business: boolean;
  operators_group: string;
  group_shows: string;
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
    operators_group: typeof settings.operators_group === "string" ? settings.operators_group : "",
    group_shows: settings.group_shows === "all" ? "all" : "waiting",
    webhook_url: typeof settings.webhook_url === "string" ? settings.webhook_url : "",
    bridge_secret: "",
  };
}

/** The settings with what the form changes. Secrets that are not typed stay as they are stored. */
export function telegramSettings(form: TelegramForm, before: Record<string, unknown>): Record<string, unknown> {
  const { token, webhook_url, bridge_secret, operators_group, ...rest } = form;
  return {
    ...before,
    ...rest,
    operators_group: operators_group.trim() || null,
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
      {form.mode === "bridge" ? null : <OperatorsGroup form={form} onChange={onChange} />}
      <ConnectionTest kind="telegram" channel={channel} settings={telegramSettings(form, channel?.settings ?? {})} />
    </>
  );
}

/** The group in which operators answer, and how to make one. */
function OperatorsGroup({ form, onChange }: Omit<Props, "channel">) {
  const { t } = useI18n();
  return (
    <>
      <TextInput
        label={t("telegram.operators_group")}
        description={t("telegram.operators_group_hint")}
        placeholder="-1001234567890"
        value={form.operators_group}
        onChange={(event) => onChange({ operators_group: event.currentTarget.value })}
        maxLength={24}
      />
      <details className={styles.quiet}>
        <summary>{t("telegram.group_how")}</summary>
        <ol>
          <li>{t("telegram.group_how_topics")}</li>
          <li>{t("telegram.group_how_admin")}</li>
          <li>{t("telegram.group_how_id")}</li>
          <li>{t("telegram.group_how_link")}</li>
        </ol>
      </details>
      {form.operators_group.trim() ? (
        <Select
          label={t("telegram.group_shows")}
          data={[
            { value: "waiting", label: t("telegram.group_shows_waiting") },
            { value: "all", label: t("telegram.group_shows_all") },
          ]}
          value={form.group_shows}
          onChange={(shows) => onChange({ group_shows: shows ?? "waiting" })}
          allowDeselect={false}
        />
      ) : null}
    </>
  );
}
