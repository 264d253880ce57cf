import { describe, expect, it } from "vitest";
import { i18nFor, localeOf } from "@/i18n";
import { en } from "@/i18n/en";
import { ru } from "@/i18n/ru";
import type { Entry } from "@/i18n/translate";

function placeholders(entry: Entry): string[] {
  const text = typeof entry === "string" ? entry : entry.other;
  return [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "").sort();
}

describe("languages", () => {
  it("have the same placeholders in every text", () => {
    const differing = (Object.keys(en) as (keyof typeof en)[]).filter(
      (key) => placeholders(ru[key]).join() !== placeholders(en[key]).join(),
    );
    expect(differing).toEqual([]);
  });

  it("choose plural forms by the rules of the language", () => {
    const { t } = i18nFor("ru");
    expect([1, 3, 11, 21].map((n) => t("composer.too_long", { n }))).toEqual([
      "Лишний 1 символ",
      "Лишние 3 символа",
      "Лишних 11 символов",
      "Лишний 21 символ",
    ]);
    expect(i18nFor("en").t("composer.too_long", { n: 1 })).toBe("1 character too many");
  });

  it("fall back to English", () => {
    expect([localeOf("ru-RU"), localeOf("de"), localeOf(null)]).toEqual(["ru", "en", "en"]);
  });

  it("write dates near today in words", () => {
    const now = new Date(2026, 5, 17, 15, 0).getTime();
    const ago = (days: number) => new Date(now - days * 86_400_000).toISOString();
    const { format } = i18nFor("en");
    expect([format.dayMark(ago(0), now), format.dayMark(ago(1), now)]).toEqual(["Today", "Yesterday"]);
    expect(format.brief(ago(2), now)).toBe("Mon");
    expect(format.elapsed(new Date(now - 125 * 60_000).toISOString(), now)).toBe("2h");
    expect(i18nFor("ru").format.size(1_500_000)).toMatch(/^1,5\sМБ$/);
  });
});
