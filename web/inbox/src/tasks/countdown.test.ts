import { describe, expect, it } from "vitest";
import { leftUntil, localInput, timeThere } from "@/tasks/countdown";

const NOW = Date.parse("2026-11-24T12:00:00Z");
const after = (seconds: number) => new Date(NOW + seconds * 1_000).toISOString();

describe("the countdown of a call", () => {
  it("counts seconds below an hour, hours below a day, and leaves the rest to a date", () => {
    expect([29, 61, 3_600, 7_505, 86_400].map((s) => leftUntil(after(s), NOW).text)).toEqual([
      "0:29",
      "1:01",
      "1:00:00",
      "2:05:05",
      null,
    ]);
  });

  it("says how late it is", () => {
    expect(leftUntil(after(-65), NOW)).toEqual({ late: true, text: "1:05", seconds: -65 });
    expect(leftUntil(after(0), NOW).late).toBe(false);
  });

  it("shows the contact's own time only where it is another", () => {
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    expect(timeThere(after(0), here, "en")).toBeNull();
    expect(timeThere(after(0), "Nowhere/City", "en")).toBeNull();
    const others = ["Asia/Yekaterinburg", "Pacific/Auckland"].map((zone) => timeThere(after(0), zone, "en"));
    expect(others.some((text) => text !== null)).toBe(true);
  });

  it("fills a field for local time", () => {
    expect(new Date(localInput(new Date(2026, 10, 24, 15, 30))).getHours()).toBe(15);
  });
});
