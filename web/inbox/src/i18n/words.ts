/** What went wrong, as the person at the screen reads it. */
import { useCallback } from "react";
import { ApiError } from "@/api/client";
import type { Why } from "@/api/types";
import { type Locale, type T, useI18n } from "@/i18n";
import { inOneLine, saidOf } from "@/i18n/reasons";
import { russianRefusals } from "@/i18n/refusals";
import { settingFaults } from "@/i18n/settingFaults";

/** What is kept of a refusal: `code` is stable, `message` is the hub's own sentence. */
export type Refusal = Pick<ApiError, "code" | "message"> & Partial<Pick<ApiError, "extra">>;

export function refusalIn(locale: Locale, { code, message, extra = {} }: Refusal): string {
  if (extra.why) return inOneLine(saidOf(extra.why as Why, message, locale));
  const russian = locale === "ru" ? russianRefusals[code] : undefined;
  return russian?.replace(/\{(\w+)\}/g, (whole, name: string) => String(extra[name] ?? whole)) ?? message;
}

export function wordsOf(error: unknown, t: T, locale: Locale): string {
  if (!(error instanceof ApiError)) return t("error.unknown");
  if (error.code === "network") return t("error.network");
  const faults = error.code === "channel_settings" ? settingFaults(error.extra.faults, t, locale) : "";
  if (faults) return faults;
  return refusalIn(locale, error);
}

export function useWords(): (error: unknown) => string {
  const { t, locale } = useI18n();
  return useCallback((error) => wordsOf(error, t, locale), [t, locale]);
}
