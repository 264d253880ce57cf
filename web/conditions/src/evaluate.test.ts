import { describe, expect, test } from "vitest";
import table from "../../../tests/flows/cases/conditions.json";
import { evaluate } from "./evaluate";
import type { Facts, Tree } from "./tree";

type Row = { if: string; tree: Tree | boolean; cases: [Facts, boolean][] };

describe("the table of cases that the server passes too", () => {
  test.each(table.holds as unknown as Row[])("$if", ({ tree, cases }) => {
    for (const [facts, expected] of cases) expect(evaluate(tree, facts), JSON.stringify(facts)).toBe(expected);
  });
});

test("an id that every object has is missing until it is answered", () => {
  expect(evaluate(["answered", "constructor"], {})).toBe(false);
  expect(evaluate(["answered", "constructor"], { constructor: "x" })).toBe(true);
});

test("an operator of a newer server is an error and not a guess", () => {
  expect(() => evaluate(["matches", ["answer", "pain"], "x"], { pain: "x" })).toThrow("load the page again");
});
