/** The words of the flow grammar, as docs/writing_flows.md explains them. */

export const TYPES = [
  "consent",
  "yesno",
  "choice",
  "choices",
  "text",
  "number",
  "rating",
  "date",
  "phone",
  "email",
  "file",
  "location",
] as const;
export type QuestionType = (typeof TYPES)[number];

/** Steps that are no question: their first key is this word. */
export const STEP_WORDS = ["part", "say", "do", "use"] as const;
export type StepWord = (typeof STEP_WORDS)[number];

export const FLOW_KEYS = [
  "flow",
  "title",
  "lang",
  "start",
  "intro",
  "ask",
  "score",
  "outcomes",
  "commands",
  "retry",
  "silence",
  "calls",
  "faq",
] as const;

export const QUESTION_KEYS = [
  "text",
  "hint",
  "script",
  "if",
  "optional",
  "options",
  "synonyms",
  "range",
  "max",
  "alone",
  "link",
  "accept",
  "check",
  "save",
  "else",
  "retry",
] as const;

export const EFFECTS = [
  "stage",
  "tag",
  "escalate",
  "priority",
  "start",
  "after",
  "call_back",
  "webhook",
  "erase",
] as const;
export const BARE_EFFECTS = ["escalate", "opt_out", "erase", "call_back"] as const;
export const PRIORITIES = ["low", "medium", "high", "urgent"] as const;
export const COMMANDS = ["stop", "operator", "back", "skip", "restart"] as const;
export const FUNCTIONS = ["answered", "count"] as const;
export const CONTACT_FIELDS = ["contact.name", "contact.phone", "contact.email", "contact.company"] as const;
export const FILE_KINDS = ["pdf", "docx", "xlsx", "image", "audio", "video"] as const;

/** Keys that only some types understand; the others may stand in every question. */
const ONLY: Partial<Record<string, readonly QuestionType[]>> = {
  options: ["choice", "choices"],
  synonyms: ["choice", "choices"],
  max: ["choices", "file"],
  alone: ["choices"],
  range: ["text", "number", "rating", "date"],
  accept: ["file"],
  else: ["consent", "yesno"],
  save: TYPES.filter((type) => type !== "file"),
  optional: TYPES.filter((type) => type !== "consent"),
};

/** Whether a question of `type` may have `key`. An unknown type may have all. */
export function mayHave(type: string, key: string): boolean {
  const only = ONLY[key];
  return !only || !isType(type) || only.includes(type);
}

export function isType(word: string): word is QuestionType {
  return (TYPES as readonly string[]).includes(word);
}

export function isStepWord(word: string): word is StepWord {
  return (STEP_WORDS as readonly string[]).includes(word);
}

/** What an id may look like; these words have a meaning of their own. */
export const ID = /^[a-z][a-z0-9_]*$/;
const RESERVED = new Set(
  "today score true false and or not in if else is from class def return import for while none title intro".split(" "),
);

export function isId(word: string): boolean {
  return ID.test(word) && !RESERVED.has(word) && !isStepWord(word);
}
