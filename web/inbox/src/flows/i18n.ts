/** The texts of the flow pages. They come with these pages, so that the inbox starts without them. */
import { useMemo } from "react";
import { en } from "@/flows/texts/en";
import { ru } from "@/flows/texts/ru";
import { type Locale, useI18n } from "@/i18n";
import type { Formats } from "@/i18n/format";
import { type Translate, translator } from "@/i18n/translate";

export type FlowMessages = typeof en;
export type FlowT = Translate<FlowMessages>;

export interface FlowI18n {
  t: FlowT;
  locale: Locale;
  format: Formats;
}

export function flowTexts(locale: Locale): FlowT {
  return translator<FlowMessages>(locale === "ru" ? ru : en, locale);
}

export function useFlowI18n(): FlowI18n {
  const { locale, format } = useI18n();
  return useMemo(() => ({ t: flowTexts(locale), locale, format }), [locale, format]);
}

/** How long something took, in the largest unit that fits. */
export function durationIn(locale: Locale, seconds: number): string {
  const steps: [number, string][] = [
    [86_400, "day"],
    [3_600, "hour"],
    [60, "minute"],
    [1, "second"],
  ];
  const [size, unit] = steps.find(([one]) => seconds >= one) ?? [1, "second"];
  const style = new Intl.NumberFormat(locale, {
    style: "unit",
    unit: unit as string,
    unitDisplay: "short",
    maximumFractionDigits: 1,
  });
  return style.format(Math.round((seconds / (size as number)) * 10) / 10);
}
