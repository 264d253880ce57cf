/** The settings of a web chat (`Settings` of its connector), as a form holds them. */
import type { Channel } from "@/api/types";

export const FIELD_TYPES = ["text", "email", "phone", "choice", "consent"] as const;
export const QUESTIONS_AT_MOST = 15;
const ACCENT = "#2457d6";
const WORKDAYS = ["1", "2", "3", "4", "5"];

/** One question before the first message. `name` is the contact's field; `choices` one a line. */
export interface Question {
  name: string;
  label: string;
  type: string;
  required: boolean;
  choices: string;
}

export const NO_QUESTION: Question = { name: "", label: "", type: "text", required: false, choices: "" };

export interface WebChatForm {
  title: string;
  subtitle: string;
  accent: string;
  domains: string;
  uploads: boolean;
  consent: string;
  prechat: Question[];
  /** Somebody answers at certain hours only. */
  timed: boolean;
  days: string[];
  opens: string;
  closes: string;
  time_zone: string;
  offline_form: boolean;
  keep_page: boolean;
  identity_required: boolean;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function rows(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "object" && one !== null) : [];
}

export function webChatForm(channel: Channel | null): WebChatForm {
  const settings = channel?.settings ?? {};
  const [hours] = rows(settings.hours);
  return {
    title: text(settings.title),
    subtitle: text(settings.subtitle),
    accent: text(settings.accent) || ACCENT,
    domains: Array.isArray(settings.allowed_domains) ? settings.allowed_domains.join("\n") : "",
    uploads: settings.uploads !== false,
    consent: text(settings.consent),
    prechat: rows(settings.prechat).map(({ name, label, type, required, choices }) => ({
      name: text(name),
      label: text(label),
      type: text(type) || NO_QUESTION.type,
      required: required === true,
      choices: Array.isArray(choices) ? choices.join("\n") : "",
    })),
    timed: hours !== undefined,
    days: Array.isArray(hours?.days) ? hours.days.map(String) : WORKDAYS,
    opens: text(hours?.opens) || "09:00",
    closes: text(hours?.closes) || "18:00",
    time_zone: text(settings.time_zone) || Intl.DateTimeFormat().resolvedOptions().timeZone,
    offline_form: settings.offline_form === true,
    keep_page: settings.keep_page === true,
    identity_required: settings.identity_required === true,
  };
}

/** Names of contact fields for the questions: what they have, else what their label gives, each once. */
function named(questions: Question[], nameOf: (label: string) => string): Record<string, unknown>[] {
  const taken = new Set(questions.map(({ name }) => name));
  return questions
    .filter(({ label }) => label.trim())
    .map(({ name, label, type, required, choices }) => {
      let own = name;
      for (let n = 1; !own || (own !== name && taken.has(own)); n += 1) {
        own = (nameOf(label) || (type === "text" ? "field" : type)) + (n > 1 ? `_${n}` : "");
      }
      taken.add(own);
      const lines = choices.split("\n").flatMap((one) => one.trim() || []);
      return { name: own, label: label.trim(), type, required, choices: type === "choice" ? lines : [] };
    });
}

/** The settings with what the form changes. Further hours, which the form does not show, stay as they were. */
export function webChatSettings(
  form: WebChatForm,
  before: Record<string, unknown>,
  nameOf: (label: string) => string,
): Record<string, unknown> {
  const { days, opens, closes } = form;
  const first = { days: days.map(Number).sort(), opens, closes };
  const title = form.title.trim();
  return {
    ...before,
    ...(title ? { title } : {}),
    subtitle: form.subtitle.trim(),
    accent: form.accent,
    allowed_domains: form.domains.split(/[\s,]+/).filter(Boolean),
    uploads: form.uploads,
    consent: form.consent.trim() || null,
    prechat: named(form.prechat, nameOf),
    hours: form.timed ? [first, ...rows(before.hours).slice(1)] : [],
    ...(form.timed ? { time_zone: form.time_zone.trim() } : {}),
    offline_form: form.timed && form.offline_form,
    keep_page: form.keep_page,
    identity_required: form.identity_required,
  };
}
