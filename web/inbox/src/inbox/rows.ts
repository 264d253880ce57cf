/** The rows of a thread: messages with day marks, quiet lines for activities, and what is still on its way. */
import type { Activity, Message } from "@/api/types";
import type { Thread } from "@/live/cache";
import type { Pending } from "@/state/outbox";

export type Row =
  | { kind: "day"; key: string; at: string }
  | { kind: "unread"; key: string }
  | { kind: "message"; key: string; message: Message; first: boolean; last: boolean }
  | { kind: "activity"; key: string; activity: Activity }
  | { kind: "pending"; key: string; pending: Pending };

/** Messages of one author that follow within this time stand together. */
const TOGETHER_MS = 5 * 60_000;

function dayOf(iso: string): string {
  return new Date(iso).toDateString();
}

function together(a: Message | undefined, b: Message | undefined): boolean {
  if (!a || !b) return false;
  return (
    a.direction === b.direction &&
    a.author.kind === b.author.kind &&
    a.author.id === b.author.id &&
    Date.parse(b.created_at) - Date.parse(a.created_at) < TOGETHER_MS &&
    dayOf(a.created_at) === dayOf(b.created_at)
  );
}

/** `unreadAfter`: the position up to which the viewer had read when the conversation was opened, or null. */
export function rowsOf(thread: Thread, pending: Pending[], unreadAfter: number | null): Row[] {
  const rows: Row[] = [];
  const after = new Map<number, Activity[]>();
  for (const activity of thread.activities) {
    after.set(activity.position, [...(after.get(activity.position) ?? []), activity]);
  }
  let day = "";
  const mark = (at: string) => {
    if (dayOf(at) === day) return;
    day = dayOf(at);
    rows.push({ kind: "day", key: `day-${day}`, at });
  };
  const activitiesAt = (position: number) => {
    for (const activity of after.get(position) ?? []) {
      mark(activity.decided_at);
      rows.push({ kind: "activity", key: activity.id, activity });
    }
  };

  const firstPosition = thread.items[0]?.position ?? 1;
  activitiesAt(firstPosition - 1);
  let divided = unreadAfter === null;
  for (const [index, message] of thread.items.entries()) {
    mark(message.created_at);
    if (!divided && unreadAfter !== null && message.position > unreadAfter && message.direction === "in") {
      divided = true;
      rows.push({ kind: "unread", key: "unread" });
    }
    const previous = after.has(message.position - 1) ? undefined : thread.items[index - 1];
    const next = after.has(message.position) ? undefined : thread.items[index + 1];
    const first = !together(previous, message);
    rows.push({ kind: "message", key: message.id, message, first, last: !together(message, next) });
    activitiesAt(message.position);
  }
  for (const item of pending) {
    mark(item.createdAt);
    rows.push({ kind: "pending", key: item.key, pending: item });
  }
  return rows;
}
