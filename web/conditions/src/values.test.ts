import { expect, test } from "vitest";
import { answerOf, numberOf } from "./values";

test("numbers are read as people type them, and nothing is guessed", () => {
  expect(numberOf("1 500,5")).toBe(1500.5);
  expect(numberOf("12 тыс")).toBeUndefined();
});

test("a field holds what conditions compare", () => {
  expect([answerOf("yesno", ["no"]), answerOf("consent", "true"), answerOf("yesno", [])]).toEqual([
    false,
    true,
    undefined,
  ]);
  expect([answerOf("choices", ["crm", "tg"]), answerOf("choices", [])]).toEqual([["crm", "tg"], undefined]);
  expect([answerOf("rating", ["8"]), answerOf("number", " 12 ")]).toEqual([8, 12]);
  expect([answerOf("choice", ["owner"]), answerOf("text", " "), answerOf("date", "2026-12-01")]).toEqual([
    "owner",
    undefined,
    "2026-12-01",
  ]);
});
