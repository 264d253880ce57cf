import { expect, test } from "vitest";
import type { Channel } from "@/api/types";
import { NO_QUESTION, webChatForm, webChatSettings } from "@/manage/webchat";

const nameOf = (label: string) => label.toLowerCase();
const channel = (settings: Record<string, unknown>) => ({ settings }) as unknown as Channel;

test("a form that is saved as it is changes nothing", () => {
  const stored = {
    title: "Sample shop",
    subtitle: "We answer soon",
    accent: "#112233",
    allowed_domains: ["shop.example"],
    uploads: false,
    consent: "By writing you agree.",
    prechat: [{ name: "topic", label: "Topic", type: "choice", required: true, choices: ["Order", "Return"] }],
    hours: [
      { days: [1, 2], opens: "10:00", closes: "19:00" },
      { days: [6], opens: "11:00", closes: "15:00" },
    ],
    time_zone: "Europe/Moscow",
    offline_form: true,
    keep_page: true,
    identity_required: false,
    limits: { messages_per_minute: 5 },
  };
  expect(webChatSettings(webChatForm(channel(stored)), stored, nameOf)).toEqual(stored);
});

test("a question gets a name of its own, and one without words is none", () => {
  const prechat = [
    { ...NO_QUESTION, name: "phone", label: "Phone", type: "phone" },
    { ...NO_QUESTION, label: "Phone" },
    { ...NO_QUESTION, label: " " },
    { ...NO_QUESTION, label: "!", type: "choice", choices: "One\n\n Two " },
  ];
  const settings = webChatSettings({ ...webChatForm(null), prechat }, {}, (label) => (label === "!" ? "" : "phone"));
  expect(
    (settings.prechat as { name: string; choices: string[] }[]).map(({ name, choices }) => [name, choices]),
  ).toEqual([
    ["phone", []],
    ["phone_2", []],
    ["choice", ["One", "Two"]],
  ]);
});

test("without hours there is no form for outside of them", () => {
  const form = { ...webChatForm(null), timed: false, offline_form: true };
  expect(webChatSettings(form, {}, nameOf)).toMatchObject({ hours: [], offline_form: false });
});
