/** The settings of a mailbox; for the usual providers the servers are filled in. */
import { PasswordInput, Select, Switch, Textarea, TextInput } from "@mantine/core";
import type { Channel } from "@/api/types";
import { useI18n } from "@/i18n";
import { ConnectionTest } from "@/manage/ConnectionTest";

export interface EmailForm {
  address: string;
  sender_name: string;
  password: string;
  imap_host: string;
  smtp_host: string;
  smtp_port: string;
  folders: string;
  signature: string;
  since_now: boolean;
}

const PROVIDERS: Record<string, Pick<EmailForm, "imap_host" | "smtp_host" | "smtp_port">> = {
  Gmail: { imap_host: "imap.gmail.com", smtp_host: "smtp.gmail.com", smtp_port: "465" },
  Yandex: { imap_host: "imap.yandex.ru", smtp_host: "smtp.yandex.ru", smtp_port: "465" },
  "mail.ru": { imap_host: "imap.mail.ru", smtp_host: "smtp.mail.ru", smtp_port: "465" },
};

const text = (value: unknown, fallback = "") => (typeof value === "string" ? value : fallback);

export function emailForm(channel: Channel | null): EmailForm {
  const settings = channel?.settings ?? {};
  const folders = Array.isArray(settings.folders) ? settings.folders : ["INBOX"];
  return {
    address: text(settings.address),
    sender_name: text(settings.sender_name),
    password: "",
    imap_host: text(settings.imap_host),
    smtp_host: text(settings.smtp_host),
    smtp_port: String(settings.smtp_port ?? 465),
    folders: folders.join("\n"),
    signature: text(settings.signature),
    since_now: settings.since_now !== false,
  };
}

/** The settings with what the form changes. A password that is not typed stays as it is stored. */
export function emailSettings(form: EmailForm, before: Record<string, unknown>): Record<string, unknown> {
  const { password, smtp_host, smtp_port, folders, ...rest } = form;
  const port = Number(smtp_port);
  return {
    ...before,
    ...rest,
    address: form.address.trim(),
    imap_host: form.imap_host.trim(),
    smtp_host: smtp_host.trim() || null,
    smtp_port: port,
    // 587 is the port of STARTTLS everywhere; a mailbox never speaks in clear.
    smtp_security: port === 587 || port === 25 ? "starttls" : "tls",
    folders: folders
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean),
    ...(password ? { password } : {}),
  };
}

interface Props {
  channel: Channel | null;
  form: EmailForm;
  onChange: (change: Partial<EmailForm>) => void;
}

export function EmailSettings({ channel, form, onChange }: Props) {
  const { t } = useI18n();
  const stored = channel?.secrets_set?.includes("password") ?? false;
  const provider = Object.keys(PROVIDERS).find((name) => PROVIDERS[name]?.imap_host === form.imap_host) ?? "own";
  return (
    <>
      <Select
        label={t("email.provider")}
        data={[...Object.keys(PROVIDERS), { value: "own", label: t("email.own") }]}
        value={provider}
        onChange={(name) => onChange(PROVIDERS[name ?? ""] ?? { imap_host: "", smtp_host: "", smtp_port: "465" })}
        allowDeselect={false}
      />
      <TextInput
        label={t("email.address")}
        type="email"
        placeholder="shop@example.org"
        value={form.address}
        onChange={(event) => onChange({ address: event.currentTarget.value })}
        required
        withAsterisk={false}
      />
      <PasswordInput
        label={t("email.password")}
        description={stored ? t("email.password_stored") : t("email.password_hint")}
        value={form.password}
        onChange={(event) => onChange({ password: event.currentTarget.value })}
        required={!stored}
        withAsterisk={false}
        autoComplete="off"
        visibilityToggleButtonProps={{ "aria-label": t("telegram.token_show") }}
      />
      {provider === "own" ? (
        <>
          <TextInput
            label={t("email.imap")}
            placeholder="imap.example.org"
            value={form.imap_host}
            onChange={(event) => onChange({ imap_host: event.currentTarget.value })}
            required
            withAsterisk={false}
          />
          <TextInput
            label={t("email.smtp")}
            description={t("email.smtp_hint")}
            placeholder="smtp.example.org"
            value={form.smtp_host}
            onChange={(event) => onChange({ smtp_host: event.currentTarget.value })}
          />
          <Select
            label={t("email.port")}
            data={["465", "587"]}
            value={form.smtp_port}
            onChange={(port) => onChange({ smtp_port: port ?? "465" })}
            allowDeselect={false}
          />
        </>
      ) : null}
      <TextInput
        label={t("email.sender")}
        value={form.sender_name}
        onChange={(event) => onChange({ sender_name: event.currentTarget.value })}
        maxLength={128}
      />
      <Textarea
        label={t("email.signature")}
        description={t("email.signature_hint", { operator: "{operator}" })}
        value={form.signature}
        onChange={(event) => onChange({ signature: event.currentTarget.value })}
        rows={3}
        maxLength={2_000}
      />
      <Textarea
        label={t("email.folders")}
        description={t("email.folders_hint")}
        value={form.folders}
        onChange={(event) => onChange({ folders: event.currentTarget.value })}
        rows={2}
      />
      <Switch
        label={t("email.since_now")}
        description={t("email.since_now_hint")}
        checked={form.since_now}
        disabled={channel !== null}
        onChange={(event) => onChange({ since_now: event.currentTarget.checked })}
      />
      <ConnectionTest kind="email" channel={channel} settings={emailSettings(form, channel?.settings ?? {})} />
    </>
  );
}
