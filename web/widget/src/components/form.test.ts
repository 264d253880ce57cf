import { expect, it } from "vitest";
import type { Field } from "../protocol";
import { check } from "./form";

const field: Field = { name: "name", label: "Name", type: "text", required: true, choices: [] };

it.each([
  ["", "need"],
  ["x".repeat(1000), ""],
  ["x".repeat(1001), "too_long"],
  ["🎉".repeat(1000), ""],
])("checks an answer as the hub will", (answer, fault) => {
  expect(check(field, answer)).toBe(fault);
});

it("measures the message itself with the channel's limit", () => {
  expect(check(field, "x".repeat(1001), 4000)).toBe("");
  expect(check(field, "x".repeat(4001), 4000)).toBe("too_long");
});
