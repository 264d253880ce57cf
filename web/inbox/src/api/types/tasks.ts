/** Calls that were promised. */

export type TaskList = "mine" | "team" | "all";
export type TaskStatus = "open" | "done";

export const DISPOSITIONS = [
  "reached",
  "refused",
  "wrong_number",
  "not_needed",
  "no_answer",
  "busy",
  "answering_machine",
  "appointment",
] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

/** After these nobody calls again. */
export const ENDING = new Set<Disposition>(["reached", "refused", "wrong_number", "not_needed"]);

/** A call that was promised. */
export interface Task {
  id: string;
  conversation: string;
  contact: string;
  contact_name: string | null;
  seq: number;
  status: TaskStatus;
  phone: string;
  reason: string;
  page: string;
  wanted: string;
  wanted_at: string | null;
  zone: string;
  due_at: string;
  reminded_at: string | null;
  overdue_at: string | null;
  team: string | null;
  assignee: string | null;
  former: unknown[];
  attempts: { at: string; by_name: string; disposition: Disposition; note: string; moved_to: string | null }[];
  disposition: Disposition | null;
  created_at: string;
  done_at: string | null;
}

export interface TaskCounters {
  mine: number;
  team: number;
  all: number;
  overdue: number;
  now: string;
}

/** What an activity did to a task. */
export interface TaskMark {
  task: string;
  did: "created" | "renewed" | "taken" | "assigned" | "moved" | "done" | "reminded" | "overdue";
  phone: string;
  due_at: string;
  disposition: Disposition | null;
  note: string;
  assignee: string | null;
  team: string | null;
}
