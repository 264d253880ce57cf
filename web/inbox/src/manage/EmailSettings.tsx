/** The settings of a mailbox; for the usual providers the servers are filled in. */
import { Select, Switch, Textarea, TextInput } from "@mantine/core";
import type { Channel } from "@/api/types";
import { useI18n } from "@/i18n";
import { ConnectionTest } from "@/manage/ConnectionTest";
import { LeadMailsFields } from "@/manage/LeadMailsFields";
import { type LeadForm, leadForms, leadSettings } from "@/manage/leads";
import { MailSecret, OAuthFields } from "@/manage/MailSignIn";
import { SignatureField } from "@/settings/SignatureField";

export interface EmailForm {
  address: string;
  sender_name: string;
  password: string;
  /** An access token that was fetched by hand, instead of the password. */
  token: string;
  token_stored: boolean;
  /** Sending has a log-in of its own. */
  smtp_separate: boolean;
  smtp_user: string;
  smtp_password: string;
  imap_host: string;
  smtp_host: string;
  smtp_port: string;
  folders: string;
  signature: string;
  sign_automatic: boolean;
  since_now: boolean;
  when_stored: string;
  move_to: string;
  /** Empty: a password; `token`: one by hand. */
  oauth: string;
  client_id: string;
  client_secret: string;
  refresh_token: string;
  tenant: string;
  /** Who signs in, where that is not the mailbox itself. */
  account: string;
  authorize_url: string;
  token_url: string;
  scope: string;
  sends_per_hour: string;
  sends_per_day: string;
  leads: LeadForm[];
}

type Servers = Pick<EmailForm, "imap_host" | "smtp_host" | "smtp_port"> & { oauth?: string };

const PROVIDERS: Record<string, Servers> = {
  Gmail: { imap_host: "imap.gmail.com", smtp_host: "smtp.gmail.com", smtp_port: "465" },
  Yandex: { imap_host: "imap.yandex.ru", smtp_host: "smtp.yandex.ru", smtp_port: "465" },
  // Microsoft takes no passwords any more.
  "Microsoft 365": {
    imap_host: "outlook.office365.com",
    smtp_host: "smtp.office365.com",
    smtp_port: "587",
    oauth: "microsoft",
  },
  "mail.ru": { imap_host: "imap.mail.ru", smtp_host: "smtp.mail.ru", smtp_port: "465" },
};

/** The servers of those who sign in at a provider. */
const OF_SIGN_IN: Record<string, Servers | undefined> = {
  google: PROVIDERS.Gmail,
  microsoft: PROVIDERS["Microsoft 365"],
};
const BY_HAND = "token";

/** What another way of signing in changes: whoever chooses one and has named no server of their own gets the provider's. */
export function signInBy(oauth: string, form: EmailForm): Partial<EmailForm> {
  const named = form.imap_host.trim() !== "" && providerOf(form) === "own";
  return { authorize_url: "", token_url: "", scope: "", ...(named ? {} : OF_SIGN_IN[oauth]), oauth };
}

function providerOf(form: EmailForm): string {
  return Object.keys(PROVIDERS).find((name) => PROVIDERS[name]?.imap_host === form.imap_host) ?? "own";
}

const text = (value: unknown, fallback = "") => (typeof value === "string" ? value : fallback);

export function emailForm(channel: Channel | null): EmailForm {
  const settings = channel?.settings ?? {};
  const folders = Array.isArray(settings.folders) ? settings.folders : ["INBOX"];
  const stored = (name: string) => channel?.secrets_set?.includes(name) ?? false;
  return {
    address: text(settings.address),
    sender_name: text(settings.sender_name),
    password: "",
    token: "",
    token_stored: stored("token"),
    smtp_separate: Boolean(settings.smtp_user) || stored("smtp_password"),
    smtp_user: text(settings.smtp_user),
    smtp_password: "",
    imap_host: text(settings.imap_host),
    smtp_host: text(settings.smtp_host),
    smtp_port: String(settings.smtp_port ?? 465),
    folders: folders.join("\n"),
    signature: text(settings.signature),
    sign_automatic: settings.sign_automatic === true,
    since_now: settings.since_now !== false,
    when_stored: text(settings.when_stored, "leave"),
    move_to: text(settings.move_to),
    oauth: text(settings.oauth) || (stored("token") ? BY_HAND : ""),
    client_id: text(settings.client_id),
    client_secret: "",
    refresh_token: "",
    tenant: text(settings.tenant, "common"),
    account: text(settings.account),
    authorize_url: text(settings.authorize_url),
    token_url: text(settings.token_url),
    scope: text(settings.scope),
    sends_per_hour: String(settings.sends_per_hour ?? ""),
    sends_per_day: String(settings.sends_per_day ?? ""),
    leads: leadForms(settings.leads),
  };
}

/** The settings with what the form changes. A secret that is not typed stays as it is stored. */
export function emailSettings(form: EmailForm, before: Record<string, unknown>): Record<string, unknown> {
  const { password, token, token_stored, smtp_separate, smtp_user, smtp_password, ...shown } = form;
  const { smtp_host, smtp_port, folders, oauth, client_secret, refresh_token, ...rest } = shown;
  const port = Number(smtp_port);
  return {
    ...before,
    ...rest,
    address: form.address.trim(),
    imap_host: form.imap_host.trim(),
    smtp_host: smtp_host.trim() || null,
    smtp_port: port,
    // 587 is the port of STARTTLS everywhere. Only a server on the hub's own machine, as the demo's, speaks in clear.
    smtp_security: before.smtp_security === "none" ? "none" : port === 587 || port === 25 ? "starttls" : "tls",
    folders: folders
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean),
    move_to: form.move_to.trim(),
    oauth: oauth === BY_HAND ? null : oauth || null,
    smtp_user: smtp_separate ? smtp_user.trim() || null : null,
    client_id: form.client_id.trim(),
    tenant: form.tenant.trim() || "common",
    account: form.account.trim() || null,
    authorize_url: form.authorize_url.trim() || null,
    token_url: form.token_url.trim() || null,
    scope: form.scope.trim(),
    sends_per_hour: Number(form.sends_per_hour) || null,
    sends_per_day: Number(form.sends_per_day) || null,
    leads: leadSettings(form.leads),
    ...(password ? { password } : {}),
    ...byHand(token, oauth === BY_HAND, token_stored),
    ...(smtp_separate ? (smtp_password ? { smtp_password } : {}) : { smtp_password: null }),
    ...(client_secret ? { client_secret } : {}),
    ...(refresh_token ? { refresh_token } : {}),
  };
}

/** A token that is stored would go before a password: it goes when another way is chosen. */
function byHand(token: string, chosen: boolean, stored: boolean): { token?: string } {
  if (chosen) return token ? { token } : {};
  return stored ? { token: "" } : {};
}

export interface MailProps {
  channel: Channel | null;
  form: EmailForm;
  onChange: (change: Partial<EmailForm>) => void;
}

interface Props extends MailProps {
  busy: boolean;
  /** Save everything, and go to the provider. */
  onSignIn: () => void;
}

export function EmailSettings({ channel, form, onChange, busy, onSignIn }: Props) {
  const { t } = useI18n();
  const props = { channel, form, onChange };
  const provider = providerOf(form);
  return (
    <>
      <Select
        label={t("email.provider")}
        data={[...Object.keys(PROVIDERS), { value: "own", label: t("email.own") }]}
        value={provider}
        onChange={(name) =>
          onChange({ oauth: "", ...(PROVIDERS[name ?? ""] ?? { imap_host: "", smtp_host: "", smtp_port: "465" }) })
        }
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
      <Select
        label={t("email.sign_in")}
        data={[
          { value: "", label: t("email.by_password") },
          { value: "google", label: t("email.by_google") },
          { value: "microsoft", label: t("email.by_microsoft") },
          { value: "other", label: t("email.by_other") },
          { value: BY_HAND, label: t("email.by_token") },
        ]}
        value={form.oauth}
        onChange={(oauth) => onChange(signInBy(oauth ?? "", form))}
        allowDeselect={false}
      />
      {form.oauth === BY_HAND ? <MailSecret name="token" hint={t("email.token_hint")} {...props} /> : null}
      {form.oauth === "" ? <MailSecret name="password" hint={t("email.password_hint")} {...props} /> : null}
      {form.oauth !== "" && form.oauth !== BY_HAND ? <OAuthFields {...props} busy={busy} onSignIn={onSignIn} /> : null}
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
            data={[...new Set(["465", "587", form.smtp_port])]}
            value={form.smtp_port}
            onChange={(port) => onChange({ smtp_port: port ?? "465" })}
            allowDeselect={false}
          />
        </>
      ) : null}
      {form.oauth === "" && (provider === "own" || form.smtp_separate) ? <OwnLogIn {...props} /> : null}
      <TextInput
        label={t("email.sender")}
        value={form.sender_name}
        onChange={(event) => onChange({ sender_name: event.currentTarget.value })}
        maxLength={128}
      />
      <SignatureField
        label={t("email.signature")}
        description={t("email.signature_hint")}
        value={form.signature}
        onChange={(signature) => onChange({ signature })}
        channel={channel?.name}
        address={form.address}
      />
      <Switch
        label={t("email.sign_automatic")}
        description={t("email.sign_automatic_hint")}
        checked={form.sign_automatic}
        onChange={(event) => onChange({ sign_automatic: event.currentTarget.checked })}
      />
      <Textarea
        label={t("email.folders")}
        description={t("email.folders_hint")}
        value={form.folders}
        onChange={(event) => onChange({ folders: event.currentTarget.value })}
        rows={2}
      />
      <Select
        label={t("email.when_stored")}
        description={t("email.when_stored_hint")}
        data={(["leave", "mark_read", "move"] as const).map((value) => ({
          value,
          label: t(`email.when_stored.${value}`),
        }))}
        value={form.when_stored}
        onChange={(when_stored) => onChange({ when_stored: when_stored ?? "leave" })}
        allowDeselect={false}
      />
      {form.when_stored === "move" ? (
        <TextInput
          label={t("email.move_to")}
          description={t("email.move_to_hint")}
          value={form.move_to}
          onChange={(event) => onChange({ move_to: event.currentTarget.value })}
          maxLength={255}
          required
          withAsterisk={false}
        />
      ) : null}
      <TextInput
        label={t("email.per_hour")}
        description={t("email.limit_hint")}
        inputMode="numeric"
        value={form.sends_per_hour}
        onChange={(event) => onChange({ sends_per_hour: event.currentTarget.value.replace(/\D/g, "") })}
        maxLength={7}
      />
      <TextInput
        label={t("email.per_day")}
        inputMode="numeric"
        value={form.sends_per_day}
        onChange={(event) => onChange({ sends_per_day: event.currentTarget.value.replace(/\D/g, "") })}
        maxLength={8}
      />
      <Switch
        label={t("email.since_now")}
        description={t("email.since_now_hint")}
        checked={form.since_now}
        disabled={channel !== null}
        onChange={(event) => onChange({ since_now: event.currentTarget.checked })}
      />
      <LeadMailsFields leads={form.leads} onChange={(leads) => onChange({ leads })} />
      <ConnectionTest kind="email" channel={channel} settings={emailSettings(form, channel?.settings ?? {})} />
    </>
  );
}

/** A log-in for sending alone, where the server wants another one. */
function OwnLogIn(props: MailProps) {
  const { t } = useI18n();
  const { form, onChange } = props;
  return (
    <>
      <Switch
        label={t("email.smtp_separate")}
        description={t("email.smtp_separate_hint")}
        checked={form.smtp_separate}
        onChange={(event) => onChange({ smtp_separate: event.currentTarget.checked })}
      />
      {form.smtp_separate ? (
        <>
          <TextInput
            label={t("email.smtp_user")}
            description={t("email.smtp_user_hint")}
            value={form.smtp_user}
            onChange={(event) => onChange({ smtp_user: event.currentTarget.value })}
            maxLength={320}
            autoComplete="off"
            spellCheck={false}
          />
          <MailSecret name="smtp_password" hint={t("email.smtp_password_hint")} optional {...props} />
        </>
      ) : null}
    </>
  );
}
