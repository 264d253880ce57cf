/** English, a file a part of the inbox. A text with `{n}` and forms is a plural. */
import { audit } from "@/i18n/en/audit";
import { bulk } from "@/i18n/en/bulk";
import { channels } from "@/i18n/en/channels";
import { contact } from "@/i18n/en/contact";
import { contactData } from "@/i18n/en/contactData";
import { conversation } from "@/i18n/en/conversation";
import { flows } from "@/i18n/en/flows";
import { frame } from "@/i18n/en/frame";
import { people } from "@/i18n/en/people";
import { settings } from "@/i18n/en/settings";
import { tasks } from "@/i18n/en/tasks";
import { trials } from "@/i18n/en/trials";
import { webhooks } from "@/i18n/en/webhooks";

export const en = {
  ...frame,
  ...conversation,
  ...contact,
  ...flows,
  ...settings,
  ...channels,
  ...trials,
  ...webhooks,
  ...tasks,
  ...people,
  ...contactData,
  ...audit,
  ...bulk,
} as const;
