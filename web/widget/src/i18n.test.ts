import { expect, it } from "vitest";
import { dayMark, fileSize, pickLocale, tables } from "./i18n";

it("has every word in every language", () => {
  expect(Object.keys(tables.ru)).toEqual(Object.keys(tables.en));
});

it.each([
  [["ru", "en"], "ru"],
  [[undefined, "", "de-DE", "RU-ru"], "ru"],
  [["en-GB", "ru"], "en"],
  [["fr"], "en"],
])("speaks the first language it knows: %j", (tags, locale) => {
  expect(pickLocale(tags)).toBe(locale);
});

it("writes days as people say them", () => {
  const now = new Date(2026, 10, 23, 0, 30).getTime();
  expect(dayMark(new Date(2026, 10, 23, 0, 1).toISOString(), now, "en")).toBe("today");
  expect(dayMark(new Date(2026, 10, 22, 23, 59).toISOString(), now, "ru")).toBe("вчера");
  expect(dayMark(new Date(2026, 0, 5).toISOString(), now, "en")).toBe("January 5, 2026");
});

it("writes sizes with their unit", () => {
  expect(fileSize(12_340_000, "en")).toBe("12.3 MB");
  expect(fileSize(900, "ru")).toMatch(/^0,9\sкБ$/);
});
