/** Translations: which texts a flow has, which of them a language lacks, and edits of its file. */
import { isMap, isScalar, isSeq, type Pair, parseDocument, Scalar, stringify, type YAMLMap } from "yaml";
import { synonymsOf } from "@/flows/outline";
import { isStepWord } from "@/flows/vocabulary";
import { applied, type Change } from "@/flows/yamlText";

export interface TextKey {
  key: string;
  text: string;
  /** What it belongs to, for grouping. */
  kind: "flow" | "part" | "question" | "option" | "outcome";
}

/** A text that the hub named: options and the like hang below the question. */
export function textKey(key: string, text: string): TextKey {
  const kind =
    key === "title" || key === "intro" ? "flow" : /^[a-z]\w*\.[\w-]+(\.synonyms)?$/.test(key) ? "option" : "question";
  return { key, text, kind };
}

function words(node: unknown): string {
  if (!isScalar(node) || node.value === null || node.value === undefined) return "";
  return node.type === "PLAIN" ? (node.source ?? String(node.value)) : String(node.value);
}

function name(pair: Pair | undefined): string {
  return pair && isScalar(pair.key) ? String((pair.key.type === "PLAIN" && pair.key.source) || pair.key.value) : "";
}

function value(map: YAMLMap, key: string): unknown {
  return map.items.find((pair) => name(pair) === key)?.value;
}

/** Every text of the flow, in its order, by the key that a translation file uses. */
export function textsOf(text: string): TextKey[] {
  const root = parseDocument(text, { version: "1.2" }).contents;
  if (!isMap(root)) return [];
  const found: TextKey[] = [];
  const add = (key: string, node: unknown, kind: TextKey["kind"]) => {
    const written = words(node);
    if (written) found.push({ key, text: written, kind });
  };
  add("title", value(root, "title"), "flow");
  add("intro", value(root, "intro"), "flow");
  const ask = value(root, "ask");
  for (const step of isSeq(ask) ? ask.items.filter(isMap) : []) {
    const id = name(step.items[0]);
    if (id === "part") add(words(step.items[0]?.value), step.items[0]?.value, "part");
    else if (id === "say") add(words(step.items[0]?.value), step.items[0]?.value, "part");
    else if (!isStepWord(id)) addQuestion(id, step, add);
  }
  const outcomes = value(root, "outcomes");
  for (const outcome of isSeq(outcomes) ? outcomes.items.filter(isMap) : []) {
    add(name(outcome.items[0]), value(outcome, "say"), "outcome");
  }
  return found;
}

function addQuestion(
  id: string,
  step: YAMLMap,
  add: (key: string, node: unknown, kind: TextKey["kind"]) => void,
): void {
  add(id, value(step, "text"), "question");
  const options = value(step, "options");
  const synonyms = synonymsOf(value(step, "synonyms"));
  for (const option of isMap(options) ? options.items : []) {
    const code = name(option);
    add(`${id}.${code}`, option.value, "option");
    if (synonyms[code]) add(`${id}.${code}.synonyms`, new Scalar(synonyms[code]), "option");
  }
  add(`${id}.hint`, value(step, "hint"), "question");
  add(`${id}.script`, value(step, "script"), "question");
  const check = value(step, "check");
  for (const [index, rule] of (isMap(check) ? check.items : []).entries()) {
    add(`${id}.check.${index + 1}`, rule.value, "question");
  }
}

/** What a translation file says, by key. */
export function translationOf(text: string): Map<string, string> {
  const root = parseDocument(text, { version: "1.2" }).contents;
  const found = new Map<string, string>();
  if (isMap(root))
    for (const pair of root.items)
      found.set(name(pair), isSeq(pair.value) ? pair.value.items.map(words).join(", ") : words(pair.value));
  return found;
}

export function missingIn(keys: TextKey[], translation: Map<string, string>): string[] {
  return keys.filter(({ key }) => !translation.get(key)?.trim()).map(({ key }) => key);
}

/** The translation file with one text put in, changed, or taken out; comments and order stay. */
export function withTranslation(text: string, key: string, fresh: string): string {
  const document = parseDocument(text, { version: "1.2" });
  const root = document.contents;
  const line = fresh.trim() ? stringify({ [key]: fresh.trim() }, { lineWidth: 0 }) : "";
  const pair = isMap(root) ? root.items.find((one) => name(one) === key) : undefined;
  if (!pair || !isScalar(pair.key) || !pair.key.range) {
    const open = text && !text.endsWith("\n") ? "\n" : "";
    return line ? text + open + line : text;
  }
  const start = text.lastIndexOf("\n", pair.key.range[0] - 1) + 1;
  const node = pair.value as { range?: [number, number, number] } | null;
  let end = node?.range?.[1] ?? pair.key.range[1];
  if (line) {
    const trimmed = text.slice(0, end).trimEnd().length;
    end = Math.max(trimmed, pair.key.range[1]);
    if (!node?.range || node.range[1] === node.range[0]) end = Math.max(end, text.indexOf(":", pair.key.range[1]) + 1);
    return applied(text, [{ from: start, to: end, insert: line.trimEnd() } satisfies Change]);
  }
  const after = text.indexOf("\n", Math.max(start, text.slice(0, end).trimEnd().length));
  return applied(text, [{ from: start, to: after === -1 ? text.length : after + 1, insert: "" }]);
}

/** `en` of `lead.en.yml`; null for the flow's own file. */
export function languageOf(file: string): string | null {
  return /\.([a-z]{2,8})\.ya?ml$/.exec(file)?.[1] ?? null;
}
