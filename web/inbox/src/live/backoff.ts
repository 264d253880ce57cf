/** How long to wait before the next try: full jitter, so that a thousand inboxes do not come back at once. */

const FIRST_MS = 500;
const LONGEST_MS = 15_000;

/** Milliseconds before try number `attempt` (0, 1, ...); `random` gives 0..1. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 10));
  return Math.round(200 + random() * ceiling);
}
