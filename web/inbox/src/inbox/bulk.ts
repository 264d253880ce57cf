/** One action for several conversations: each is a request of its own, and what one of them refuses stops no other. */
import type { Action } from "@/api/calls";
import { ApiError } from "@/api/client";
import type { Conversation } from "@/api/types";

/** How many are chosen at most. */
export const MOST = 100;
const AT_ONCE = 4;
const TRIES = 4;
const LONGEST_WAIT_S = 20;

export interface Done {
  before: Conversation;
  after: Conversation;
}

export interface Refused {
  conversation: Conversation;
  error: unknown;
}

export interface Outcome {
  done: Done[];
  refused: Refused[];
}

/** What is done to a conversation; null where nothing is to be done to it. */
export type Step = (conversation: Conversation) => Action | null;
export type Perform = (id: string, action: Action) => Promise<Conversation>;

/** Carry a step out on each as it is now (`read`), some at once. `progress` hears of each that is over. */
export async function inTurns(
  conversations: Conversation[],
  step: Step,
  perform: Perform,
  progress: (over: number) => void = () => {},
  wait: (seconds: number) => Promise<void> = sleep,
  read: (conversation: Conversation) => Promise<Conversation> = async (conversation) => conversation,
): Promise<Outcome> {
  const outcome: Outcome = { done: [], refused: [] };
  const left = [...conversations];
  let over = 0;
  const work = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const known = next;
      try {
        const before = await patiently(() => read(known), wait);
        const action = step(before);
        if (action) outcome.done.push({ before, after: await patiently(() => perform(before.id, action), wait) });
      } catch (error) {
        outcome.refused.push({ conversation: known, error });
      }
      progress(++over);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return outcome;
}

/** Where the hub asks to come later, that is no refusal. */
async function patiently<R>(ask: () => Promise<R>, wait: (seconds: number) => Promise<void>): Promise<R> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (tries === TRIES || !(error instanceof ApiError) || error.status !== 429) throw error;
      await wait(Math.min(error.retryAfterS ?? 1, LONGEST_WAIT_S));
    }
  }
}

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

/** The action that leads back from `after` to `before`; null where there is none that does. */
export function undoOf({ before, after }: Done, now: number = Date.now()): Action | null {
  const moved = before.assignee !== after.assignee || before.team !== after.team;
  if (before.status !== after.status || before.snoozed_until !== after.snoozed_until)
    return moved ? null : backTo(before, after, now);
  if (moved || before.control !== after.control) return backToHolder(before, after);
  if (before.tags.join("\n") !== after.tags.join("\n")) return { action: "tags", tags: before.tags };
  return null;
}

const isActive = ({ status }: Conversation) => status === "open" || status === "snoozed";

/** Back to the former status. What the bot led does not go on by itself where it stopped. */
function backTo(before: Conversation, after: Conversation, now: number): Action | null {
  if (before.control === "bot") return null;
  // Whoever waited when it was closed waits again; the hub refuses once something has happened since.
  if (!isActive(after) && isActive(before)) return { action: "reopen", undo: after.seq };
  switch (before.status) {
    case "open":
      return { action: "reopen" };
    case "snoozed":
      if (before.snoozed_until && Date.parse(before.snoozed_until) <= now) return { action: "reopen" };
      return { action: "snooze", until: before.snoozed_until };
    case "resolved":
      return { action: "resolve" };
    case "spam":
      return { action: "spam" };
  }
}

function backToHolder(before: Conversation, after: Conversation): Action | null {
  if (before.control === "bot" || (before.team === null && after.team !== null)) return null;
  if (before.assignee) return { action: "assign", operator: before.assignee, team: before.team };
  return before.team ? { action: "assign", team: before.team } : { action: "hand_back", to: "queue" };
}
