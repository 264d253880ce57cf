import { describe, expect, it } from "vitest";
import type { Delivery } from "@/api/types";
import { nextTry } from "@/inbox/nextTry";

const NOW = Date.parse("2026-01-01T12:00:00Z");
const SOON = "2026-01-01T12:00:10Z";
const LATER = "2026-01-01T12:20:00Z";

function delivery(change: Partial<Delivery>): Delivery {
  return { status: "queued", attempts: 1, code: null, reason: null, may_repeat: false, due_at: LATER, ...change };
}

describe("the next try of a message", () => {
  it("is told where somebody may wonder", () => {
    expect(nextTry(delivery({}), NOW)).toBe(LATER);
    expect(nextTry(delivery({ due_at: SOON }), NOW)).toBeNull();
    expect(nextTry(delivery({ due_at: null }), NOW)).toBeNull();
  });

  it("is not told of a message under way, whose time is the end of its claim", () => {
    expect(nextTry(delivery({ status: "sending" }), NOW)).toBeNull();
  });

  it("is that of the copies of a sent message, unless they are being tried", () => {
    const sent = { status: "sent", due_at: null } as const;
    expect(nextTry(delivery({ ...sent, copies: { due_at: LATER, trying: false } }), NOW)).toBe(LATER);
    expect(nextTry(delivery({ ...sent, copies: { due_at: LATER, trying: true } }), NOW)).toBeNull();
    expect(nextTry(delivery(sent), NOW)).toBeNull();
  });
});
