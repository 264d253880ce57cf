/** The questions of a flow, its outcomes and its score, as its text has them. */
import { type Document, isMap, isSeq, type YAMLMap, type YAMLSeq } from "yaml";
import { type Effects, effectsOf } from "@/flows/effects";
import { isStepWord, type StepWord } from "@/flows/vocabulary";
import { keyOf, listOf, pairOf, read, wordsOf } from "@/flows/yamlText";

export interface Option {
  code: string;
  label: string;
}

export interface Step {
  kind: "question" | StepWord;
  /** The question's id; for a heading or a sentence the words themselves. */
  id: string;
  type: string;
  text: string;
  hint: string;
  script: string;
  condition: string;
  range: string;
  optional: boolean;
  save: string;
  link: string;
  max: string;
  /** The outcome that a "no" leads to. */
  else: string;
  /** With commas between them: options that clear the others, kinds of files. */
  alone: string;
  accept: string;
  options: Option[];
  /** Further words for each option, with commas between them, by code. */
  synonyms: Record<string, string>;
  /** Of a `do`: what it causes. */
  effects: Effects;
  /** Of a `use`: what stands before the names of its questions, where it is not the flow's own name. */
  as: string;
  /** Keys in the order of the text, without the first. */
  keys: string[];
  /** Where the step begins (its dash), counted from 0. */
  at: number;
  line: number;
}

export interface Outcome {
  name: string;
  condition: string;
  say: string;
  effects: Effects;
  at: number;
  line: number;
}

export interface Outline {
  name: string;
  title: string;
  steps: Step[];
  outcomes: Outcome[];
  score: { condition: string; points: number }[];
  /** Whether the list can be edited here: it is written as a block, and the text has no YAML fault. */
  editable: boolean;
  /** The same of the outcomes. */
  endsEditable: boolean;
}

function lineOf(text: string, at: number): number {
  let line = 1;
  for (let index = text.indexOf("\n"); index !== -1 && index < at; index = text.indexOf("\n", index + 1)) line += 1;
  return line;
}

/** The lists of a flow whose entries are edited as cards. */
export type Section = "ask" | "outcomes";

/** The entries of a list with where each stands; null when there is none. */
export function listed(document: Document.Parsed, section: Section): { seq: YAMLSeq; maps: YAMLMap[] } | null {
  const root = document.contents;
  const seq = isMap(root) ? pairOf(root, section)?.value : null;
  if (!isSeq(seq)) return null;
  return { seq, maps: seq.items.filter((item): item is YAMLMap => isMap(item)) };
}

export function outlineOf(text: string): Outline {
  const document = read(text);
  const root = document.contents;
  const outline: Outline = {
    name: "",
    title: "",
    steps: [],
    outcomes: [],
    score: [],
    editable: false,
    endsEditable: false,
  };
  if (!isMap(root)) return outline;
  outline.name = wordsOf(pairOf(root, "flow")?.value);
  outline.title = wordsOf(pairOf(root, "title")?.value);
  const found = listed(document, "ask");
  outline.steps = found?.maps.map((map) => stepOf(text, map)) ?? [];
  const readable = document.errors.length === 0 && !root.flow;
  outline.editable = readable && isBlock(document, "ask");
  outline.endsEditable = readable && isBlock(document, "outcomes");
  outline.outcomes = outcomesOf(text, pairOf(root, "outcomes")?.value);
  const score = pairOf(root, "score")?.value;
  if (isMap(score)) {
    outline.score = score.items.map((pair) => ({ condition: keyOf(pair), points: Number(wordsOf(pair.value)) || 0 }));
  }
  return outline;
}

/** Whether a list is written line by line, or not there yet. */
function isBlock(document: Document.Parsed, section: Section): boolean {
  const found = listed(document, section);
  if (found) return !found.seq.flow && found.maps.length === found.seq.items.length;
  return isMap(document.contents) && !pairOf(document.contents, section)?.value;
}

function stepOf(text: string, map: YAMLMap): Step {
  const [first, ...rest] = map.items;
  const word = first ? keyOf(first) : "";
  const value = (key: string) => wordsOf(pairOf(map, key)?.value);
  const at = dashBefore(text, map.range?.[0] ?? 0);
  const own = isStepWord(word);
  return {
    kind: own ? word : "question",
    id: own ? wordsOf(first?.value) || flowText(first?.value) : word,
    type: own ? "" : wordsOf(first?.value),
    text: value("text"),
    hint: value("hint"),
    script: value("script"),
    condition: value("if"),
    range: value("range"),
    optional: value("optional") === "true",
    save: value("save"),
    link: value("link"),
    max: value("max"),
    else: value("else"),
    alone: listOf(pairOf(map, "alone")?.value),
    accept: listOf(pairOf(map, "accept")?.value),
    options: optionsOf(pairOf(map, "options")?.value),
    synonyms: synonymsOf(pairOf(map, "synonyms")?.value),
    effects: effectsOf(word === "do" ? first?.value : null),
    as: value("as"),
    keys: rest.map(keyOf),
    at,
    line: lineOf(text, at),
  };
}

function flowText(node: unknown): string {
  if (!isMap(node)) return "";
  return node.items.map((pair) => `${keyOf(pair)}: ${wordsOf(pair.value) || "…"}`).join(", ");
}

export function optionsOf(node: unknown): Option[] {
  if (isMap(node)) return node.items.map((pair) => ({ code: keyOf(pair), label: wordsOf(pair.value) }));
  return [];
}

export function synonymsOf(node: unknown): Record<string, string> {
  if (!isMap(node)) return {};
  return Object.fromEntries(node.items.map((pair) => [keyOf(pair), listOf(pair.value)]));
}

function outcomesOf(text: string, node: unknown): Outcome[] {
  if (!isSeq(node)) return [];
  return node.items.filter(isMap).map((map) => {
    const first = map.items[0];
    const at = dashBefore(text, map.range?.[0] ?? 0);
    const name = first ? keyOf(first) : "";
    return {
      name,
      condition: wordsOf(first?.value),
      say: wordsOf(pairOf(map, "say")?.value),
      effects: effectsOf(pairOf(map, "do")?.value),
      at,
      line: lineOf(text, at),
    };
  });
}

export function dashBefore(text: string, at: number): number {
  const dash = text.lastIndexOf("-", at);
  return dash === -1 ? at : dash;
}
