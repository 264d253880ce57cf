/** The shapes of the flow API. */
import type { Facts, Tree } from "@switchboard/conditions";

export interface Source {
  name: string;
  text: string;
}

export type FlowState = "draft" | "published" | "changed";

export interface FlowSummary {
  flow: string;
  title: string;
  version: string | null;
  published_at: string | null;
  revision: number;
  state: FlowState;
  /** Sessions that have not ended, by version. */
  live: Record<string, number>;
  archived: boolean;
  errors: number;
  warnings: number;
  updated_at: string | null;
}

export interface Draft {
  flow: string;
  sources: Source[];
  revision: number;
  updated_at: string;
  updated_by: string | null;
}

export interface Problem {
  file: string;
  line: number;
  column: number;
  code: string;
  sentence: string;
  suggestion: string | null;
  severity: "error" | "warning";
  /** The same in Russian. */
  ru: { sentence: string; suggestion: string | null };
}

export interface Checked {
  problems: Problem[];
  /** The flow's own language first; empty while there are errors. */
  langs: string[];
  /** What a translation has to say, by key, in the order of the flow. */
  texts: Record<string, string>;
}

/** Somebody else, or oneself in another window, who has the draft open. */
export interface Author {
  operator: string;
  name: string;
  typing: boolean;
}

/** What flows may mention of the project. */
export interface Names {
  teams: string[];
  webhooks: string[];
  stages: string[];
}

/** A session that will not come to its end by itself. */
export interface StuckSession {
  session: string;
  conversation: string;
  channel: string;
  contact_name: string | null;
  flow: string;
  version: number;
  why: "asks_nothing" | "bot_failed" | "bot_silent" | "not_delivered" | "too_long";
  /** The service's word for what was not delivered. */
  reason: string | null;
  question: string | null;
  started_at: string;
  since: string;
}

export interface Publication {
  problems: Problem[];
  newest: string | null;
  patch_possible: boolean;
  live: Record<string, number>;
}

export interface Version {
  version: number;
  patch: number;
  label: string;
  title: string;
  restores: string | null;
  at: string;
  by: string | null;
}

export interface VersionDetail extends Version {
  sources: Source[];
}

export const MODES = ["telegram", "chat", "email", "form", "call"] as const;
export type Mode = (typeof MODES)[number];

export interface Choice {
  label: string;
  value: string;
  code: string | null;
  selected: boolean;
}

export interface Prompt {
  question: string;
  type: string;
  text: string;
  hint: string | null;
  link: string | null;
  choices: Choice[];
  multiple: boolean;
  max_choices: number | null;
  alone: string[];
  optional: boolean;
  limits: [string | null, string | null];
  accept: string[];
  request: string | null;
  turn: number;
}

/** One thing that a step caused. */
export interface Effect {
  /** `say`, `set_stage`, `escalate` and so on. */
  kind: string;
  /** What it says, or what it names. */
  text: string;
  prompt: Prompt | null;
}

export interface Given {
  question: string;
  label: string;
  shown: string;
  refusal: string | null;
}

export interface PageQuestion {
  kind: "question";
  prompt: Prompt;
  /** What was answered, as a form holds it. */
  given: string | string[] | null;
  /** When it is asked; null: always. */
  relevant: Tree | boolean | null;
}

export interface PageNote {
  kind: "note";
  text: string;
  relevant: Tree | boolean | null;
}

export interface FormPage {
  heading: string | null;
  items: (PageQuestion | PageNote)[];
}

export type PreviewEvent =
  | { kind: "begin" }
  | { kind: "said"; text?: string; button?: string; sample?: "file" | "phone" | "location" }
  | { kind: "filled"; values: Record<string, string | string[] | boolean>; refused: Record<string, string> }
  | { kind: "wait"; seconds: number };

/** What somebody did, and in which mode. */
export interface Played {
  mode: Mode;
  event: PreviewEvent;
}

export interface PreviewStep {
  effects: Record<Mode, Effect[]>;
  faults: Record<string, string>;
}

export interface Preview {
  steps: PreviewStep[];
  now: string;
  pages: Record<"form" | "call", FormPage[]>;
  /** The answers so far, as conditions compare them. */
  facts: Facts;
  answers: Given[];
  score: number;
  outcome: string | null;
  finished: boolean;
  open: string | null;
  timers: { due: string; at: string }[];
  problems: Problem[];
}

export interface StartRule {
  flow: string;
  on: "first_message" | "words" | "start" | "button" | "resolved";
  words: string[];
  payload: string | null;
}

export interface Statistics {
  started: number;
  finished: number;
  live: number;
  median_s: number | null;
  outcomes: { outcome: string; count: number }[];
  questions: { question: string; asked: number; answered: number; skipped: number; dropped: number }[];
}
