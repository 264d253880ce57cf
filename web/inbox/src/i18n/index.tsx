/** The language of the screen: `useI18n()` gives the translator and the formats. */
import { createContext, type ReactNode, use, useEffect, useMemo } from "react";
import { en } from "@/i18n/en";
import { type Formats, formats } from "@/i18n/format";
import { ru } from "@/i18n/ru";
import { type Translate, translator } from "@/i18n/translate";

export type Messages = typeof en;
export type Key = keyof Messages;
export type T = Translate<Messages>;
export type Locale = "en" | "ru";

export const LOCALES: Record<Locale, string> = { en: "English", ru: "Русский" };

export interface I18n {
  locale: Locale;
  t: T;
  format: Formats;
}

/** The best language we have for a tag such as `ru-RU`. */
export function localeOf(tag: string | null | undefined): Locale {
  return tag?.toLowerCase().startsWith("ru") ? "ru" : "en";
}

export function i18nFor(locale: Locale): I18n {
  return { locale, t: translator<Messages>(locale === "ru" ? ru : en, locale), format: formats(locale) };
}

const I18nContext = createContext<I18n>(i18nFor("en"));

export function useI18n(): I18n {
  return use(I18nContext);
}

export function I18nProvider({ locale, children }: { locale: Locale; children: ReactNode }) {
  const i18n = useMemo(() => i18nFor(locale), [locale]);
  useEffect(() => {
    document.documentElement.lang = locale;
  }, [locale]);
  return <I18nContext value={i18n}>{children}</I18nContext>;
}
