/** Names that change: of a question, of an outcome, of what stands before the questions of another flow. */
import { type Document, isMap, isScalar, type Scalar, type YAMLMap } from "yaml";
import { dashBefore, listed } from "@/flows/outline";
import { type Change, joined, keyOf, lineStart, pairOf, read, setScalar, within, wordsOf } from "@/flows/yamlText";

/** The new name for a name; the same where it stays. */
export type Renamed = (name: string) => string;

const WORD = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[A-Za-z_][A-Za-z0-9_]*/g;
const FIELD = /\{([a-z][a-z0-9_]*)\}/g;

/** The question gets another id: in the list, in every expression and in `{id}` of texts. */
export function renameStep(text: string, index: number, fresh: string): Change[] {
  const document = read(text);
  const key = listed(document, "ask")?.maps[index]?.items[0]?.key;
  if (!isScalar(key) || !key.range) return [];
  const old = String(key.value);
  if (old === fresh) return [];
  const head = { from: key.range[0], to: key.range[1], insert: fresh };
  return [head, ...renamedIn(text, document, only(old, fresh))].sort((one, other) => one.from - other.from);
}

/** The questions of another flow get another word before their names. */
export function renamePrefix(text: string, index: number, fresh: string): Change[] {
  const document = read(text);
  const map = listed(document, "ask")?.maps[index];
  if (!map) return [];
  const dash = dashBefore(text, map.range?.[0] ?? 0);
  const own = setScalar(text, map, "as", fresh, dash - lineStart(text, dash) + 2);
  const used = prefixOf(map);
  const changes = renamedIn(text, document, beginning(used.old, fresh || used.flow, namesOf(document)));
  return joined([...own, ...changes]);
}

/** How the names of a `use` change when its `as` does; names of the flow's own questions stay. */
export function prefixRenamed(text: string, index: number, fresh: string): Renamed {
  const document = read(text);
  const map = listed(document, "ask")?.maps[index];
  if (!map) return (name) => name;
  const used = prefixOf(map);
  return beginning(used.old, fresh || used.flow, namesOf(document));
}

function prefixOf(map: YAMLMap): { old: string; flow: string } {
  const flow = wordsOf(map.items[0]?.value);
  return { old: wordsOf(pairOf(map, "as")?.value) || flow, flow };
}

/** The outcome gets another name: in the list, and where a question's `else` leads to it. */
export function renameOutcome(text: string, index: number, fresh: string): Change[] {
  const document = read(text);
  const key = listed(document, "outcomes")?.maps[index]?.items[0]?.key;
  if (!isScalar(key) || !key.range) return [];
  const old = String(key.value);
  if (old === fresh) return [];
  const leading = (listed(document, "ask")?.maps ?? []).flatMap((step) => {
    const node = pairOf(step, "else")?.value;
    return isScalar(node) && wordsOf(node) === old ? within(text, node, () => fresh) : [];
  });
  return [...leading, { from: key.range[0], to: key.range[1], insert: fresh }];
}

/** The keys of a translation file follow the name: `role`, `role.owner`, `role.hint`. */
export function renameKeys(translation: string, renamed: Renamed): Change[] {
  const root = read(translation).contents;
  if (!isMap(root)) return [];
  return root.items.flatMap((pair) => {
    const [name = "", ...rest] = keyOf(pair).split(".");
    const fresh = renamed(name);
    if (fresh === name || !isScalar(pair.key) || !pair.key.range) return [];
    return [{ from: pair.key.range[0], to: pair.key.range[1], insert: [fresh, ...rest].join(".") }];
  });
}

export function only(old: string, fresh: string): Renamed {
  return (name) => (name === old ? fresh : name);
}

function beginning(old: string, fresh: string, kept: Set<string>): Renamed {
  return (name) => (name.startsWith(`${old}_`) && !kept.has(name) ? fresh + name.slice(old.length) : name);
}

function namesOf(document: Document.Parsed): Set<string> {
  return new Set((listed(document, "ask")?.maps ?? []).map((step) => (step.items[0] ? keyOf(step.items[0]) : "")));
}

/** Every expression and every text of the flow with its names renamed; what stands in quotes stays. */
function renamedIn(text: string, document: Document.Parsed, renamed: Renamed): Change[] {
  const changes: Change[] = [];
  const rewrite = (node: unknown, fresh: (raw: string) => string) => {
    if (isScalar(node)) changes.push(...within(text, node as Scalar, fresh));
  };
  const expression = (node: unknown) =>
    rewrite(node, (raw) => raw.replace(WORD, (word) => (/^["']/.test(word) ? word : renamed(word))));
  const words = (node: unknown) =>
    rewrite(node, (raw) => raw.replace(FIELD, (_, name: string) => `{${renamed(name)}}`));
  for (const step of listed(document, "ask")?.maps ?? []) {
    expression(pairOf(step, "if")?.value);
    expression(pairOf(step, "range")?.value);
    const check = pairOf(step, "check")?.value;
    for (const pair of isMap(check) ? check.items : []) {
      expression(pair.key);
      words(pair.value);
    }
    for (const name of ["text", "hint", "script", "say"]) words(pairOf(step, name)?.value);
    for (const node of saidBy(pairOf(step, "do")?.value)) words(node);
  }
  const score = isMap(document.contents) ? pairOf(document.contents, "score")?.value : null;
  for (const pair of isMap(score) ? score.items : []) expression(pair.key);
  for (const outcome of listed(document, "outcomes")?.maps ?? []) {
    expression(outcome.items[0]?.value);
    words(pairOf(outcome, "say")?.value);
    for (const node of saidBy(pairOf(outcome, "do")?.value)) words(node);
  }
  return changes;
}

/** The texts of an escalation. */
function saidBy(effects: unknown): unknown[] {
  const escalate = isMap(effects) ? pairOf(effects, "escalate")?.value : null;
  if (!isMap(escalate)) return [];
  const away = pairOf(escalate, "away")?.value;
  return [pairOf(escalate, "say")?.value, isMap(away) ? pairOf(away, "say")?.value : null];
}
