/** A draft while its page is open: loaded, saved by itself, and kept in step with what others save. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useReducer, useRef } from "react";
import { ApiError, LEAVING, placeKey, request } from "@/api/client";
import { flowApi, flowKeys } from "@/flows/calls";
import {
  begin,
  type DraftState,
  type Files,
  isDirty,
  type Kept,
  keptOf,
  reduce,
  shouldSend,
  sourcesOf,
} from "@/flows/draft";
import type { Draft } from "@/flows/types";
import { useWords } from "@/i18n/words";

const SAVE_AFTER_MS = 900;
const TRY_AGAIN_MS = 8_000;
/** How soon a colleague's save is seen while nothing is typed here. */
const LOOK_EVERY_MS = 12_000;

export interface Drafting {
  state: DraftState;
  own: string;
  edit: (file: string, text: string) => void;
  replace: (files: Files) => void;
  resolve: (files: Files) => void;
  /** Save now; the revision that the hub has then, or null when it could not be saved. */
  flush: () => Promise<number | null>;
}

/** What could not be saved when the page was left. */
const storeKey = (flow: string) => `switchboard.flow.${placeKey()}.${flow}`;

interface Left {
  kept: Kept;
  files: Files;
}

function leftOf(flow: string): Left | null {
  try {
    const raw = localStorage.getItem(storeKey(flow));
    return raw ? (JSON.parse(raw) as Left) : null;
  } catch {
    return null;
  }
}

function firstState(draft: Draft): DraftState {
  const left = leftOf(draft.flow);
  const kept = keptOf(draft);
  if (!left) return begin(kept);
  return reduce({ ...begin(left.kept), files: left.files }, { type: "seen", draft: kept });
}

export function useDraft(draft: Draft): Drafting {
  const { flow } = draft;
  const own = draft.sources[0]?.name ?? `${flow}.yml`;
  const client = useQueryClient();
  const words = useWords();
  const [state, dispatch] = useReducer(reduce, draft, firstState);
  const latest = useRef(state);
  latest.current = state;
  const running = useRef<Promise<number | null> | null>(null);

  const send = useCallback(async (): Promise<number | null> => {
    const { kept, files } = latest.current;
    if (!isDirty(latest.current)) return kept.revision;
    if (latest.current.theirs) return null;
    dispatch({ type: "send" });
    try {
      const saved = await flowApi.save(flow, kept.revision, sourcesOf(files, own));
      dispatch({ type: "saved", draft: keptOf(saved) });
      client.setQueryData(flowKeys.draft(flow), saved);
      void client.invalidateQueries({ queryKey: flowKeys.list });
      return saved.revision;
    } catch (error) {
      const newer = error instanceof ApiError && error.code === "draft_moved_on" ? (error.extra.newer as Draft) : null;
      if (newer) dispatch({ type: "seen", draft: keptOf(newer) });
      else dispatch({ type: "failed", reason: words(error) });
      return null;
    }
  }, [client, flow, own, words]);

  const flush = useCallback(async () => {
    await running.current;
    running.current = send();
    const revision = await running.current;
    running.current = null;
    return revision;
  }, [send]);

  // Saved a moment after the last key, and again later when that failed.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each change of the files begins the wait anew
  useEffect(() => {
    if (!shouldSend(state)) return;
    const timer = setTimeout(() => void flush(), state.failed ? TRY_AGAIN_MS : SAVE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [state.files, state.sending, state.theirs, state.failed, flush]);

  useEffect(() => {
    const look = async () => {
      if (document.hidden || latest.current.sending || latest.current.theirs) return;
      const newer = await flowApi.draft(flow).catch(() => null);
      if (newer && !latest.current.sending) dispatch({ type: "seen", draft: keptOf(newer) });
    };
    const timer = setInterval(() => void look(), LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [flow]);

  useEffect(() => {
    let sent = false;
    const warn = (event: BeforeUnloadEvent) => {
      if (isDirty(latest.current) && !sent) event.preventDefault();
    };
    const left = () => {
      if (!sent) leave(flow, own, latest.current);
    };
    const leaving = () => {
      left();
      sent = true;
    };
    window.addEventListener("beforeunload", warn);
    window.addEventListener("pagehide", left);
    window.addEventListener(LEAVING, leaving);
    return () => {
      window.removeEventListener(LEAVING, leaving);
      window.removeEventListener("beforeunload", warn);
      window.removeEventListener("pagehide", left);
      left();
    };
  }, [flow, own]);

  // What an earlier visit left behind is in the hub now.
  const dirty = isDirty(state);
  useEffect(() => {
    if (!dirty) localStorage.removeItem(storeKey(flow));
  }, [dirty, flow]);

  return {
    state,
    own,
    edit: useCallback((file, text) => dispatch({ type: "edit", file, text }), []),
    replace: useCallback((files) => dispatch({ type: "replace", files }), []),
    resolve: useCallback((files) => dispatch({ type: "resolve", files }), []),
    flush,
  };
}

/** The page closes: what is not saved is sent, and kept in the browser until that is known to have worked. */
function leave(flow: string, own: string, state: DraftState): void {
  localStorage.removeItem(storeKey(flow));
  if (!isDirty(state)) return;
  localStorage.setItem(storeKey(flow), JSON.stringify({ kept: state.kept, files: state.files } satisfies Left));
  if (state.theirs) return;
  const body = { revision: state.kept.revision, sources: sourcesOf(state.files, own) };
  request("PUT", `/flows/${flow}`, { body, keepalive: true })
    .then(() => localStorage.removeItem(storeKey(flow)))
    .catch(() => undefined);
}
