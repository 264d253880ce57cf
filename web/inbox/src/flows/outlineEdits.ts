/**
 * Edits of a flow's list of questions, as changes of its text.
 *
 * The text is the only truth: every edit is the smallest change of characters that does it, so that comments, blank
 * lines, quotes and the order of keys stay as their author wrote them, and the editor's undo takes it back.
 */
import { Document, isMap, isScalar, isSeq, Pair, Scalar, stringify, YAMLMap, YAMLSeq } from "yaml";
import {
  asked,
  dashBefore,
  keyOf,
  type Option,
  optionsOf,
  pairOf,
  read,
  type Step,
  synonymsOf,
  wordsOf,
} from "@/flows/outline";
import { isType } from "@/flows/vocabulary";

/** Replace the characters `from` to `to` by `insert`. */
export interface Change {
  from: number;
  to: number;
  insert: string;
}

const WRITE = { lineWidth: 0, flowCollectionPadding: false, indentSeq: false } as const;

// --- lines -----------------------------------------------------------------------------------------------------------

interface Block {
  /** The first character of the lines that belong to the step: blank lines and comments above it, then the step. */
  from: number;
  /** After the line break of its last line. */
  to: number;
  /** The column of its dash. */
  indent: number;
}

function lineStart(text: string, at: number): number {
  return text.lastIndexOf("\n", at - 1) + 1;
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end + 1;
}

/** After the last line of a node: a comment at its side, and comments that are indented below it, are part of it. */
function endOf(text: string, node: { range?: [number, number, number] | null | undefined }, indent: number): number {
  const range = node.range ?? [0, 0, 0];
  // The value's end of a block collection or a block scalar is already behind its line break.
  let last = range[1];
  while (last > range[0] && /\s/.test(text[last - 1] ?? "")) last -= 1;
  let end = lineEnd(text, Math.max(range[0], last - 1));
  for (let next = end; next < text.length; next = lineEnd(text, next)) {
    const line = text.slice(next, lineEnd(text, next));
    const comment = /^(\s*)#/.exec(line);
    if (comment && (comment[1]?.length ?? 0) > indent) end = next + line.length;
    else if (line.trim() !== "" || comment) break;
  }
  return end;
}

function blocksOf(text: string): Block[] {
  const found = asked(read(text));
  if (!found) return [];
  const blocks: Block[] = [];
  const ask = lineEnd(text, lineStart(text, (found.seq.range?.[0] ?? 1) - 1));
  for (const map of found.maps) {
    const dash = dashBefore(text, map.range?.[0] ?? 0);
    const indent = dash - lineStart(text, dash);
    const before = blocks.at(-1)?.to ?? Math.min(ask, lineStart(text, dash));
    blocks.push({ from: before, to: endOf(text, map, indent), indent });
  }
  if (blocks[0]) blocks[0].from = firstFrom(text, blocks[0], found.maps[0]);
  return blocks;
}

/** The comments right above the first step are its own; what stands higher belongs to `ask:`. */
function firstFrom(text: string, block: Block, map: YAMLMap | undefined): number {
  let from = lineStart(text, dashBefore(text, map?.range?.[0] ?? block.from));
  while (from > 0) {
    const above = lineStart(text, from - 1);
    if (!/^\s*#/.test(text.slice(above, from))) break;
    from = above;
  }
  return from;
}

function withBreak(lines: string): string {
  return lines.endsWith("\n") ? lines : `${lines}\n`;
}

// --- edits -----------------------------------------------------------------------------------------------------------

/** The step at `from` moves to the place `to` of the list. Nothing when there is nothing to move. */
export function moveStep(text: string, from: number, to: number): Change[] {
  const blocks = blocksOf(text);
  const moved = blocks[from];
  const last = blocks.length - 1;
  const target = Math.max(0, Math.min(last, to));
  if (!moved || target === from) return [];
  const order = blocks.map((block) => withBreak(text.slice(block.from, block.to)));
  const [lines = ""] = order.splice(from, 1);
  order.splice(target, 0, lines);
  const [low, high] = [Math.min(from, target), Math.max(from, target)];
  const start = blocks[low]?.from ?? 0;
  const end = blocks[high]?.to ?? start;
  return [{ from: start, to: end, insert: order.slice(low, high + 1).join("") }];
}

/** The step goes, with the comments above it. */
export function removeStep(text: string, index: number): Change[] {
  const block = blocksOf(text)[index];
  return block ? [{ from: block.from, to: block.to, insert: "" }] : [];
}

export interface NewStep {
  kind: Step["kind"];
  id: string;
  type: string;
  text: string;
  options?: Option[];
  [key: string]: unknown;
}

/** A step comes after the one at `after` (-1: first). */
export function addStep(text: string, after: number, step: NewStep): Change[] {
  const blocks = blocksOf(text);
  const near = blocks[after] ?? blocks[0];
  if (!near) return addFirst(text, step);
  const lines = linesOf(step, near.indent);
  const at = after < 0 ? near.from : near.to;
  const open = at > 0 && text[at - 1] !== "\n" ? "\n" : "";
  return [{ from: at, to: at, insert: open + lines }];
}

function addFirst(text: string, step: NewStep): Change[] {
  const root = read(text).contents;
  const pair = isMap(root) ? pairOf(root, "ask") : undefined;
  const lines = linesOf(step, 0);
  if (pair && isScalar(pair.key)) {
    const line = lineStart(text, pair.key.range?.[0] ?? 0);
    return [{ from: line, to: lineEnd(text, line), insert: `ask:\n${lines}` }];
  }
  const before = isMap(root) ? ["score", "outcomes"].map((key) => pairOf(root, key)).find(Boolean) : undefined;
  const at = before && isScalar(before.key) ? lineStart(text, before.key.range?.[0] ?? 0) : text.length;
  const open = at > 0 && text[at - 1] !== "\n" ? "\n" : "";
  return [{ from: at, to: at, insert: `${open}ask:\n${lines}` }];
}

function linesOf(step: NewStep, indent: number): string {
  const { kind, id, type, options, ...rest } = step;
  const map: Record<string, unknown> = kind === "question" ? { [id]: type } : { [kind]: id };
  if (kind === "question") {
    if (rest.text) map.text = rest.text;
    if (options?.length) map.options = flowMap(options);
  }
  const pad = " ".repeat(indent);
  const lines = stringify([map], WRITE).trimEnd().split("\n");
  return `${lines.map((line) => (line ? pad + line : line)).join("\n")}\n`;
}

function flowMap(options: Option[]): YAMLMap {
  const map = new YAMLMap();
  map.flow = true;
  for (const { code, label } of options) map.add(new Pair(new Scalar(code), new Scalar(label)));
  return map;
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
}

const ORDER = ["text", "script", "hint", "options", "range", "optional", "if"] as const;

/** The step at `index` changes. The id has its own verb, `renameStep`. */
export function changeStep(text: string, index: number, change: StepChange): Change[] {
  const map = asked(read(text))?.maps[index];
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
    changes.push(...setKey(text, map, key, value, indent));
  }
  if (change.synonyms) changes.push(...setSynonyms(text, map, change.synonyms, indent));
  return joined(changes);
}

/** Changes that add lines at the same place become one. */
function joined(changes: Change[]): Change[] {
  const result: Change[] = [];
  for (const change of changes) {
    const same = result.find(
      (other) => other.from === other.to && other.from === change.from && change.to === change.from,
    );
    if (same) same.insert += change.insert;
    else result.push({ ...change });
  }
  return result.sort((one, other) => one.from - other.from);
}

function setKey(text: string, map: YAMLMap, key: string, value: string | boolean | Option[], indent: number): Change[] {
  const pair = pairOf(map, key);
  const none = value === "" || value === false || (Array.isArray(value) && value.length === 0);
  if (none) return pair ? [removePair(text, pair, indent)] : [];
  if (!pair) {
    const at = endOf(text, map, indent - 2);
    const open = at > 0 && text[at - 1] !== "\n" ? "\n" : "";
    const lines = stringify({ [key]: Array.isArray(value) ? flowMap(value) : value }, WRITE).trimEnd();
    const pad = " ".repeat(indent);
    return [
      {
        from: at,
        to: at,
        insert: `${open}${lines
          .split("\n")
          .map((line) => pad + line)
          .join("\n")}\n`,
      },
    ];
  }
  if (Array.isArray(value)) return setOptions(text, pair, value, indent);
  return wordsOf(pair.value) === String(value) ? [] : setValue(text, pair, value, indent);
}

function removePair(text: string, pair: Pair, indent: number): Change {
  const key = pair.key as Scalar;
  const from = lineStart(text, key.range?.[0] ?? 0);
  const node = (pair.value ?? key) as Scalar;
  return { from, to: endOf(text, node, indent), insert: "" };
}

/** The synonyms that are left; words that stay keep their list as it is written. */
function setSynonyms(text: string, map: YAMLMap, fresh: Record<string, string>, indent: number): Change[] {
  const pair = pairOf(map, "synonyms");
  const node = pair?.value;
  const known = synonymsOf(node);
  const words = Object.entries(fresh).map(([code, typed]) => [code, listed(typed)] as const);
  const wanted = words.filter(([, list]) => list.length > 0);
  const said = (entries: readonly (readonly [string, string[]])[]) => JSON.stringify(entries);
  if (said(Object.entries(known).map(([code, typed]) => [code, listed(typed)])) === said(wanted)) return [];
  if (pair && wanted.length === 0) return [removePair(text, pair, indent)];
  const next = isMap(node) ? node : new YAMLMap();
  if (!isMap(node)) next.flow = true;
  next.items = wanted.map(([code, list]) => {
    const old = isMap(node) ? pairOf(node, code) : undefined;
    if (old && said([[code, listed(known[code] ?? "")]]) === said([[code, list]])) return old;
    const sequence = new YAMLSeq();
    sequence.flow = true;
    for (const word of list) sequence.add(new Scalar(word));
    return new Pair(old?.key ?? new Scalar(code), sequence);
  });
  if (pair) return setValueNode(text, pair, next, indent);
  const at = endOf(text, map, indent - 2);
  const open = at > 0 && text[at - 1] !== "\n" ? "\n" : "";
  const lines = stringify({ synonyms: next }, WRITE).trimEnd();
  return [{ from: at, to: at, insert: `${open}${" ".repeat(indent)}${lines}\n` }];
}

function listed(typed: string): string[] {
  return typed.split(",").flatMap((word) => word.trim() || []);
}

/** The value as YAML; long or many-lined texts as they are written best. */
function valueText(value: string | boolean, indent: number): string {
  const scalar = new Scalar(value);
  const lines = new Document(scalar).toString(WRITE).trimEnd().split("\n");
  const pad = " ".repeat(indent + 2);
  return lines.map((line, index) => (index === 0 || !line ? line : pad + line)).join("\n");
}

function setValue(text: string, pair: Pair, value: string | boolean, indent: number): Change[] {
  const written = valueText(value, indent);
  const node = pair.value as Scalar | null;
  if (node?.range && wordsRange(node)) {
    const [from, to] = node.range;
    const block = node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED;
    // A block scalar's end is behind its line break, which stays.
    return [{ from, to: block && text[to - 1] === "\n" ? to - 1 : to, insert: written }];
  }
  const key = pair.key as Scalar;
  const colon = text.indexOf(":", key.range?.[1] ?? 0) + 1;
  return [{ from: colon, to: colon, insert: ` ${written}` }];
}

function wordsRange(node: Scalar): boolean {
  return node.range !== undefined && node.range !== null && node.range[1] > node.range[0];
}

/** The options in their new order. Those that stay keep their quotes and comments. */
function setOptions(text: string, pair: Pair, options: Option[], indent: number): Change[] {
  const node = pair.value;
  const known = optionsOf(node);
  const same =
    known.length === options.length &&
    known.every((one, at) => one.code === options[at]?.code && one.label === options[at]?.label);
  if (same) return [];
  if (!isMap(node) || !node.range) return setValueNode(text, pair, flowMap(options), indent);
  const next = options.map(({ code, label }) => {
    const old = pairOf(node, code);
    if (!old) return new Pair(new Scalar(code), new Scalar(label));
    if (wordsOf(old.value) !== label && isScalar(old.value)) {
      const scalar = new Scalar(label);
      scalar.comment = old.value.comment;
      old.value = scalar;
    } else if (!isScalar(old.value)) old.value = new Scalar(label);
    return old;
  });
  node.items = next;
  return setValueNode(text, pair, node, indent);
}

function setValueNode(text: string, pair: Pair, map: YAMLMap, indent: number): Change[] {
  if (map.flow) map.comment = null; // it stands behind the brace, which stays where it is
  const lines = new Document(map).toString(WRITE).trimEnd().split("\n");
  const block = !map.flow;
  const pad = " ".repeat(indent + (block ? 2 : 0));
  const written = lines.map((line, at) => (at === 0 && !block ? line : pad + line)).join("\n");
  const key = pair.key as Scalar;
  const colon = text.indexOf(":", key.range?.[1] ?? 0) + 1;
  const node = pair.value as { range?: [number, number, number] } | null;
  let end = node?.range?.[1] ?? colon;
  while (end > colon && /\s/.test(text[end - 1] ?? "")) end -= 1;
  return [{ from: colon, to: end, insert: (block ? "\n" : " ") + written }];
}

// --- renaming --------------------------------------------------------------------------------------------------------

const WORD = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[A-Za-z_][A-Za-z0-9_]*/g;

/** The expression with one id renamed; quoted texts stay. */
function renamedIn(expression: string, old: string, fresh: string): string {
  return expression.replace(WORD, (word) => (word === old ? fresh : word));
}

/** The question gets another id: in the list, in every expression and in `{id}` of texts. */
export function renameStep(text: string, index: number, fresh: string): Change[] {
  const document = read(text);
  const found = asked(document);
  const map = found?.maps[index];
  const key = map?.items[0]?.key;
  if (!found || !isScalar(key) || !key.range) return [];
  const old = String(key.value);
  if (old === fresh) return [];
  const changes: Change[] = [{ from: key.range[0], to: key.range[1], insert: fresh }];
  const expression = (node: unknown) => {
    if (isScalar(node)) changes.push(...within(text, node, (raw) => renamedIn(raw, old, fresh)));
  };
  const words = (node: unknown) => {
    if (isScalar(node)) changes.push(...within(text, node, (raw) => raw.replaceAll(`{${old}}`, `{${fresh}}`)));
  };
  for (const step of found.maps) {
    expression(pairOf(step, "if")?.value);
    expression(pairOf(step, "range")?.value);
    const check = pairOf(step, "check")?.value;
    if (isMap(check)) for (const pair of check.items) expression(pair.key);
    for (const name of ["text", "hint", "script", "say"]) words(pairOf(step, name)?.value);
  }
  const root = document.contents;
  if (isMap(root)) {
    const score = pairOf(root, "score")?.value;
    if (isMap(score)) for (const pair of score.items) expression(pair.key);
    const outcomes = pairOf(root, "outcomes")?.value;
    if (isSeq(outcomes)) {
      for (const outcome of outcomes.items.filter(isMap)) {
        expression(outcome.items[0]?.value);
        words(pairOf(outcome, "say")?.value);
      }
    }
  }
  return changes.sort((one, other) => one.from - other.from);
}

/** The change that rewrites a scalar's own characters; nothing when they stay. */
function within(text: string, node: Scalar, rewrite: (raw: string) => string): Change[] {
  if (!node.range) return [];
  const [from, to] = node.range;
  const raw = text.slice(from, to);
  // An expression that is quoted as a whole keeps its outer quotes, and what it quotes itself stays.
  const outer = /^(['"])([\s\S]*)\1$/.exec(raw);
  const fresh = outer ? `${outer[1]}${rewrite(outer[2] ?? "")}${outer[1]}` : rewrite(raw);
  return fresh === raw ? [] : [{ from, to, insert: fresh }];
}

/** The keys of a translation file follow the question's id. */
export function renameKeys(translation: string, old: string, fresh: string): Change[] {
  const root = read(translation).contents;
  if (!isMap(root)) return [];
  return root.items.flatMap((pair) => {
    const name = keyOf(pair);
    if ((name !== old && !name.startsWith(`${old}.`)) || !isScalar(pair.key) || !pair.key.range) return [];
    return [{ from: pair.key.range[0], to: pair.key.range[1], insert: fresh + name.slice(old.length) }];
  });
}

/** The text after the changes, which do not overlap. */
export function applied(text: string, changes: Change[]): string {
  let result = "";
  let at = 0;
  for (const { from, to, insert } of [...changes].sort((one, other) => one.from - other.from)) {
    result += text.slice(at, from) + insert;
    at = to;
  }
  return result + text.slice(at);
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
