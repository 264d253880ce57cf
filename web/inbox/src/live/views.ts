/** Which conversations stand in which list, and in which order: the same rule as `hub/model/views.py`. */
import type { Conversation, View } from "@/api/types";

/** Whether a conversation stands in a view of the operator `me`. Work that the bot holds stands in `bot` and `all`. */
export function inView(conversation: Conversation, view: View, me: string): boolean {
  const { status, control, assignee, waiting_since: waiting } = conversation;
  const open = status === "open";
  switch (view) {
    case "all":
      return status !== "spam";
    case "snoozed":
    case "resolved":
    case "spam":
      return status === view;
    case "mine":
      return open && assignee === me;
    case "bot":
      return open && control === "bot";
    case "unattended":
      return open && control !== "bot" && waiting !== null;
    case "unassigned":
      return open && control === "queue" && assignee === null;
  }
}

/** Where something stands in a sorted list: a time in milliseconds, then the id. */
export interface Rank {
  at: number;
  id: string;
}

export function rankOf(conversation: Conversation, view: View): Rank {
  const at = view === "unattended" ? conversation.waiting_since : conversation.last_activity_at;
  return { at: at === null ? 0 : Date.parse(at), id: conversation.id };
}

/** Below zero when `a` stands above `b`: longest waiting first in `unattended`, else the newest activity first. */
export function compareRanks(a: Rank, b: Rank, view: View): number {
  const order = a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  return view === "unattended" ? order : -order;
}
