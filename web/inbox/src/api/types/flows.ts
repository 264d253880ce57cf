/** Questionnaires as the inbox shows them; what their editor needs is in flows/types.ts. */

export type FlowSessionState = "active" | "waiting_operator" | "done" | "stopped" | "abandoned";

export interface FlowMark {
  session: string;
  flow: string;
  version: number;
  state: FlowSessionState;
  /** Rises with each step. */
  seq: number;
  open: string | null;
  score: number;
  outcome: string | null;
  stage: string | null;
}

export interface FlowSession {
  session: string;
  flow: string;
  title: string;
  version: string;
  newest: string | null;
  state: FlowSessionState;
  open: string | null;
  score: number;
  outcome: string | null;
  stage: string | null;
  started_at: string;
  ended_at: string | null;
  questions: { id: string; text: string; answer: { text: string; refusal: string | null } | null }[];
}

/** A flow as everybody in the project sees it. */
export interface FlowBrief {
  flow: string;
  title: string;
  version: string | null;
  archived: boolean;
}
