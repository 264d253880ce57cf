import { describe, expect, it } from "vitest";
import { begin, type DraftState, isDirty, joined, type Kept, reduce, shouldSend, sourcesOf } from "@/flows/draft";

const FILES = { "a.yml": "flow: a\n", "a.en.yml": "title: A\n" };

function kept(revision: number, files = FILES): Kept {
  return { revision, files, by: "colleague", at: "2026-01-05T09:00:00Z" };
}

function edited(state: DraftState, text: string, file = "a.yml"): DraftState {
  return reduce(state, { type: "edit", file, text });
}

describe("a draft", () => {
  it("is sent once, and what is typed meanwhile is sent after it", () => {
    let state = edited(begin(kept(1)), "flow: a\ntitle: 1\n");
    expect(shouldSend(state)).toBe(true);
    state = edited(reduce(state, { type: "send" }), "flow: a\ntitle: 2\n");
    expect(shouldSend(state)).toBe(false);
    state = reduce(state, { type: "saved", draft: kept(2, { ...FILES, "a.yml": "flow: a\ntitle: 1\n" }) });
    expect(state.kept.revision).toBe(2);
    expect(state.files["a.yml"]).toBe("flow: a\ntitle: 2\n");
    expect(shouldSend(state)).toBe(true);
  });

  it("follows a colleague while nothing is written here", () => {
    const theirs = kept(4, { ...FILES, "a.yml": "flow: a\ntitle: Theirs\n" });
    const state = reduce(begin(kept(1)), { type: "seen", draft: theirs });
    expect(state.files).toEqual(theirs.files);
    expect(isDirty(state)).toBe(false);
    expect(state.theirs).toBeNull();
  });

  it("joins changes of different files without asking", () => {
    const mine = edited(begin(kept(1)), "flow: a\ntitle: Mine\n");
    const state = reduce(mine, { type: "seen", draft: kept(2, { ...FILES, "a.en.yml": "title: B\n" }) });
    expect(state.theirs).toBeNull();
    expect(state.files).toEqual({ "a.yml": "flow: a\ntitle: Mine\n", "a.en.yml": "title: B\n" });
    expect(shouldSend(state)).toBe(true);
  });

  it("asks when both changed the same file, and sends nothing until somebody decides", () => {
    const mine = reduce(edited(begin(kept(1)), "mine"), { type: "send" });
    const theirs = kept(2, { ...FILES, "a.yml": "theirs" });
    let state = reduce(mine, { type: "seen", draft: theirs });
    expect(state.theirs).toEqual(theirs);
    expect(state.files["a.yml"]).toBe("mine");
    expect(shouldSend(state)).toBe(false);
    state = edited(state, "mine, still typing");
    expect(shouldSend(state)).toBe(false);
    const decided = reduce(state, { type: "resolve", files: { ...FILES, "a.yml": "both" } });
    expect(decided.kept.revision).toBe(2);
    expect(shouldSend(decided)).toBe(true);
    const taken = reduce(state, { type: "resolve", files: theirs.files });
    expect(isDirty(taken)).toBe(false);
  });

  it("does not mistake its own earlier save for somebody else's", () => {
    const state = edited(begin(kept(3)), "mine");
    expect(reduce(state, { type: "seen", draft: kept(3) })).toEqual(state);
    expect(reduce(state, { type: "seen", draft: kept(2) })).toEqual(state);
  });

  it("keeps what was written when a save fails", () => {
    const state = reduce(reduce(edited(begin(kept(1)), "mine"), { type: "send" }), {
      type: "failed",
      reason: "network",
    });
    expect(state.failed).toBe("network");
    expect(shouldSend(state)).toBe(true);
    expect(reduce(state, { type: "saved", draft: kept(2, { ...FILES, "a.yml": "mine" }) }).failed).toBeNull();
  });

  it("joins additions and removals of files", () => {
    expect(joined({ a: "1" }, { a: "1", b: "2" }, { a: "1", c: "3" })).toEqual({ a: "1", b: "2", c: "3" });
    expect(joined({ a: "1", b: "2" }, { a: "1" }, { a: "9", b: "2" })).toEqual({ a: "9" });
    expect(joined({ a: "1" }, { a: "2" }, { a: "2" })).toEqual({ a: "2" });
    expect(joined({ a: "1" }, { a: "2" }, { a: "3" })).toBeNull();
  });

  it("puts the flow's own file first", () => {
    expect(sourcesOf({ "a.ru.yml": "", "a.en.yml": "", "a.yml": "x" }, "a.yml").map((one) => one.name)).toEqual([
      "a.yml",
      "a.en.yml",
      "a.ru.yml",
    ]);
  });
});
