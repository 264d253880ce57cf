import { describe, expect, it } from "vitest";
import type { Conversation, View } from "@/api/types";
import { type Cache, EMPTY_THREAD, flatten, withWindow } from "@/live/cache";
import { applyChange, type Change } from "@/live/changes";
import { compareRanks, inView, rankOf } from "@/live/views";
import { activity, changed, conversation, detail, emptyCache, list, ME, message, moment, said } from "@/test_data";

function idsOf(cache: Cache, key: string): string[] {
  return flatten(cache.lists[key]?.data).map((item) => item.id);
}

describe("a change of a conversation", () => {
  const base = () => ({
    ...emptyCache(),
    lists: {
      unattended: list("unattended", [
        [conversation("a", { waiting_since: moment(1) }), conversation("b", { waiting_since: moment(2) })],
      ]),
      mine: list("mine", [[]]),
      all: list("all", [
        [conversation("b", { last_activity_at: moment(2) }), conversation("a", { last_activity_at: moment(1) })],
      ]),
    },
  });

  it("moves it out of one list and into another", () => {
    const taken = conversation("a", { control: "operator", assignee: ME, revision: 2, last_activity_at: moment(1) });
    const after = applyChange(base(), changed(taken), ME);
    expect(idsOf(after, "unattended")).toEqual(["b"]);
    expect(idsOf(after, "mine")).toEqual(["a"]);
    expect(idsOf(after, "all")).toEqual(["b", "a"]);
  });

  it("moves it to its new place", () => {
    const spoke = conversation("a", { waiting_since: moment(1), last_activity_at: moment(9), revision: 2 });
    expect(idsOf(applyChange(base(), changed(spoke), ME), "all")).toEqual(["a", "b"]);
  });

  it("is harmless a second time, and when it is out of date", () => {
    const newer = changed(conversation("a", { status: "resolved", revision: 5 }));
    const older = changed(conversation("a", { waiting_since: moment(1), revision: 4 }));
    const once = applyChange(base(), newer, ME);
    expect(applyChange(once, newer, ME)).toEqual(once);
    expect(applyChange(once, older, ME)).toBe(once);
  });

  it("keeps the read position, which changes do not carry", () => {
    const cache = { ...emptyCache(), lists: { all: list("all", [[conversation("a", { read_position: 3 })]]) } };
    const after = applyChange(cache, changed(conversation("a", { revision: 2 })), ME);
    expect(flatten(after.lists.all?.data)[0]?.read_position).toBe(3);
  });

  it("does not put into a list what only its next page will bring", () => {
    const all = list("all", [[conversation("a", { last_activity_at: moment(9) })]], "more");
    const late = changed(conversation("z", { last_activity_at: moment(1) }));
    expect(idsOf(applyChange({ ...emptyCache(), lists: { all } }, late, ME), "all")).toEqual(["a"]);
  });

  it("puts in what the next page will skip because the cursor is already beyond it", () => {
    const all = list(
      "all",
      [[conversation("a", { last_activity_at: moment(9) }), conversation("b", { last_activity_at: moment(5) })]],
      "more",
    );
    const moved = applyChange(
      { ...emptyCache(), lists: { all } },
      changed(conversation("b", { last_activity_at: moment(10), revision: 2 })),
      ME,
    );
    const between = applyChange(moved, changed(conversation("c", { last_activity_at: moment(6) })), ME);
    expect(idsOf(between, "all")).toEqual(["b", "a", "c"]);
  });

  it("reaches the open conversation and keeps what stands beside it", () => {
    const cache = { ...emptyCache(), details: { a: detail(conversation("a")) } };
    const after = applyChange(cache, changed(conversation("a", { status: "resolved", revision: 2 })), ME);
    expect(after.details.a?.status).toBe("resolved");
    expect(after.details.a?.channel_detail.name).toBe("Demo shop");
  });

  it("brings one's own draft with its copies, from another device", () => {
    const open = { ...emptyCache(), details: { a: detail(conversation("a")) } };
    const kept = { text: "", direction: "out" as const, copies: ["boss@example.test"] };
    const draft = (data: object): Change => ({ kind: "draft", conversation: "a", cursor: "1", data });
    const after = applyChange(open, draft(kept), ME);
    expect(after.details.a?.draft).toEqual(kept);
    expect(applyChange(after, draft({ ...kept }), ME)).toBe(after);
    const other = applyChange(after, draft({ ...kept, copies: [] }), ME);
    expect(other.details.a?.draft).toBeNull();
  });

  it("forgets a conversation that has left the viewer's scope", () => {
    const cache = { ...base(), details: { a: detail(conversation("a")) }, threads: { a: EMPTY_THREAD } };
    const after = applyChange(cache, { kind: "removed", cursor: "", conversation: "a", data: {} }, ME);
    expect([idsOf(after, "unattended"), after.details, after.threads]).toEqual([["b"], {}, {}]);
  });
});

describe("a change of a thread", () => {
  const opened = (...positions: number[]): Cache => ({
    ...emptyCache(),
    threads: { c: { items: positions.map((position) => message(position)), activities: [], atEnd: true } },
  });
  const positions = (cache: Cache) => cache.threads.c?.items.map((item) => item.position);

  it("appends the next message once", () => {
    const once = applyChange(opened(1, 2), said(message(3)), ME);
    expect(positions(applyChange(once, said(message(3)), ME))).toEqual([1, 2, 3]);
  });

  it("never bridges a hole, and remembers that something is missing", () => {
    const after = applyChange(opened(1, 2), said(message(4)), ME);
    expect(positions(after)).toEqual([1, 2]);
    expect(after.threads.c?.atEnd).toBe(false);
  });

  it("moves a delivery forward and never back", () => {
    const delivery = (status: "sent" | "read") => ({
      status,
      attempts: 1,
      code: null,
      reason: null,
      may_repeat: false,
      due_at: null,
    });
    const read = applyChange(opened(1), said(message(1, { delivery: delivery("read"), revision: 3 })), ME);
    const late = applyChange(read, said(message(1, { delivery: delivery("sent"), revision: 2 })), ME);
    expect(late.threads.c?.items[0]?.delivery?.status).toBe("read");
  });

  it("shows an activity once", () => {
    const change: Change = { kind: "activity", cursor: "", conversation: "c", data: activity(1, 2) };
    const once = applyChange(opened(1, 2), change, ME);
    expect(applyChange(once, change, ME).threads.c?.activities).toHaveLength(1);
  });

  it("joins windows that touch, newest revisions winning, and drops what is far away", () => {
    const window = (from: number, to: number, revision = 1) => ({
      items: Array.from({ length: to - from + 1 }, (_, index) => message(from + index, { revision })),
      activities: [],
      first: from,
      last: to,
    });
    const newest = withWindow(EMPTY_THREAD, window(51, 60, 2), true);
    const joined = withWindow(newest, window(41, 52), null);
    expect(joined.items.map((item) => item.position)).toEqual(Array.from({ length: 20 }, (_, index) => 41 + index));
    expect(joined.items.find((item) => item.position === 51)?.revision).toBe(2);
    expect(joined.atEnd).toBe(true);
    expect(withWindow(joined, window(1, 5), false).items).toHaveLength(5);
  });
});

/** A tiny hub: what it would answer now, and the changes that led there. */
class Hub {
  readonly conversations = new Map<string, Conversation>();
  readonly changes: Change[] = [];
  private readonly random: () => number;

  constructor(seed: number) {
    let state = seed;
    this.random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state / 2 ** 32;
    };
    for (let index = 0; index < 12; index++) this.step(`c${index}`, 0);
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)] as T;
  }

  step(id: string, minute: number): void {
    const known = this.conversations.get(id);
    const control = this.pick(["bot", "queue", "operator"] as const);
    const next = conversation(id, {
      revision: (known?.revision ?? 0) + 1,
      status: this.pick(["open", "open", "open", "snoozed", "resolved", "spam"] as const),
      control,
      assignee: control === "operator" ? this.pick([ME, "other"]) : null,
      waiting_since: this.pick([null, moment(minute), known?.waiting_since ?? null]),
      last_activity_at: this.pick([moment(minute), known?.last_activity_at ?? moment(minute)]),
      read_position: 0,
    });
    this.conversations.set(id, next);
    const { read_position: _read, ...data } = next;
    this.changes.push(changed(data));
  }

  fetch(view: View): Conversation[] {
    return [...this.conversations.values()]
      .filter((item) => inView(item, view, ME))
      .sort((a, b) => compareRanks(rankOf(a, view), rankOf(b, view), view));
  }
}

describe("state + events = fresh fetch", () => {
  const views: View[] = ["unattended", "mine", "unassigned", "bot", "all", "snoozed", "resolved", "spam"];
  it.each(Array.from({ length: 40 }, (_, seed) => seed + 1))(
    "holds for history %i, also with repeats and stragglers",
    (seed) => {
      const hub = new Hub(seed);
      let cache: Cache = {
        ...emptyCache(),
        lists: Object.fromEntries(views.map((view) => [view, list(view, [hub.fetch(view)])])),
      };
      const from = hub.changes.length;
      for (let minute = 1; minute < 60; minute++) hub.step(`c${hub.pick([...Array(14).keys()])}`, minute);
      for (const [index, change] of hub.changes.slice(from).entries()) {
        cache = applyChange(cache, change, ME);
        if (index % 3 === 0) cache = applyChange(cache, hub.pick(hub.changes.slice(0, from + index + 1)), ME);
      }
      for (const view of views) {
        const shown = flatten(cache.lists[view]?.data).map(({ read_position: _read, ...item }) => item);
        expect(shown).toEqual(hub.fetch(view).map(({ read_position: _read, ...item }) => item));
      }
    },
  );
});
