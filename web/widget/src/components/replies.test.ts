import { expect, test } from "vitest";
import { toggled } from "./replies";

const ask = { type: "choices", multiple: true, max_choices: 2, alone: ["f:a:1:3"], request: null };

test("ticks and unticks", () => {
  expect(toggled([], "f:a:1:0", ask)).toEqual(["f:a:1:0"]);
  expect(toggled(["f:a:1:0"], "f:a:1:0", ask)).toEqual([]);
});

test("takes no more than allowed", () => {
  expect(toggled(["f:a:1:0", "f:a:1:1"], "f:a:1:2", ask)).toEqual(["f:a:1:0", "f:a:1:1"]);
  expect(toggled(["f:a:1:0", "f:a:1:1"], "f:a:1:2", { ...ask, max_choices: null })).toHaveLength(3);
});

test("a choice that stands alone clears the others, and any other clears it", () => {
  expect(toggled(["f:a:1:0", "f:a:1:1"], "f:a:1:3", ask)).toEqual(["f:a:1:3"]);
  expect(toggled(["f:a:1:3"], "f:a:1:1", ask)).toEqual(["f:a:1:1"]);
});
