/** Edits of a flow's outcomes, as changes of its text. */
import { addEntry } from "@/flows/blocks";
import { causesNothing, type Effects, effectsMap, effectsOf, setEffects } from "@/flows/effects";
import { dashBefore, listed, type Outcome, type Outline } from "@/flows/outline";
import {
  addPair,
  type Change,
  entryLines,
  joined,
  lineStart,
  pairOf,
  read,
  removePair,
  setScalar,
  setValue,
  wordsOf,
} from "@/flows/yamlText";

/** An outcome comes before the last one, `else`; into an empty list comes that one. */
export function addOutcome(text: string, outline: Outline, name: string): Change[] {
  const { outcomes } = outline;
  const last = outcomes.length - 1;
  const condition = outcomes.length === 0 ? "else" : firstCondition(outline);
  const after = outcomes[last]?.condition === "else" ? last - 1 : last;
  return addEntry(text, "outcomes", after, (indent) => entryLines({ [name]: condition }, indent));
}

/** Something true of this flow that its author can change. */
function firstCondition({ score, steps }: Outline): string {
  const question = steps.findLast((step) => step.kind === "question");
  return score.length > 0 || !question ? "score >= 10" : `answered(${question.id})`;
}

/** A name that no outcome and no question has yet. */
export function freeName({ outcomes, steps }: Outline, wanted: string): string {
  const taken = new Set([...outcomes.map((outcome) => outcome.name), ...steps.map((step) => step.id)]);
  let name = wanted;
  for (let number = 2; taken.has(name); number += 1) name = `${wanted}_${number}`;
  return name;
}

export interface OutcomeChange {
  condition?: string;
  say?: string;
  effects?: Partial<Effects>;
}

/** The outcome at `index` changes. Its name has its own verb, `renameOutcome`. */
export function changeOutcome(text: string, index: number, change: OutcomeChange): Change[] {
  const map = listed(read(text), "outcomes")?.maps[index];
  const first = map?.items[0];
  if (!map || !first) return [];
  const dash = dashBefore(text, map.range?.[0] ?? 0);
  const indent = dash - lineStart(text, dash) + 2;
  const changes: Change[] = [];
  const { condition, say, effects } = change;
  if (condition && condition !== wordsOf(first.value)) changes.push(...setValue(text, first, condition, indent));
  if (say !== undefined) changes.push(...setScalar(text, map, "say", say, indent));
  if (effects) {
    const pair = pairOf(map, "do");
    const wanted = { ...effectsOf(pair?.value), ...effects };
    if (pair && causesNothing(wanted)) changes.push(removePair(text, pair, indent));
    else if (pair) changes.push(...setEffects(text, pair, effects, indent));
    else if (!causesNothing(wanted)) changes.push(addPair(text, map, "do", effectsMap(wanted), indent));
  }
  return joined(changes);
}

/** Whether an outcome may stand in another's place: the last one is for everybody else. */
export function mayMove(outcomes: Outcome[], from: number, to: number): boolean {
  const [one, other] = [outcomes[from], outcomes[to]];
  return one !== undefined && other !== undefined && one.condition !== "else" && other.condition !== "else";
}
