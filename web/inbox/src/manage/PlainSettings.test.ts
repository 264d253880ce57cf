import { expect, test } from "vitest";
import type { Channel } from "@/api/types";
import { PLAIN_KINDS } from "@/manage/kinds";
import { plainForm, plainSettings } from "@/manage/PlainSettings";

const fields = PLAIN_KINDS.jivochat_agents ?? [];

test("a secret that is not typed stays as it is stored, and nothing of it is shown", () => {
  const before = { channels: ["a", "b"], sends: 3 };
  const form = plainForm(fields, { settings: { ...before, token: "never sent" } } as unknown as Channel);
  expect(form).toEqual({ chat_url: "", token: "", channels: "a b" });
  expect(plainSettings(fields, { ...form, channels: "b" }, before)).toEqual({ channels: ["b"], sends: 3 });
  expect(plainSettings(fields, { ...form, token: " new " }, before)).toEqual({ ...before, token: "new" });
});

test("an empty text is no setting", () => {
  const generic = PLAIN_KINDS.generic ?? [];
  expect(plainSettings(generic, { webhook: "", secret: "" }, { webhook: "sms" })).toEqual({ webhook: null });
});
