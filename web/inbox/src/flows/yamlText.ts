/**
 * Changes of a YAML text, each the smallest that does it: comments, blank lines, quotes and the order of keys stay.
 */
import { Document, isScalar, isSeq, type Pair, parseDocument, Scalar, stringify, type YAMLMap, YAMLSeq } from "yaml";

/** Replace the characters `from` to `to` by `insert`. */
export interface Change {
  from: number;
  to: number;
  insert: string;
}

export const WRITE = { lineWidth: 0, flowCollectionPadding: false, indentSeq: false } as const;

export function read(text: string): Document.Parsed {
  return parseDocument(text, { version: "1.2", schema: "core", prettyErrors: false });
}

/** A value as it stands in the text: `1..10`, not a number. */
export function wordsOf(node: unknown): string {
  if (!isScalar(node) || node.value === null || node.value === undefined) return "";
  return node.type === Scalar.PLAIN ? (node.source ?? String(node.value)) : String(node.value);
}

/** A list, or one value alone, with commas between its words. */
export function listOf(node: unknown): string {
  return isSeq(node) ? node.items.map(wordsOf).join(", ") : wordsOf(node);
}

export function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? (pair.key.source ?? String(pair.key.value)) : "";
}

export function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => keyOf(pair) === key);
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

export function lineStart(text: string, at: number): number {
  return text.lastIndexOf("\n", at - 1) + 1;
}

export function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end === -1 ? text.length : end + 1;
}

/** After the last line of a node: a comment at its side, and comments that are indented below it, are part of it. */
export function endOf(
  text: string,
  node: { range?: [number, number, number] | null | undefined },
  indent: number,
): number {
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

/** Changes that add lines at the same place become one. */
export function joined(changes: Change[]): Change[] {
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

/** A single value below `key`; an empty text or `false` takes the key away. `indent` is the column of the map's keys. */
export function setScalar(
  text: string,
  map: YAMLMap,
  key: string,
  value: string | boolean | number,
  indent: number,
): Change[] {
  const pair = pairOf(map, key);
  if (value === "" || value === false) return pair ? [removePair(text, pair, indent)] : [];
  if (!pair) return [addPair(text, map, key, value, indent)];
  return wordsOf(pair.value) === String(value) ? [] : setValue(text, pair, value, indent);
}

/** A further key at the end of the lines of `map`. */
export function addPair(text: string, map: YAMLMap, key: string, value: unknown, indent: number): Change {
  const at = endOf(text, map, indent - 2);
  const open = at > 0 && text[at - 1] !== "\n" ? "\n" : "";
  const pad = " ".repeat(indent);
  const lines = stringify({ [key]: value }, WRITE)
    .trimEnd()
    .split("\n");
  return { from: at, to: at, insert: `${open}${lines.map((line) => pad + line).join("\n")}\n` };
}

/** Several words below `key`, typed with commas between them; none take the key away. */
export function setWords(text: string, map: YAMLMap, key: string, typed: string, indent: number): Change[] {
  const pair = pairOf(map, key);
  const words = typed.split(",").flatMap((word) => word.trim() || []);
  if (words.length === 0) return pair ? [removePair(text, pair, indent)] : [];
  if (listOf(pair?.value) === words.join(", ")) return [];
  const list = new YAMLSeq();
  list.flow = true;
  for (const word of words) list.add(new Scalar(word));
  return pair ? setValueNode(text, pair, list, indent) : [addPair(text, map, key, list, indent)];
}

export function removePair(text: string, pair: Pair, indent: number): Change {
  const key = pair.key as Scalar;
  const from = lineStart(text, key.range?.[0] ?? 0);
  const node = (pair.value ?? key) as Scalar;
  return { from, to: endOf(text, node, indent), insert: "" };
}

/** The value as YAML; long or many-lined texts as they are written best. */
function valueText(value: string | boolean | number, indent: number): string {
  const scalar = new Scalar(value);
  const lines = new Document(scalar).toString(WRITE).trimEnd().split("\n");
  const pad = " ".repeat(indent + 2);
  return lines.map((line, index) => (index === 0 || !line ? line : pad + line)).join("\n");
}

export function setValue(text: string, pair: Pair, value: string | boolean | number, indent: number): Change[] {
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

export function setValueNode(text: string, pair: Pair, map: YAMLMap | YAMLSeq, indent: number): Change[] {
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

/** The change that rewrites a scalar's own characters; nothing when they stay. */
export function within(text: string, node: Scalar, rewrite: (raw: string) => string): Change[] {
  if (!node.range) return [];
  const [from, to] = node.range;
  const raw = text.slice(from, to);
  // An expression that is quoted as a whole keeps its outer quotes, and what it quotes itself stays.
  const outer = /^(['"])([\s\S]*)\1$/.exec(raw);
  const fresh = outer ? `${outer[1]}${rewrite(outer[2] ?? "")}${outer[1]}` : rewrite(raw);
  return fresh === raw ? [] : [{ from, to, insert: fresh }];
}

/** A new entry of a list, with its dash in the column `indent`. */
export function entryLines(entry: Record<string, unknown>, indent: number): string {
  const pad = " ".repeat(indent);
  const lines = stringify([entry], WRITE).trimEnd().split("\n");
  return `${lines.map((line) => (line ? pad + line : line)).join("\n")}\n`;
}
