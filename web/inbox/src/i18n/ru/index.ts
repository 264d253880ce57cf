/** Русский. */
import type { en } from "@/i18n/en";
import { audit } from "@/i18n/ru/audit";
import { bulk } from "@/i18n/ru/bulk";
import { channels } from "@/i18n/ru/channels";
import { contact } from "@/i18n/ru/contact";
import { contactData } from "@/i18n/ru/contactData";
import { conversation } from "@/i18n/ru/conversation";
import { flows } from "@/i18n/ru/flows";
import { frame } from "@/i18n/ru/frame";
import { people } from "@/i18n/ru/people";
import { settings } from "@/i18n/ru/settings";
import { tasks } from "@/i18n/ru/tasks";
import { trials } from "@/i18n/ru/trials";
import { webhooks } from "@/i18n/ru/webhooks";
import type { Translated } from "@/i18n/translate";

export const ru: Translated<typeof en> = {
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
};
