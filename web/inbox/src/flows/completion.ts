/**
 * What may stand at a place of a flow's text: keys, types, ids, option codes, by context.
 *
 * The text is broken most of the time while somebody types, so the context is read from the lines above by their
 * indentation; only the facts (which questions there are, with which options) come from the parsed text.
 */
import type { Outline, Step } from "@/flows/outline";
import {
  BARE_EFFECTS,
  COMMANDS,
  CONTACT_FIELDS,
  EFFECTS,
  FILE_KINDS,
  FLOW_KEYS,
  FUNCTIONS,
  mayHave,
  PRIORITIES,
  QUESTION_KEYS,
  STEP_WORDS,
  TYPES,
} from "@/flows/vocabulary";

export type ChoiceKind = "key" | "type" | "id" | "option" | "value" | "function";

export interface Choice {
  label: string;
  kind: ChoiceKind;
  /** What a person would call it: the question's text, the option's label. */
  detail?: string;
  /** What is put in, when it is more than the label. */
  insert?: string;
}

export interface Completion {
  /** Where the word that is being typed begins. */
  from: number;
  choices: Choice[];
}

/** What the text itself does not say. */
export interface Surroundings {
  flows: string[];
  teams: string[];
  stages: string[];
  webhooks: string[];
}

export const NOTHING: Surroundings = { flows: [], teams: [], stages: [], webhooks: [] };

interface Line {
  indent: number;
  /** The column of what follows the dash; the same as `indent` without one. */
  column: number;
  dash: boolean;
  key: string;
  rest: string;
}

const LINE = /^(\s*)(- +|-$)?(?:("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s:#"'][^:#]*?)\s*:(?:\s+|$))?(.*)$/;

function readLine(line: string): Line {
  const [, space = "", dash = "", key = "", rest = ""] = LINE.exec(line) ?? [];
  return { indent: space.length, column: space.length + dash.length, dash: dash !== "", key: unquoted(key), rest };
}

function unquoted(key: string): string {
  return /^["']/.test(key) ? key.slice(1, -1) : key;
}

interface Place {
  before: string;
  line: Line;
  /** The keys above, from the outermost: `ask`, `role`, `options`. A list's item counts by its first key. */
  path: string[];
  /** Keys that the same mapping has already. */
  siblings: Set<string>;
  lineNumber: number;
}

function placeOf(text: string, at: number): Place {
  const lines = text.slice(0, at).split("\n");
  const before = lines.pop() ?? "";
  const line = readLine(before);
  const path: string[] = [];
  const siblings = new Set<string>();
  // Either the mapping whose keys stand at `column`, or the list whose dashes stand at `dash`, is being walked up.
  let column = line.column;
  let dash = line.dash ? line.indent : null;
  for (const raw of [...lines].reverse()) {
    if (!raw.trim() || raw.trimStart().startsWith("#")) continue;
    const above = readLine(raw);
    if (dash !== null) {
      if (above.dash || !above.key || above.indent > dash) continue;
      path.unshift(above.key);
      column = above.column;
      dash = null;
    } else if (above.column === column) {
      if (path.length === 0 && above.key) siblings.add(above.key);
      if (!above.dash) continue;
      path.unshift(above.key);
      dash = above.indent;
    } else if (above.column < column && above.key) {
      path.unshift(above.key);
      column = above.column;
      dash = above.dash ? above.indent : null;
    }
  }
  return { before, line, path, siblings, lineNumber: lines.length + 1 };
}

/** What may be put at `at`; null when nothing is known. */
export function completionsAt(text: string, at: number, outline: Outline, around: Surroundings): Completion | null {
  const place = placeOf(text, at);
  if (/^\s*#/.test(place.before) || /\s#/.test(outsideQuotes(place.before))) return null;
  const lineAfter = text.slice(at).split("\n", 1)[0] ?? "";
  // Keys below the cursor are taken, too.
  for (const key of keysBelow(text, at, place.line)) place.siblings.add(key);
  if (place.line.key || / *- *[^\s:]+: ?$/.test(place.before)) return valueAt(place, at, outline, around);
  if (lineAfter.trim() !== "" && !/^[\w]*\s*:/.test(lineAfter)) return null;
  return keyAt(place, at, outline);
}

function outsideQuotes(line: string): string {
  return line.replace(/"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'/g, (quoted) => "x".repeat(quoted.length));
}

function keysBelow(text: string, at: number, line: Line): string[] {
  const keys: string[] = [];
  for (const raw of text.slice(at).split("\n").slice(1)) {
    if (!raw.trim() || raw.trimStart().startsWith("#")) continue;
    const below = readLine(raw);
    if (below.column < line.column || below.dash) break;
    if (below.column === line.column && below.key) keys.push(below.key);
  }
  return keys;
}

function wordBefore(before: string): string {
  return /[\w.]*$/.exec(before)?.[0] ?? "";
}

function keys(words: readonly string[], taken: Set<string>): Choice[] {
  return words
    .filter((word) => !taken.has(word))
    .map((word) => ({ label: word, kind: "key" as const, insert: `${word}: ` }));
}

function keyAt({ before, line, path, siblings }: Place, at: number, outline: Outline): Completion | null {
  const typed = wordBefore(before);
  const from = at - typed.length;
  const give = (choices: Choice[]): Completion | null => (choices.length ? { from, choices } : null);
  const [section, item, inner] = path;
  if (section === "score" || path.at(-1) === "check") {
    return give(expression(before.slice(line.column), outline, Number.POSITIVE_INFINITY));
  }
  const head = before.slice(0, from - at || undefined).trim();
  if (head !== "" && head !== "-") return null;
  if (path.length === 0) return line.dash ? null : give(keys(FLOW_KEYS, siblings));
  if (section === "ask" && line.dash) {
    const words = STEP_WORDS.map((word) => ({ label: word, kind: "key" as const, insert: `${word}: ` }));
    return give([...words, ...TYPES.map((type) => newQuestion(type, outline))]);
  }
  if (section === "ask" && item && inner === undefined) {
    const type = outline.steps.find((step) => step.id === item)?.type ?? "";
    const fitting = QUESTION_KEYS.filter((key) => mayHave(type, key));
    return give(keys(fitting, siblings));
  }
  if (section === "ask" && item && inner === "synonyms") {
    return give(
      codeKeys(
        outline.steps.find((step) => step.id === item),
        siblings,
      ),
    );
  }
  if (section === "outcomes" && item && inner === undefined) return give(keys(["say", "do"], siblings));
  if (path.at(-1) === "do") return give(keys(EFFECTS, siblings));
  if (path.at(-1) === "retry") return give(keys(["times", "then"], siblings));
  if (section === "silence") return give(keys(["remind", "close", "quiet"], siblings));
  if (section === "start") return give(keys(["words", "form", "calls"], siblings));
  if (section === "commands" && item === undefined) return give(keys(COMMANDS, siblings));
  if (section === "commands") return give(keys(["words", "do"], siblings));
  return null;
}

function newQuestion(type: string, outline: Outline): Choice {
  const taken = new Set(outline.steps.map((step) => step.id));
  let id = type === "text" ? "answer" : type;
  for (let number = 2; taken.has(id); number += 1) id = `${type}_${number}`;
  const options = type === "choice" || type === "choices" ? "\n  options: {}" : "";
  return { label: `${id}: ${type}`, kind: "type", insert: `${id}: ${type}\n  text: ${options}` };
}

function valueAt(
  { before, line, path, lineNumber }: Place,
  at: number,
  outline: Outline,
  around: Surroundings,
): Completion | null {
  const typed = wordBefore(before);
  const from = at - typed.length;
  const give = (choices: Choice[]): Completion | null => (choices.length ? { from, choices } : null);
  const values = (words: readonly string[]) => give(words.map((label) => ({ label, kind: "value" as const })));
  const [section, item] = path;
  const step = outline.steps.find((one) => one.id === item);
  const inMap = /[{,]\s*(\w+):\s*[\w.-]*$/.exec(line.rest);
  const key = inMap?.[1] ?? line.key;

  if (section === "ask" && line.dash && path.length === 1 && !inMap) {
    if (line.key === "use") return values(around.flows);
    if (line.key === "part" || line.key === "say") return null;
    if (line.key !== "do") return give(TYPES.map((label) => ({ label, kind: "type" as const })));
  }
  // A fresh key inside `do: {…}`.
  if ((line.key === "do" || line.key === "then") && !inMap) {
    if (/[{,]\s*\w*$/.test(line.rest)) return give(keys(EFFECTS, new Set()));
    return values(BARE_EFFECTS);
  }
  if (line.key === "synonyms" && !inMap && /[{,]\s*\w*$/.test(line.rest)) return give(codeKeys(step, new Set()));
  switch (key) {
    case "if":
      return give(expression(line.rest, outline, lineNumber));
    case "optional":
    case "erase":
      return values(["true"]);
    case "else":
      return values(outline.outcomes.map((outcome) => outcome.name));
    case "save":
      return values(CONTACT_FIELDS);
    case "priority":
      return values(PRIORITIES);
    case "stage":
      return values(around.stages);
    case "escalate":
    case "to":
      return values(around.teams);
    case "webhook":
      return values(around.webhooks);
    case "start":
      return values(around.flows);
    case "accept":
      return values(FILE_KINDS);
    case "alone":
      return give(codes(step));
    case "range":
      return step?.type === "date" ? give(expression(line.rest, outline, lineNumber)) : null;
    default:
  }
  if (section === "outcomes" && line.dash) {
    if (openQuote(line.rest) !== null) return give(expression(line.rest, outline, Number.POSITIVE_INFINITY));
    return give([
      { label: "else", kind: "value" },
      { label: "score", kind: "value" },
      ...expression(line.rest, outline, Number.POSITIVE_INFINITY),
    ]);
  }
  return null;
}

function codes(step: Step | undefined): Choice[] {
  return (step?.options ?? []).map(({ code, label }) => ({ label: code, kind: "option" as const, detail: label }));
}

function codeKeys(step: Step | undefined, taken: Set<string>): Choice[] {
  return codes(step).flatMap((one) => (taken.has(one.label) ? [] : { ...one, insert: `${one.label}: ` }));
}

/** What may follow in an expression; questions of `line` and below are not asked yet. */
function expression(written: string, outline: Outline, line: number): Choice[] {
  const typedInQuotes = openQuote(written);
  const asked = outline.steps.filter((step) => step.kind === "question" && step.line < line);
  // The step that the cursor stands in began above it.
  const own = asked.at(-1);
  const known = Number.isFinite(line) && own && isOwn(outline, own, line) ? asked.slice(0, -1) : asked;
  if (typedInQuotes !== null) return optionsFor(typedInQuotes, known);
  return [
    ...known.map((step) => ({ label: step.id, kind: "id" as const, detail: step.text })),
    ...FUNCTIONS.map((label) => ({ label, kind: "function" as const, insert: `${label}(` })),
    ...["and", "or", "not", "in", "today", "true", "false"].map((label) => ({ label, kind: "value" as const })),
  ];
}

function isOwn(outline: Outline, step: Step, line: number): boolean {
  const next = outline.steps.find((one) => one.line > step.line);
  return !next || next.line > line;
}

/** What stands before a quote that is still open; null when none is. The whole may stand in single quotes. */
function openQuote(written: string): string | null {
  const inner = written.startsWith("'") ? written.slice(1) : written;
  let open = -1;
  for (let at = 0; at < inner.length; at += 1) if (inner[at] === '"') open = open === -1 ? at : -1;
  return open === -1 ? null : inner.slice(0, open);
}

function optionsFor(before: string, known: Step[]): Choice[] {
  const compared = /([a-z]\w*)\s*(?:==|!=|in|not in)\s*(?:\[[^\]]*)?$/.exec(before)?.[1];
  const step = known.find((one) => one.id === compared);
  if (step) return codes(step);
  // `"code" in question`: the question is not written yet.
  return known.filter((one) => one.type === "choices").flatMap(codes);
}
