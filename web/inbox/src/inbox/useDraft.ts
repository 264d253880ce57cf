/** What is being written, kept on the hub as one types, so that another device can go on. */
import { useCallback, useEffect, useRef, useState } from "react";
import { api } from "@/api/calls";
import { LEAVING } from "@/api/client";
import type { ConversationDetail, Draft } from "@/api/types";
import { sameDraft } from "@/live/drafts";

const QUIET_MS = 600;

/** Without what the hub says beside it, such as when it was changed. */
function plain({ text, direction, copies }: Draft): Draft {
  return { text, direction, copies };
}

/** `[draft, change]`. A change is saved a moment later, and at once when the page is left. */
export function useDraft(detail: ConversationDetail): [Draft, (change: Partial<Draft>) => void] {
  const { id } = detail;
  const [draft, setDraft] = useState<Draft>(() => plain(detail.draft ?? { text: "", direction: "out", copies: [] }));
  const newest = useRef<Draft>(draft);
  const saved = useRef<Draft>(draft);
  const unsaved = useRef<Draft | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  const save = useCallback(
    (leaving: boolean) => {
      clearTimeout(timer.current);
      const next = unsaved.current;
      if (!next) return;
      unsaved.current = null;
      saved.current = next;
      api.saveDraft(id, next, leaving).catch(() => {
        // Said by the link's banner; the text stays here and goes out with the next change.
        unsaved.current ??= next;
      });
    },
    [id],
  );

  const change = useCallback(
    (part: Partial<Draft>) => {
      const next = { ...newest.current, ...part };
      newest.current = next;
      setDraft(next);
      unsaved.current = next;
      clearTimeout(timer.current);
      timer.current = setTimeout(() => save(false), QUIET_MS);
    },
    [save],
  );

  useEffect(() => {
    const leave = () => save(true);
    window.addEventListener("pagehide", leave);
    window.addEventListener(LEAVING, leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      window.removeEventListener(LEAVING, leave);
      leave();
    };
  }, [save]);

  // From another device: taken over unless something is being written here.
  const remote = detail.draft;
  useEffect(() => {
    if (unsaved.current || !remote || sameDraft(remote, saved.current)) return;
    if (sameDraft(newest.current, saved.current)) {
      newest.current = plain(remote);
      setDraft(newest.current);
    }
    saved.current = remote;
  }, [remote]);

  return [draft, change];
}
