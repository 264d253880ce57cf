import { describe, expect, it } from "vitest";
import { withRange } from "@/inbox/useChosen";

const ids = ["a", "b", "c", "d", "e"];

describe("a range of chosen conversations", () => {
  it("goes both ways, and keeps what was chosen before", () => {
    expect([...withRange(new Set(["e"]), ids, "a", "c")].sort()).toEqual(["a", "b", "c", "e"]);
    expect([...withRange(new Set(["d"]), ids, "d", "b")].sort()).toEqual(["b", "c", "d"]);
  });

  it("is the one alone where nothing was chosen before it, or that is gone", () => {
    expect([...withRange(new Set(), ids, null, "c")]).toEqual(["c"]);
    expect([...withRange(new Set(["b"]), ids, "gone", "c")]).toEqual(["b", "c"]);
  });
});
