/** What is wrong with the settings of a channel, by the names that their fields have on the screen. */
import type { Locale, T } from "@/i18n";
import type { en } from "@/i18n/en";

/** As the hub tells it: `kind` is the check's own name, `like` what would do, `least` a least length. */
interface SettingFault {
  setting: string;
  kind: string;
  reason: string;
  like: string | null;
  least: number | null;
}

const NAMES: Record<string, keyof typeof en> = {
  accent: "channels.accent",
  address: "email.address",
  allowed_domains: "channels.domains",
  api_url: "telegram.webhook_url",
  authorize_url: "email.authorize_url",
  bridge_secret: "telegram.bridge_secret",
  chat_url: "jivochat.chat_url",
  consent: "channels.consent",
  folders: "email.folders",
  hours: "channels.hours",
  imap_host: "email.imap",
  move_to: "email.move_to",
  operators_group: "telegram.operators_group",
  prechat: "channels.prechat",
  provider_id: "jivochat.provider",
  sender_name: "email.sender",
  sends_per_day: "email.per_day",
  sends_per_hour: "email.per_hour",
  signature: "email.signature",
  sites: "forms.sites",
  smtp_host: "email.smtp",
  smtp_port: "email.port",
  subtitle: "channels.subtitle",
  tenant: "email.tenant",
  thanks: "forms.thanks",
  time_zone: "channels.time_zone",
  title: "channels.title",
  token_url: "email.token_url",
  webhook_url: "telegram.webhook_url",
};

/** One sentence for each fault; empty where the hub has named none. */
export function settingFaults(given: unknown, t: T, locale: Locale): string {
  if (!Array.isArray(given)) return "";
  return (given as SettingFault[]).map((fault) => said(fault, t, locale)).join(" ");
}

function said({ setting, kind, reason, like, least }: SettingFault, t: T, locale: Locale): string {
  const first = setting.split(".")[0] ?? "";
  const key = NAMES[first];
  const name = key ? (t as (key: string) => string)(key) : TOKENS.has(first) ? t("channels.wrong_token") : setting;
  if (like) return t("channels.wrong_like", { name, like });
  if (kind === "missing") return t("channels.wrong_missing", { name });
  if (least !== null) return t("channels.wrong_short", { name, n: least });
  if (locale === "en" && kind !== "string_pattern_mismatch") return t("channels.wrong", { name, reason });
  return t("channels.wrong_form", { name });
}

const TOKENS = new Set(["token", "secret"]);
