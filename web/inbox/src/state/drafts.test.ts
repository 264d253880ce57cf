import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError } from "@/api/client";
import type { Draft } from "@/api/types";
import { Drafts, keptDrafts } from "@/state/drafts";

const reply = (text: string): Draft => ({ text, direction: "out", copies: [] });
const nobody = () => new ApiError(0, "network", "Not reached.");

/** Drafts of a hub that takes everything until it is told to do something else. */
function draftsOf(kept: Record<string, Draft> = {}) {
  const hub = { has: new Map<string, string>(), answer: async (): Promise<void> => {} };
  const save = vi.fn(async (conversation: string, { text }: Draft) => {
    await hub.answer();
    hub.has.set(conversation, text);
  });
  return { drafts: new Drafts(save, "place", kept), hub, save };
}

describe("what is being written", () => {
  beforeEach(() => {
    sessionStorage.clear();
    vi.useFakeTimers();
  });
  afterEach(() => vi.useRealTimers());

  it("is saved once somebody pauses, and kept nowhere else then", async () => {
    const { drafts, hub, save } = draftsOf();
    drafts.write("c", reply("H"), null);
    drafts.write("c", reply("Hello"), null);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(save).toHaveBeenCalledOnce();
    expect(hub.has.get("c")).toBe("Hello");
    expect(keptDrafts("place")).toEqual({});
  });

  it("stays while nobody answers, and is saved when the link is back", async () => {
    const { drafts, hub } = draftsOf();
    hub.answer = () => Promise.reject(nobody());
    drafts.write("c", reply("Hello"), null);
    drafts.saveNow(false);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([drafts.of("c")?.text, drafts.isLate("c")]).toEqual(["Hello", true]);
    hub.answer = async () => {};
    drafts.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect([hub.has.get("c"), drafts.isLate("c")]).toEqual(["Hello", false]);
  });

  it("is said to be late when the hub only hangs", async () => {
    const { drafts, hub } = draftsOf();
    hub.answer = () => new Promise(() => {});
    drafts.write("c", reply("Hello"), null);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(drafts.isLate("c")).toBe(false);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(drafts.isLate("c")).toBe(true);
  });

  it("is saved by the next page of the tab if this one could not", async () => {
    const { drafts, hub } = draftsOf();
    hub.answer = () => Promise.reject(nobody());
    drafts.write("c", reply("Hello"), null);
    await vi.advanceTimersByTimeAsync(1_000);
    drafts.stop();
    const next = draftsOf(keptDrafts("place"));
    next.drafts.seen("c", reply("Hel"));
    expect(next.drafts.of("c")?.text).toBe("Hello");
    next.drafts.wake();
    await vi.advanceTimersByTimeAsync(0);
    expect(next.hub.has.get("c")).toBe("Hello");
  });

  it("is saved in order, one after the other", async () => {
    const { drafts, hub, save } = draftsOf();
    let answer = () => {};
    hub.answer = () => new Promise((resolve) => (answer = resolve)); // biome-ignore format: one step
    drafts.write("c", reply("Hello"), null);
    await vi.advanceTimersByTimeAsync(1_000);
    drafts.write("c", reply("Hello there"), null);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(save).toHaveBeenCalledOnce();
    answer();
    hub.answer = async () => {};
    await vi.advanceTimersByTimeAsync(1_000);
    expect(save.mock.calls.map(([, { text }]) => text)).toEqual(["Hello", "Hello there"]);
  });

  it("is not put back by the feed, which tells late of what was saved before", async () => {
    const { drafts } = draftsOf();
    for (const text of ["Hello", "Hello there"]) {
      drafts.write("c", reply(text), null);
      await vi.advanceTimersByTimeAsync(1_000);
    }
    drafts.seen("c", reply("Hello"));
    expect(drafts.of("c")?.text).toBe("Hello there");
  });

  it("gives way to what another device wrote since, unless it is unsaved", async () => {
    const { drafts } = draftsOf();
    drafts.write("c", reply("Hello"), null);
    drafts.seen("c", reply("From the phone"));
    expect(drafts.of("c")?.text).toBe("Hello");
    await vi.advanceTimersByTimeAsync(1_000);
    drafts.seen("c", reply("From the phone again"));
    expect(drafts.of("c")).toBeNull();
  });

  it("stays a note while there is nothing in it", async () => {
    const { drafts } = draftsOf();
    drafts.write("c", { text: "", direction: "note", copies: [] }, null);
    await vi.advanceTimersByTimeAsync(1_000);
    drafts.seen("c", null);
    expect(drafts.of("c")?.direction).toBe("note");
  });

  it("is not sent again and again when the hub refuses it", async () => {
    const { drafts, hub, save } = draftsOf();
    hub.answer = () => Promise.reject(new ApiError(422, "too_long", "Too long."));
    drafts.write("c", reply("Hello"), null);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([save.mock.calls.length, drafts.isLate("c"), drafts.of("c")?.text]).toEqual([1, true, "Hello"]);
  });
});
