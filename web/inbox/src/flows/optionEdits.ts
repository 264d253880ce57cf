/** Edits of a question's options and their synonyms; what stays keeps its quotes and comments. */
import { isMap, isScalar, Pair, Scalar, YAMLMap, YAMLSeq } from "yaml";
import { type Option, optionsOf, synonymsOf } from "@/flows/outline";
import { addPair, type Change, pairOf, removePair, setValueNode, wordsOf } from "@/flows/yamlText";

export function flowMap(options: Option[]): YAMLMap {
  const map = new YAMLMap();
  map.flow = true;
  for (const { code, label } of options) map.add(new Pair(new Scalar(code), new Scalar(label)));
  return map;
}

/** The synonyms that are left; words that stay keep their list as it is written. */
export function setSynonyms(text: string, map: YAMLMap, fresh: Record<string, string>, indent: number): Change[] {
  const pair = pairOf(map, "synonyms");
  const node = pair?.value;
  const known = synonymsOf(node);
  const words = Object.entries(fresh).map(([code, typed]) => [code, wordsIn(typed)] as const);
  const wanted = words.filter(([, list]) => list.length > 0);
  const said = (entries: readonly (readonly [string, string[]])[]) => JSON.stringify(entries);
  if (said(Object.entries(known).map(([code, typed]) => [code, wordsIn(typed)])) === said(wanted)) return [];
  if (pair && wanted.length === 0) return [removePair(text, pair, indent)];
  const next = isMap(node) ? node : new YAMLMap();
  if (!isMap(node)) next.flow = true;
  next.items = wanted.map(([code, list]) => {
    const old = isMap(node) ? pairOf(node, code) : undefined;
    if (old && said([[code, wordsIn(known[code] ?? "")]]) === said([[code, list]])) return old;
    const sequence = new YAMLSeq();
    sequence.flow = true;
    for (const word of list) sequence.add(new Scalar(word));
    return new Pair(old?.key ?? new Scalar(code), sequence);
  });
  return pair ? setValueNode(text, pair, next, indent) : [addPair(text, map, "synonyms", next, indent)];
}

function wordsIn(typed: string): string[] {
  return typed.split(",").flatMap((word) => word.trim() || []);
}

/** The options in their new order. Those that stay keep their quotes and comments. */
export function setOptions(text: string, map: YAMLMap, options: Option[], indent: number): Change[] {
  const pair = pairOf(map, "options");
  if (!pair) return options.length > 0 ? [addPair(text, map, "options", flowMap(options), indent)] : [];
  if (options.length === 0) return [removePair(text, pair, indent)];
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
