import { describe, expect, it } from "vitest";
import { ApiError } from "@/api/client";
import type { Conversation } from "@/api/types";
import { inTurns, undoOf } from "@/inbox/bulk";
import { conversation } from "@/test_data";

const five = ["a", "b", "c", "d", "e"].map((id) => conversation(id));
const resolve = () => ({ action: "resolve" as const });
const changed = (change: Partial<Conversation>, before: Partial<Conversation> = {}) => ({
  before: conversation("a", before),
  after: conversation("a", { ...before, ...change }),
});

describe("an action for several", () => {
  it("goes on where one is refused, and tells which", async () => {
    const over: number[] = [];
    const perform = async (id: string) => {
      if (id === "c") throw new ApiError(403, "not_allowed", "No.");
      return conversation(id, { status: "resolved" });
    };
    const { done, refused } = await inTurns(five, resolve, perform, (n) => over.push(n));
    expect(done.map((one) => one.after.id).sort()).toEqual(["a", "b", "d", "e"]);
    expect(refused.map((one) => one.conversation.id)).toEqual(["c"]);
    expect(over).toEqual([1, 2, 3, 4, 5]);
  });

  it("waits where the hub asks for it, and gives up in the end", async () => {
    const waits: number[] = [];
    let asked = 0;
    const busy = async (id: string) => {
      if (++asked < 3) throw new ApiError(429, "too_many", "Slowly.", {}, 7);
      return conversation(id);
    };
    const wait = async (seconds: number) => {
      waits.push(seconds);
    };
    expect((await inTurns(five.slice(0, 1), resolve, busy, undefined, wait)).done).toHaveLength(1);
    expect(waits).toEqual([7, 7]);
    const never = async () => Promise.reject(new ApiError(429, "too_many", "Slowly.", {}, 7));
    expect((await inTurns(five.slice(0, 1), resolve, never, undefined, wait)).refused).toHaveLength(1);
  });

  it("asks nothing of those to which nothing is to be done", async () => {
    const outcome = await inTurns(
      five,
      () => null,
      async () => Promise.reject(new Error("asked")),
    );
    expect(outcome).toEqual({ done: [], refused: [] });
  });
});

describe("the way back", () => {
  const held = { control: "operator" as const, assignee: "anna", team: "sales" };

  it("of a status is the former one", () => {
    expect(undoOf(changed({ status: "resolved", seq: 7 }))).toEqual({ action: "reopen", undo: 7 });
    expect(undoOf(changed({ status: "open" }, { status: "spam" }))).toEqual({ action: "spam" });
    const until = new Date(Date.now() + 60_000).toISOString();
    const snoozed = { status: "snoozed" as const, snoozed_until: until };
    expect(undoOf(changed({ status: "spam", seq: 7, snoozed_until: null }, snoozed))).toEqual({
      action: "reopen",
      undo: 7,
    });
    expect(undoOf(changed({ status: "open" }, snoozed))).toEqual({ action: "snooze", until });
    expect(undoOf(changed({ snoozed_until: null }, snoozed), Date.parse(until) + 1)).toEqual({ action: "reopen" });
    expect(undoOf(changed(snoozed))).toEqual({ action: "reopen" });
  });

  it("of an assignment is the former holder", () => {
    const back = { action: "assign", operator: "anna", team: "sales" };
    expect(undoOf(changed({ assignee: "boris" }, held))).toEqual(back);
    expect(undoOf(changed({ assignee: null, control: "queue" }, held))).toEqual(back);
    const queue = { control: "queue" as const, assignee: null, team: "sales" };
    expect(undoOf(changed(held, queue))).toEqual({ action: "assign", team: "sales" });
    expect(undoOf(changed({ ...held, team: null }, { ...queue, team: null }))).toEqual({
      action: "hand_back",
      to: "queue",
    });
  });

  it("of tags are the former tags", () => {
    expect(undoOf(changed({ tags: ["a", "b"] }, { tags: ["a"] }))).toEqual({ action: "tags", tags: ["a"] });
  });

  it("is not there where none leads back", () => {
    expect(undoOf(changed({ status: "resolved", control: "none" }, { control: "bot" }))).toBeNull();
    expect(undoOf(changed(held, { control: "queue", assignee: null, team: null }))).toBeNull();
    expect(undoOf(changed({}))).toBeNull();
  });
});
