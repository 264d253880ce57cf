import { expect, it } from "vitest";
import { windowOf } from "@/inbox/answerWindow";

const day = 86_400;
const noon = Date.parse("2026-01-02T12:00:00Z");
const said = (direction: "in" | "out", at: string) => ({ direction, source_at: null, created_at: at });

it("has no end where the channel has no rule", () => {
  expect(windowOf(null, null, [said("in", "2025-01-01T00:00:00Z")], noon)).toEqual({
    until: null,
    closed: false,
    soon: false,
  });
});

it("counts from the contact's newest message, not from ours", () => {
  const items = [said("in", "2026-01-02T11:00:00Z"), said("out", "2026-01-02T11:59:00Z")];
  expect(windowOf(day, "2026-01-01T09:00:00Z", items, noon)).toEqual({
    until: "2026-01-03T11:00:00.000Z",
    closed: false,
    soon: false,
  });
});

it("tells that little time is left, and that it is over", () => {
  expect(windowOf(day, "2026-01-01T14:00:00Z", [], noon)).toMatchObject({ soon: true, closed: false });
  expect(windowOf(day, "2026-01-01T12:00:00Z", [], noon)).toMatchObject({ soon: false, closed: true });
  expect(windowOf(day, null, [], noon)).toEqual({ until: null, closed: true, soon: false });
});
