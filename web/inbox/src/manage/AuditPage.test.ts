import { describe, expect, it } from "vitest";
import { i18nFor } from "@/i18n";
import { changeIn, teamsIn, tells } from "@/manage/AuditPage";

function line(name: string, value: string): [string, string] {
  const [called, said] = changeIn(i18nFor("ru").t, { name, before: null, after: value });
  return [called, said(value)];
}

describe("what a line of the audit log says has changed", () => {
  it("is in the reader's language", () => {
    expect(line("role", "curator")).toEqual(["Роль", "Куратор"]);
    expect(line("scope", "all")).toEqual(["Видит диалоги", "Все в проекте"]);
    expect(line("enabled", "False")).toEqual(["Включён", "нет"]);
    expect(line("messages", "8")).toEqual(["Сообщения", "8"]);
  });
  it("names teams, and does not count nothing", () => {
    expect(teamsIn("a, b", [{ id: "a", name: "Sales" }], "gone")).toBe("Sales, gone");
    expect(tells({ name: "files", before: "0", after: null })).toBe(false);
    expect(tells({ name: "files", before: "2", after: null })).toBe(true);
  });
  it("keeps the names of settings, and what is newer than this page", () => {
    expect(line("settings.imap_host", "x")).toEqual(["Настройка imap_host", "x"]);
    expect(line("not_known_yet", "all")).toEqual(["not_known_yet", "all"]);
    expect(line("role", "not_known_yet")).toEqual(["Роль", "not_known_yet"]);
  });
});
