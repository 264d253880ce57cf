import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { backoffMs } from "@/live/backoff";
import { Journal } from "@/live/journal";
import { PresenceStore } from "@/live/presence";
import { LiveSocket } from "@/live/socket";
import { changed, conversation } from "@/test_data";

/** The browser's end of a socket, driven by the test. */
class Line {
  static lines: Line[] = [];
  sent: Record<string, unknown>[] = [];
  readyState = 1;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor() {
    Line.lines.push(this);
  }
  send(text: string) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.readyState = 3;
  }
  says(frame: Record<string, unknown>) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

describe("the inbox socket", () => {
  const seen: unknown[] = [];
  let socket: LiveSocket;
  let broken = false;
  const line = () => Line.lines.at(-1) as Line;

  beforeEach(async () => {
    vi.useFakeTimers();
    Line.lines = [];
    seen.length = 0;
    broken = false;
    socket = new LiveSocket({
      ticket: async () => "ticket",
      open: () => new Line() as unknown as WebSocket,
      onStatus: ({ state }) => seen.push(state),
      onChange: (change) => seen.push(change.kind),
      readAgain: async () => {
        seen.push("read");
        if (broken) throw new Error("not read");
      },
    });
    socket.start();
    await vi.advanceTimersByTimeAsync(1);
    line().onopen?.();
  });
  afterEach(() => {
    socket.stop();
    vi.useRealTimers();
  });

  it("says hello without a cursor first, and resumes from the newest one after a loss", async () => {
    expect(line().sent).toEqual([{ type: "hello", cursor: null }]);
    line().says({ type: "ready", cursor: "g/1" });
    await vi.advanceTimersByTimeAsync(1);
    line().says({ ...changed(conversation("a")), type: "change", cursor: "g/2" });
    line().onclose?.({ code: 1006 });
    await vi.advanceTimersByTimeAsync(2_000);
    line().onopen?.();
    expect(line().sent).toEqual([{ type: "hello", cursor: "g/2" }]);
    line().says({ type: "ready", cursor: "g/2" });
    expect(seen).toEqual(["connecting", "read", "live", "conversation", "waiting", "connecting", "live"]);
  });

  it("forgets its cursor when it is told to reload", () => {
    line().says({ type: "ready", cursor: "g/1" });
    line().says({ type: "reload", reason: "behind" });
    expect(line().sent.at(-1)).toEqual({ type: "hello", cursor: null });
    line().says({ type: "ready", cursor: "h/1" });
    expect(seen.filter((item) => item === "read")).toHaveLength(2);
  });

  it("is not live, and keeps no cursor, before everything is read", async () => {
    broken = true;
    line().says({ type: "ready", cursor: "g/1" });
    await vi.advanceTimersByTimeAsync(2_000);
    line().onopen?.();
    expect(Line.lines).toHaveLength(2);
    expect(line().sent).toEqual([{ type: "hello", cursor: null }]);
    expect(seen).not.toContain("live");
  });

  it("answers a ping, and leaves a line that has gone silent", async () => {
    line().says({ type: "ready", cursor: "g/1" });
    await vi.advanceTimersByTimeAsync(1);
    line().says({ type: "ping" });
    expect(line().sent.at(-1)).toEqual({ type: "pong" });
    const first = line();
    await vi.advanceTimersByTimeAsync(44_000);
    expect(Line.lines).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(first.readyState).toBe(3);
    expect(Line.lines).toHaveLength(2);
  });

  it("stops when nobody is signed in any more", async () => {
    line().says({ type: "ready", cursor: "g/1" });
    line().onclose?.({ code: 4401 });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(Line.lines).toHaveLength(1);
    expect(seen.at(-1)).toBe("stopped");
  });
});

describe("the waits between tries", () => {
  it("grow, stay within their limit and differ", () => {
    expect(backoffMs(0, () => 1)).toBeLessThan(backoffMs(3, () => 1));
    expect(backoffMs(50, () => 1)).toBe(15_200);
    expect(backoffMs(5, () => 0)).not.toBe(backoffMs(5, () => 0.5));
  });
});

describe("the journal of changes", () => {
  it("gives what came after a mark, and says when that is no longer known", () => {
    const journal = new Journal();
    const mark = journal.mark();
    const change = changed(conversation("a"));
    journal.add(change);
    expect(journal.since(mark)).toEqual([change]);
    for (let count = 0; count < 2_000; count++) journal.add(change);
    expect(journal.since(mark)).toBeNull();
  });
});

describe("presence", () => {
  it("shows colleagues but not oneself, and fades what is not repeated", () => {
    vi.useFakeTimers();
    const store = new PresenceStore();
    store.take({ conversation: "c", operator: "me", name: "Me", looking: true, typing: false }, "me");
    store.take({ conversation: "c", operator: "other", name: "Other", looking: true, typing: true }, "me");
    store.take({ conversation: "c", contact: true, typing: true }, "me");
    expect(store.in("c").map((item) => [item.id, item.typing])).toEqual([
      ["other", true],
      ["contact", true],
    ]);
    vi.advanceTimersByTime(11_000);
    expect(store.in("c").map((item) => item.id)).toEqual(["other"]);
    vi.advanceTimersByTime(20_000);
    expect(store.in("c")[0]?.typing).toBe(false);
    vi.advanceTimersByTime(40_000);
    expect(store.in("c")).toEqual([]);
    vi.useRealTimers();
  });
});
