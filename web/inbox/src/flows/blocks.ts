/** The entries of a list of the flow, its steps or its outcomes, as blocks of lines that move as a whole. */
import { isMap, isScalar, type YAMLMap } from "yaml";
import { dashBefore, listed, type Section } from "@/flows/outline";
import { type Change, endOf, lineEnd, lineStart, pairOf, read } from "@/flows/yamlText";

interface Block {
  /** The first character of the lines that belong to the entry: blank lines and comments above it, then the entry. */
  from: number;
  /** After the line break of its last line. */
  to: number;
  /** The column of its dash. */
  indent: number;
}

function blocksOf(text: string, section: Section): Block[] {
  const found = listed(read(text), section);
  if (!found) return [];
  const blocks: Block[] = [];
  const head = lineEnd(text, lineStart(text, (found.seq.range?.[0] ?? 1) - 1));
  for (const map of found.maps) {
    const dash = dashBefore(text, map.range?.[0] ?? 0);
    const indent = dash - lineStart(text, dash);
    const before = blocks.at(-1)?.to ?? Math.min(head, lineStart(text, dash));
    blocks.push({ from: before, to: endOf(text, map, indent), indent });
  }
  if (blocks[0]) blocks[0].from = firstFrom(text, blocks[0], found.maps[0]);
  return blocks;
}

/** The comments right above the first entry are its own; what stands higher belongs to the list. */
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

/** The entry at `from` moves to the place `to` of the list. Nothing when there is nothing to move. */
export function moveEntry(text: string, section: Section, from: number, to: number): Change[] {
  const blocks = blocksOf(text, section);
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

/** The entry goes, with the comments above it. */
export function removeEntry(text: string, section: Section, index: number): Change[] {
  const block = blocksOf(text, section)[index];
  return block ? [{ from: block.from, to: block.to, insert: "" }] : [];
}

/** What stands behind a list: a list that is not there yet is begun before the first of these. */
const AFTER: Record<Section, readonly string[]> = {
  ask: ["score", "outcomes", "commands", "retry", "silence", "calls", "faq"],
  outcomes: ["commands", "retry", "silence", "calls", "faq"],
};

/** An entry comes after the one at `after` (-1: first). `lines` writes it with its dash in the given column. */
export function addEntry(text: string, section: Section, after: number, lines: (indent: number) => string): Change[] {
  const blocks = blocksOf(text, section);
  const near = blocks[after] ?? blocks[0];
  if (!near) return addFirst(text, section, lines(0));
  const at = after < 0 ? near.from : near.to;
  return [{ from: at, to: at, insert: breakBefore(text, at) + lines(near.indent) }];
}

function addFirst(text: string, section: Section, lines: string): Change[] {
  const root = read(text).contents;
  const pair = isMap(root) ? pairOf(root, section) : undefined;
  if (pair && isScalar(pair.key)) {
    const line = lineStart(text, pair.key.range?.[0] ?? 0);
    return [{ from: line, to: lineEnd(text, line), insert: `${section}:\n${lines}` }];
  }
  const before = isMap(root) ? AFTER[section].map((key) => pairOf(root, key)).find(Boolean) : undefined;
  const at = before && isScalar(before.key) ? lineStart(text, before.key.range?.[0] ?? 0) : text.length;
  return [{ from: at, to: at, insert: `${breakBefore(text, at)}${section}:\n${lines}` }];
}

function breakBefore(text: string, at: number): string {
  return at > 0 && text[at - 1] !== "\n" ? "\n" : "";
}
