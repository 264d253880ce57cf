import { describe, expect, it } from "vitest";
import { fixOf, wordsOf } from "@/flows/problems";
import { en } from "@/flows/texts/en";
import { ru } from "@/flows/texts/ru";
import type { Problem } from "@/flows/types";
import type { Entry } from "@/i18n/translate";

function problem(given: Partial<Problem>): Problem {
  const ru = { sentence: "", suggestion: null };
  const severity = "error" as const;
  return { file: "a.yml", line: 1, column: 1, code: "x", sentence: "", suggestion: null, severity, ru, ...given };
}

function placeholders(entry: Entry): string {
  return [...(typeof entry === "string" ? entry : entry.other).matchAll(/\{(\w+)\}/g)]
    .map(([, name]) => name)
    .sort()
    .join();
}

describe("the texts of the flow pages", () => {
  it("have the same placeholders in both languages", () => {
    const keys = Object.keys(en) as (keyof typeof en)[];
    expect(keys.filter((key) => placeholders(ru[key]) !== placeholders(en[key]))).toEqual([]);
  });
});

describe("a finding", () => {
  const typo = problem({
    code: "unknown_id",
    sentence: "There is no question `budgt`.",
    suggestion: "Did you mean `budget`?",
    column: 7,
    ru: { sentence: "Вопроса `budgt` нет.", suggestion: "Может быть, `budget`?" },
  });

  it("is said in the language of the screen", () => {
    expect(wordsOf(typo, "ru")).toEqual({ sentence: "Вопроса `budgt` нет.", suggestion: "Может быть, `budget`?" });
    expect(wordsOf(typo, "en").sentence).toBe(typo.sentence);
  });

  it("is put right where one word stands for another", () => {
    expect(fixOf("  if: budgt > 5", typo)).toEqual({ from: 6, to: 11, insert: "budget" });
    // It points at the beginning of the expression: the word is further along on the same line.
    expect(fixOf("  if: score > budgt", typo)).toEqual({ from: 14, to: 19, insert: "budget" });
    expect(fixOf("  if: budget > 5", typo)).toBeNull();
    expect(fixOf("  if: budgt", problem({ sentence: "Wrong.", suggestion: "Think again." }))).toBeNull();
  });
});
