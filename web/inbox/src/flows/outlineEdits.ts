/**
 * Edits of a flow's list of questions, as changes of its text.
 *
 * The text is the only truth: every edit is the smallest change of characters that does it, so that comments, blank
 * lines, quotes and the order of keys stay as their author wrote them, and the editor's undo takes it back.
 */
import { addEntry } from "@/flows/blocks";
import { type Effects, effectsMap, setEffects } from "@/flows/effects";
import { flowMap, setOptions, setSynonyms } from "@/flows/optionEdits";
import { dashBefore, listed, type Option, type Step } from "@/flows/outline";
import { isType } from "@/flows/vocabulary";
import {
  type Change,
  entryLines,
  joined,
  lineStart,
  read,
  setScalar,
  setValue,
  setWords,
  wordsOf,
} from "@/flows/yamlText";

export interface NewStep {
  kind: Step["kind"];
  id: string;
  type: string;
  text: string;
  options?: Option[];
  /** Of a `do`. */
  effects?: Partial<Effects>;
}

/** A step comes after the one at `after` (-1: first). */
export function addStep(text: string, after: number, step: NewStep): Change[] {
  return addEntry(text, "ask", after, (indent) => linesOf(step, indent));
}

function linesOf(step: NewStep, indent: number): string {
  const { kind, id, type, options, text } = step;
  const head = kind === "do" ? { do: effectsMap(step.effects ?? {}) } : { [kind]: id };
  const map: Record<string, unknown> = kind === "question" ? { [id]: type } : head;
  if (kind === "question") {
    if (text) map.text = text;
    if (options?.length) map.options = flowMap(options);
  }
  return entryLines(map, indent);
}

/** What a form of the outline changes; undefined leaves a key, an empty text removes it. */
export interface StepChange {
  type?: string;
  words?: string;
  text?: string;
  hint?: string;
  script?: string;
  if?: string;
  range?: string;
  optional?: boolean;
  options?: Option[];
  /** Words with commas between them, by code; an option without words has none. */
  synonyms?: Record<string, string>;
  save?: string;
  link?: string;
  max?: string;
  else?: string;
  alone?: string;
  accept?: string;
  as?: string;
  effects?: Partial<Effects>;
}

const ORDER = ["text", "script", "hint", "link", "options", "range", "optional", "save", "else", "as", "if"] as const;
const LISTS = ["alone", "accept"] as const;

/** The step at `index` changes. The id has its own verb, `renameStep`. */
export function changeStep(text: string, index: number, change: StepChange): Change[] {
  const map = listed(read(text), "ask")?.maps[index];
  const first = map?.items[0];
  if (!map || !first) return [];
  const dash = dashBefore(text, map.range?.[0] ?? 0);
  const indent = dash - lineStart(text, dash) + 2;
  const changes: Change[] = [];
  const head = change.type ?? change.words;
  if (head !== undefined && head !== wordsOf(first.value)) changes.push(...setValue(text, first, head, indent));
  for (const key of ORDER) {
    const value = change[key];
    if (value === undefined) continue;
    if (!Array.isArray(value)) changes.push(...setScalar(text, map, key, value, indent));
    else changes.push(...setOptions(text, map, value, indent));
  }
  for (const key of LISTS) {
    const value = change[key];
    if (value !== undefined) changes.push(...setWords(text, map, key, value, indent));
  }
  if (change.max !== undefined) changes.push(...setScalar(text, map, "max", change.max && Number(change.max), indent));
  if (change.synonyms) changes.push(...setSynonyms(text, map, change.synonyms, indent));
  if (change.effects) changes.push(...setEffects(text, first, change.effects, indent));
  return joined(changes);
}

/** An id that no question has yet. */
export function freeId(steps: Step[], wanted: string): string {
  const taken = new Set(steps.map((step) => step.id));
  if (!taken.has(wanted)) return wanted;
  let number = 2;
  while (taken.has(`${wanted}_${number}`)) number += 1;
  return `${wanted}_${number}`;
}

/** A type's first options, so that a new question is whole at once. */
export function startOptions(type: string, labels: [string, string]): Option[] {
  if (!isType(type) || (type !== "choice" && type !== "choices")) return [];
  return labels.map((label, at) => ({ code: `option_${at + 1}`, label }));
}
