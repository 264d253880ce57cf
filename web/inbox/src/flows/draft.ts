/**
 * A draft that several people may write at once: what the hub holds, what this page shows, and what is on its way.
 *
 * Pure: `reduce` says what follows from each event. A page that is behind never sends over a newer revision, since the
 * hub refuses it; what both sides changed is then laid before the person who decides.
 */
import type { Draft, Source } from "@/flows/types";

export type Files = Record<string, string>;

/** What the hub holds, as far as this page knows. */
export interface Kept {
  revision: number;
  files: Files;
  by: string | null;
  at: string;
}

export interface DraftState {
  kept: Kept;
  files: Files;
  /** What is being sent, or null. */
  sending: Files | null;
  /** A newer draft that cannot be joined with what is written here. */
  theirs: Kept | null;
  /** The last save failed for another reason; it is tried again. */
  failed: string | null;
}

export type DraftEvent =
  | { type: "edit"; file: string; text: string }
  | { type: "replace"; files: Files }
  | { type: "send" }
  | { type: "saved"; draft: Kept }
  | { type: "failed"; reason: string }
  | { type: "seen"; draft: Kept }
  | { type: "resolve"; files: Files };

export function keptOf(draft: Draft): Kept {
  return {
    revision: draft.revision,
    files: filesOf(draft.sources),
    by: draft.updated_by,
    at: draft.updated_at,
  };
}

export function filesOf(sources: Source[]): Files {
  return Object.fromEntries(sources.map((source) => [source.name, source.text]));
}

/** The files as the hub takes them: the flow's own first, translations by name. */
export function sourcesOf(files: Files, own: string): Source[] {
  const rest = Object.keys(files).filter((name) => name !== own);
  return [own, ...rest.sort()].filter((name) => name in files).map((name) => ({ name, text: files[name] ?? "" }));
}

export function begin(kept: Kept): DraftState {
  return { kept, files: kept.files, sending: null, theirs: null, failed: null };
}

export function sameFiles(one: Files, other: Files): boolean {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

export function isDirty(state: DraftState): boolean {
  return !sameFiles(state.files, state.kept.files);
}

/** Whether there is something to send and nothing in its way. */
export function shouldSend(state: DraftState): boolean {
  return isDirty(state) && state.sending === null && state.theirs === null;
}

/** Both sides' changes together, file by file; null when both changed the same file differently. */
export function joined(base: Files, mine: Files, theirs: Files): Files | null {
  const result: Files = {};
  for (const name of new Set([...Object.keys(base), ...Object.keys(mine), ...Object.keys(theirs)])) {
    const [was, here, there] = [base[name], mine[name], theirs[name]];
    if (here !== was && there !== was && here !== there) return null;
    const next = here !== was ? here : there;
    if (next !== undefined) result[name] = next;
  }
  return result;
}

export function reduce(state: DraftState, event: DraftEvent): DraftState {
  switch (event.type) {
    case "edit":
      return { ...state, files: { ...state.files, [event.file]: event.text } };
    case "replace":
      return { ...state, files: event.files };
    case "send":
      return shouldSend(state) ? { ...state, sending: state.files } : state;
    case "saved":
      return { ...state, kept: event.draft, sending: null, failed: null };
    case "failed":
      return { ...state, sending: null, failed: event.reason };
    case "seen":
      return withNewer({ ...state, sending: null }, event.draft, state.sending !== null);
    case "resolve":
      return state.theirs
        ? { ...state, kept: state.theirs, files: event.files, theirs: null, failed: null }
        : { ...state, files: event.files };
  }
}

/** Somebody else's draft was met, by a refused save or by looking. */
function withNewer(state: DraftState, newer: Kept, refused: boolean): DraftState {
  if (newer.revision <= state.kept.revision && !refused) return state;
  const together = joined(state.kept.files, state.files, newer.files);
  if (together) return { ...state, kept: newer, files: together, theirs: null, failed: null };
  return { ...state, theirs: newer };
}
