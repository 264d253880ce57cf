import { describe, expect, it } from "vitest";
import { VIEWS } from "@/api/types";
import { inView } from "@/live/views";
import { conversation, ME, moment } from "@/test_data";

function viewsOf(given: Parameters<typeof conversation>[1]) {
  return VIEWS.filter((view) => inView(conversation("c", given), view, ME));
}

describe("the views a conversation stands in", () => {
  it("shows a waiting conversation of the queue where work is", () => {
    expect(viewsOf({ waiting_since: moment(1) })).toEqual(["unattended", "unassigned", "all"]);
  });
  it("never hides what the bot holds, and never calls it unattended", () => {
    expect(viewsOf({ control: "bot", waiting_since: moment(1) })).toEqual(["bot", "all"]);
  });
  it("shows mine to me alone", () => {
    expect(viewsOf({ control: "operator", assignee: ME })).toEqual(["mine", "all"]);
    expect(viewsOf({ control: "operator", assignee: "other" })).toEqual(["all"]);
  });
  it("shows an answered one of mine that waits again as unattended too", () => {
    expect(viewsOf({ control: "operator", assignee: ME, waiting_since: moment(1) })).toEqual([
      "unattended",
      "mine",
      "all",
    ]);
  });
  it.each(["snoozed", "resolved"] as const)("shows %s in its own view and in all, whoever holds it", (status) => {
    expect(viewsOf({ status, assignee: ME, waiting_since: moment(1) })).toEqual(["all", status]);
  });
  it("shows spam nowhere else", () => {
    expect(viewsOf({ status: "spam", assignee: ME })).toEqual(["spam"]);
  });
});
