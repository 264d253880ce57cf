import { describe, expect, it } from "vitest";
import { commandsIn, pagesFor, recentOf } from "@/app/commands";
import { meaningOf } from "@/app/shortcuts";
import { conversation } from "@/test_data";

const stroke = (code: string, key: string) => ({
  code,
  key,
  shiftKey: false,
  altKey: false,
  ctrlKey: false,
  metaKey: false,
});

describe("the command bar", () => {
  it("offers what the page's parts do, under the keys that do it", () => {
    const here = new Set(["resolve", "scheme"]);
    expect(commandsIn("/inbox/all/a", here).map((deed) => deed.name)).toEqual(["resolve", "scheme"]);
    expect(commandsIn("/people", here).map((deed) => deed.name)).toEqual(["scheme"]);
    const all = commandsIn("/inbox/all/a", { has: () => true } as unknown as Set<string>);
    for (const { name, shown } of all.filter((deed) => /^[A-Z]$/.test(deed.shown)))
      expect(meaningOf(stroke(`Key${shown}`, shown.toLowerCase()), false)).toBe(name);
  });

  it("leads to no page that one may not see", () => {
    expect(pagesFor([]).map((page) => page.to)).toEqual(["/tasks", "/canned-replies", "/settings"]);
    expect(pagesFor(["manage"]).map((page) => page.to)).toContain("/audit");
  });

  it("begins with the conversations in which something happened last", () => {
    const items = ["a", "b", "c"].map((id, index) =>
      conversation(id, { last_activity_at: `2026-06-0${index + 1}T00:00:00Z` }),
    );
    const data = { pages: [{ items, next: null, end: null }], pageParams: [] };
    const cache = { lists: { all: { view: "all" as const, data } }, details: {}, threads: {} };
    expect(recentOf(cache, "/inbox/all/c").map((item) => item.id)).toEqual(["b", "a"]);
  });
});
