/** What is being written, kept on the hub as one types, so that another device can go on. */
import { useCallback, useEffect, useSyncExternalStore } from "react";
import type { ConversationDetail, Draft } from "@/api/types";
import { useDrafts } from "@/state/ComposingProvider";

const EMPTY: Draft = { text: "", direction: "out", copies: [] };

export interface Writing {
  draft: Draft;
  /** The hub has not got it for a while: only this browser has it. */
  late: boolean;
  change: (part: Partial<Draft>) => void;
}

/** A change is saved a moment later, and at once when the conversation or the page is left. */
export function useDraft(detail: ConversationDetail): Writing {
  const { id, draft: remote } = detail;
  const drafts = useDrafts();
  const mine = useSyncExternalStore(drafts.subscribe, () => drafts.of(id));
  const late = useSyncExternalStore(drafts.subscribe, () => drafts.isLate(id));
  useEffect(() => drafts.seen(id, remote), [drafts, id, remote]);
  useEffect(() => () => drafts.saveNow(false), [drafts]);
  const change = useCallback(
    (part: Partial<Draft>) => {
      const { text, direction, copies } = drafts.of(id) ?? remote ?? EMPTY;
      drafts.write(id, { text, direction, copies, ...part }, remote);
    },
    [drafts, id, remote],
  );
  return { draft: mine ?? remote ?? EMPTY, late, change };
}
