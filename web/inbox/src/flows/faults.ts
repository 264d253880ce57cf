/** Which card a finding of the check belongs to. */
import type { Outline } from "@/flows/outline";
import { placeOf } from "@/flows/problems";
import type { Problem } from "@/flows/types";

export interface Faults {
  count: number;
  broken: boolean;
}

const NONE: Faults = { count: 0, broken: false };

/** The findings of each step and each outcome: one belongs to the last entry that begins before it. */
export function faultsByEntry(
  text: string,
  outline: Outline,
  problems: Problem[],
): { steps: Faults[]; outcomes: Faults[] } {
  const entries = [...outline.steps, ...outline.outcomes].sort((one, other) => one.at - other.at);
  const found = new Map<unknown, Faults>();
  for (const problem of problems) {
    const { from } = placeOf(text, problem);
    const entry = entries.findLast((one) => one.at <= from);
    const { count, broken } = found.get(entry) ?? NONE;
    found.set(entry, { count: count + 1, broken: broken || problem.severity === "error" });
  }
  const counted = (list: unknown[]) => list.map((entry) => found.get(entry) ?? NONE);
  return { steps: counted(outline.steps), outcomes: counted(outline.outcomes) };
}
