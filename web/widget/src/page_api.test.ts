import { afterEach, expect, it, vi } from "vitest";
import type { Chat } from "./chat";
import { pageApi } from "./page_api";

afterEach(() => vi.unstubAllGlobals());

it("goes on with the queue after a call that fails or does not exist, and reports each", () => {
  const reported = vi.fn();
  vi.stubGlobal("reportError", reported);
  const setFields = (values: Record<string, unknown>) => Object.entries(values);
  const on = vi.fn();
  const api = pageApi({ setFields, on } as unknown as Chat, () => {});
  api.push(["setFields", null], ["nonsense"], ["on", "message", () => {}]);
  expect(on).toHaveBeenCalledOnce();
  expect(reported).toHaveBeenCalledTimes(2);
});
