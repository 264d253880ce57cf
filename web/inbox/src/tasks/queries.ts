/** The queries of tasks. The feed says when they are to be read again: a task comes rarely, and lists are short. */
import { infiniteQueryOptions, type QueryClient, queryOptions } from "@tanstack/react-query";
import { api } from "@/api/calls";
import type { Task, TaskList, TaskStatus } from "@/api/types";

export const TASKS = ["tasks"] as const;
const LIVE = { staleTime: Number.POSITIVE_INFINITY, gcTime: 10 * 60_000 };

export function tasksOptions(whose: TaskList, status: TaskStatus) {
  return infiniteQueryOptions({
    queryKey: [...TASKS, "list", whose, status] as const,
    queryFn: ({ pageParam, signal }) => api.tasks(whose, status, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    ...LIVE,
  });
}

export function tasksOfOptions(conversation: string) {
  return queryOptions({
    queryKey: [...TASKS, "of", conversation] as const,
    queryFn: ({ signal }) => api.tasksOf(conversation, signal),
    ...LIVE,
  });
}

/** Counters, with how far the hub's clock is ahead of this browser's: countdowns are by the hub's. */
export function taskCountersOptions() {
  return queryOptions({
    queryKey: [...TASKS, "counters"] as const,
    queryFn: async ({ signal }) => {
      const asked = Date.now();
      const counters = await api.taskCounters(signal);
      return { ...counters, ahead: Date.parse(counters.now) - (asked + Date.now()) / 2 };
    },
    ...LIVE,
  });
}

export function rereadTasks(client: QueryClient): void {
  void client.invalidateQueries({ queryKey: TASKS });
}

/** What a change means to somebody who should know at once: it is new, due soon, or late; null for all else. */
export function newsOf(task: Task, now: number): "new" | "soon" | "overdue" | null {
  const just = (iso: string | null) => iso !== null && Math.abs(now - Date.parse(iso)) < 15_000;
  if (task.status !== "open") return null;
  if (just(task.overdue_at)) return "overdue";
  if (just(task.reminded_at)) return "soon";
  return task.attempts.length === 0 && task.former.length === 0 && just(task.created_at) ? "new" : null;
}
