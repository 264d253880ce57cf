/** Findings of a check: where they stand in a text, and the word that would put one right. */
import type { Problem } from "@/flows/types";
import type { Locale } from "@/i18n";

/** The finding in the language of the screen. */
export function wordsOf(problem: Problem, locale: Locale): { sentence: string; suggestion: string | null } {
  return locale === "ru" ? problem.ru : problem;
}

export interface Place {
  from: number;
  to: number;
}

/** The characters that a problem means: the word at its place, or what is left of the line. */
export function placeOf(text: string, problem: Pick<Problem, "line" | "column">): Place {
  let start = 0;
  for (let line = 1; line < problem.line; line += 1) {
    const end = text.indexOf("\n", start);
    if (end === -1) return { from: text.length, to: text.length };
    start = end + 1;
  }
  const lineEnd = text.indexOf("\n", start);
  const end = lineEnd === -1 ? text.length : lineEnd;
  const from = Math.min(end, start + Math.max(0, problem.column - 1));
  const word = /^[\p{L}\p{N}_.-]+/u.exec(text.slice(from, end))?.[0];
  if (word) return { from, to: from + word.length };
  return { from, to: Math.max(from, text.slice(start, end).trimEnd().length + start) };
}

export interface Fix {
  from: number;
  to: number;
  insert: string;
}

/** The replacement that a suggestion names in backquotes or quotes, where one word stands for another. */
export function fixOf(text: string, problem: Problem): Fix | null {
  const meant = /(?:did you mean|write|use)\s+[`"'«]([^`"'»]+)[`"'»]/i.exec(problem.suggestion ?? "")?.[1];
  if (!meant || !/^[a-z][\w.-]*$/i.test(meant)) return null;
  const wrong = /[`"'«]([a-z][\w.-]*)[`"'»]/i.exec(problem.sentence)?.[1];
  const { from, to } = placeOf(text, problem);
  const word = text.slice(from, to);
  if (/^[\w.-]+$/.test(word) && (wrong === undefined || word === wrong)) return { from, to, insert: meant };
  if (wrong === undefined) return null;
  // The problem may stand at the beginning of an expression: the wrong word is behind it on the same line.
  const lineEnd = text.indexOf("\n", from);
  const line = text.slice(from, lineEnd === -1 ? text.length : lineEnd);
  const found = new RegExp(`(?<![\\w.-])${wrong.replace(/[.-]/g, "\\$&")}(?![\\w.-])`).exec(line);
  return found ? { from: from + found.index, to: from + found.index + wrong.length, insert: meant } : null;
}

export function counts(problems: Problem[]): { errors: number; warnings: number } {
  const errors = problems.filter((problem) => problem.severity === "error").length;
  return { errors, warnings: problems.length - errors };
}
