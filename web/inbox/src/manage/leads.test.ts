import { describe, expect, it } from "vitest";
import { badRegion, badSender, leadForms, leadSettings, NO_LEAD } from "@/manage/leads";

const STORED = [
  { sender: "@widget.example", subject: "звонок", region: "KZ", within_s: 30, labels: { "Ваш номер": "phone" } },
];

describe("mails that report who wants to be called", () => {
  it("come back as they were stored", () => {
    expect(leadSettings(leadForms(STORED))).toEqual(STORED);
  });

  it("have defaults where nothing was said", () => {
    expect(leadForms([{ sender: "a@b.example" }])).toEqual([{ ...NO_LEAD, sender: "a@b.example" }]);
    expect(leadForms(undefined)).toEqual([]);
    expect(leadForms([null, 1])).toEqual([]);
  });

  it("leave out what was never written", () => {
    const forms = [NO_LEAD, { ...NO_LEAD, sender: " @b.example ", labels: [{ label: " ", to: "phone" }] }];
    expect(leadSettings(forms)).toEqual([
      { sender: "@b.example", subject: "", region: "RU", within_s: null, labels: {} },
    ]);
  });

  it("come from an address or a domain", () => {
    expect(["", "@widget.example", "a@widget.example"].map(badSender)).toEqual([false, false, false]);
    expect(["widget.example", "a b@c.example", "@a"].map(badSender)).toEqual([true, true, true]);
    expect(["RU", "ru", "R", ""].map(badRegion)).toEqual([false, true, true, true]);
  });
});
