import { expect, it } from "vitest";
import { backoff, refusal } from "./transport";

it("waits longer after each failure, never in step with others, and never for long", () => {
  expect([backoff(1, 0), backoff(1, 1), backoff(3, 1)]).toEqual([350, 700, 2800]);
  expect(backoff(50, 1)).toBe(30_000);
});

it.each([
  [429, "rate", "7", { code: "rate", retry_after_s: 7 }],
  [503, "unavailable", "2", { code: "busy", retry_after_s: 2 }],
  [400, "too_long", null, { code: "too_long" }],
])("says a refusal over HTTP as the socket would (%i)", (status, code, retryAfter, expected) => {
  const nack = refusal("id", status, { code, detail: "No." }, retryAfter);
  expect(nack).toMatchObject({ type: "nack", id: "id", detail: "No.", ...expected });
});

it.each([401, 403, 404, 500, 502])("takes %i for a fault of the line, so that the message goes out again", (status) => {
  expect(refusal("id", status, { code: "x", detail: "" }, null)).toBeUndefined();
});
