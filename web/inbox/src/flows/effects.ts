/** What a `do` causes, as a form shows it, and edits of it: keys keep their order, and what the form does not show stays. */
import { isMap, isScalar, Pair, Scalar, YAMLMap, YAMLSeq } from "yaml";
import { type Change, joined, lineStart, listOf, pairOf, setScalar, setValueNode, wordsOf } from "@/flows/yamlText";

export interface Effects {
  stage: string;
  /** With commas between them. */
  tag: string;
  priority: string;
  escalate: boolean;
  /** The team's name; empty for everybody. */
  team: string;
  say: string;
  /** What is said when nobody of the team is on duty. */
  awaySay: string;
  start: string;
  after: string;
  webhook: string;
  erase: boolean;
  opt_out: boolean;
  /** That the contact is called back; which questions say when stands in the text. */
  call_back: boolean;
}

const NONE: Effects = {
  stage: "",
  tag: "",
  priority: "",
  escalate: false,
  team: "",
  say: "",
  awaySay: "",
  start: "",
  after: "",
  webhook: "",
  erase: false,
  opt_out: false,
  call_back: false,
};
const PLAIN = ["stage", "priority", "start", "after", "webhook"] as const;
const FLAGS = ["erase", "opt_out"] as const;
const ORDER = [
  "stage",
  "tag",
  "priority",
  "escalate",
  "call_back",
  "start",
  "after",
  "webhook",
  "erase",
  "opt_out",
] as const;

export function effectsOf(node: unknown): Effects {
  if (isScalar(node)) {
    const word = wordsOf(node);
    const bare = ["escalate", "erase", "opt_out", "call_back"] as const;
    return { ...NONE, ...Object.fromEntries(bare.map((key) => [key, word === key])) };
  }
  if (!isMap(node)) return NONE;
  const value = (key: string) => pairOf(node, key)?.value;
  const found = { ...NONE, tag: listOf(value("tag")), ...escalation(node) };
  for (const key of PLAIN) found[key] = wordsOf(value(key));
  for (const key of FLAGS) found[key] = wordsOf(value(key)) === "true";
  found.call_back = pairOf(node, "call_back") !== undefined;
  return found;
}

function escalation(effects: YAMLMap): Pick<Effects, "escalate" | "team" | "say" | "awaySay"> {
  const pair = pairOf(effects, "escalate");
  const node = pair?.value;
  if (isMap(node)) {
    const away = pairOf(node, "away")?.value;
    return {
      escalate: true,
      team: wordsOf(pairOf(node, "to")?.value),
      say: wordsOf(pairOf(node, "say")?.value),
      awaySay: isMap(away) ? wordsOf(pairOf(away, "say")?.value) : "",
    };
  }
  const written = wordsOf(node);
  const team = written === "true" || written === "false" ? "" : written;
  return { escalate: pair !== undefined && written !== "false", team, say: "", awaySay: "" };
}

/** A new `do` with these effects. */
export function effectsMap(effects: Partial<Effects>): YAMLMap {
  const map = new YAMLMap();
  map.flow = true;
  write(map, { ...NONE, ...effects });
  return map;
}

/** The `do` at `pair` causes something else. `indent` is the column of the pair's key. */
export function setEffects(text: string, pair: Pair, fresh: Partial<Effects>, indent: number): Change[] {
  const known = effectsOf(pair.value);
  const wanted = { ...known, ...fresh };
  if (JSON.stringify(wanted) === JSON.stringify(known)) return [];
  const lines = isMap(pair.value) ? lineByLine(text, pair.value, known, wanted) : null;
  if (lines) return lines;
  const map = isMap(pair.value) ? pair.value : effectsMap({});
  write(map, wanted);
  return setValueNode(text, pair, map, indent);
}

export function causesNothing(effects: Effects): boolean {
  return JSON.stringify(effects) === JSON.stringify(NONE);
}

/** Changes of single lines where the effects are written one below the other; null where the whole has to be written. */
function lineByLine(text: string, map: YAMLMap, known: Effects, wanted: Effects): Change[] | null {
  if (map.flow || causesNothing(wanted)) return null;
  const changes = [...PLAIN, ...FLAGS]
    .filter((key) => wanted[key] !== known[key])
    .flatMap((key) => setScalar(text, map, key, wanted[key], columnOf(text, map)));
  const same = (...keys: (keyof Effects)[]) => keys.every((key) => wanted[key] === known[key]);
  if (!same("tag", "escalate", "call_back")) return null;
  if (same("team", "say", "awaySay")) return joined(changes);
  const people = pairOf(map, "escalate")?.value;
  const away = isMap(people) ? pairOf(people, "away")?.value : null;
  if (!isMap(people) || people.flow || !isMap(away) || away.flow) return null;
  for (const [key, value] of [
    ["to", wanted.team],
    ["say", wanted.say],
  ] as const) {
    changes.push(...setScalar(text, people, key, value, columnOf(text, people)));
  }
  if (!wanted.awaySay && away.items.length === 1) return null;
  changes.push(...setScalar(text, away, "say", wanted.awaySay, columnOf(text, away)));
  return joined(changes);
}

function columnOf(text: string, map: YAMLMap): number {
  const at = map.range?.[0] ?? 0;
  return at - lineStart(text, at);
}

function write(map: YAMLMap, wanted: Effects): void {
  const known = effectsOf(map);
  for (const key of PLAIN) if (wanted[key] !== known[key]) put(map, key, wanted[key] ? new Scalar(wanted[key]) : null);
  for (const key of FLAGS) if (wanted[key] !== known[key]) put(map, key, wanted[key] ? new Scalar(true) : null);
  if (wanted.call_back !== known.call_back) put(map, "call_back", wanted.call_back ? new Scalar(true) : null);
  if (wanted.tag !== known.tag) put(map, "tag", tags(wanted.tag));
  const same = (["escalate", "team", "say", "awaySay"] as const).every((key) => wanted[key] === known[key]);
  if (!same) put(map, "escalate", wanted.escalate ? escalationNode(pairOf(map, "escalate")?.value, wanted) : null);
}

function tags(typed: string): Scalar | YAMLSeq | null {
  const words = typed.split(",").flatMap((word) => word.trim() || []);
  if (words.length < 2) return words[0] ? new Scalar(words[0]) : null;
  const list = new YAMLSeq();
  list.flow = true;
  for (const word of words) list.add(new Scalar(word));
  return list;
}

/** The team alone where nothing else is said, else a mapping; one that is there keeps what the form does not show. */
function escalationNode(known: unknown, { team, say, awaySay }: Effects): Scalar | YAMLMap {
  if (!isMap(known) && !say && !awaySay) return new Scalar(team || true);
  const map = isMap(known) ? known : new YAMLMap();
  if (!isMap(known)) map.flow = true;
  put(map, "to", team ? new Scalar(team) : null, ["to", "say", "away"]);
  put(map, "say", say ? new Scalar(say) : null, ["to", "say", "away"]);
  const old = pairOf(map, "away")?.value;
  const away = isMap(old) ? old : new YAMLMap();
  if (!isMap(old)) away.flow = true;
  put(away, "say", awaySay ? new Scalar(awaySay) : null, ["say"]);
  put(map, "away", away.items.length > 0 ? away : null, ["to", "say", "away"]);
  return map;
}

/** A key's value; null takes it away. A new key stands where `order` has it. */
function put(
  map: YAMLMap,
  key: string,
  node: Scalar | YAMLSeq | YAMLMap | null,
  order: readonly string[] = ORDER,
): void {
  const at = map.items.findIndex((pair) => isScalar(pair.key) && pair.key.value === key);
  const old = map.items[at];
  if (!node) {
    if (old) map.items.splice(at, 1);
  } else if (!old) {
    const rest = order.slice(order.indexOf(key) + 1);
    const before = map.items.findIndex((pair) => isScalar(pair.key) && rest.includes(String(pair.key.value)));
    map.items.splice(before === -1 ? map.items.length : before, 0, new Pair(new Scalar(key), node));
  } else {
    if (isScalar(node) && isScalar(old.value)) node.comment = old.value.comment;
    if (!isScalar(node) || !isScalar(old.value) || old.value.value !== node.value) old.value = node;
  }
}
