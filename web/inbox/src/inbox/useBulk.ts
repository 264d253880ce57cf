/** Doing something with several conversations, and taking it back. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { api } from "@/api/calls";
import type { Conversation } from "@/api/types";
import { useShortcuts } from "@/app/shortcuts";
import { useI18n } from "@/i18n";
import { inTurns, type Refused, type Step } from "@/inbox/bulk";
import { useUndo } from "@/inbox/useUndo";
import { knownConversation } from "@/live/cache";
import { readCache, rereadFound } from "@/live/queries";
import { toast } from "@/state/toasts";

export interface Bulk {
  /** How many are over, of how many; null while nothing runs. */
  busy: { over: number; n: number } | null;
  /** Those that were not changed the last time. */
  refused: Refused[];
  /** Carry a step out; `told` says what was done to how many. Answers the ids of those that were not changed. */
  run: (conversations: Conversation[], step: Step, told: (n: number) => string) => Promise<string[]>;
  forget: () => void;
}

export function useBulk(): Bulk {
  const { t } = useI18n();
  const client = useQueryClient();
  const [busy, setBusy] = useState<Bulk["busy"]>(null);
  const [refused, setRefused] = useState<Refused[]>([]);
  const { perform, offer, undo } = useUndo();

  const run = useCallback<Bulk["run"]>(
    async (conversations, step, told) => {
      const n = conversations.length;
      setRefused([]);
      setBusy({ over: 0, n });
      // The feed keeps lists up to date, and not what a search has found.
      const read = async ({ id }: Conversation) =>
        knownConversation(readCache(client), id) ?? (await api.conversation(id));
      const outcome = await inTurns(conversations, step, perform, (over) => setBusy({ over, n }), undefined, read);
      setBusy(null);
      setRefused(outcome.refused);
      rereadFound(client);
      const { done } = outcome;
      if (done.length > 0) offer(done, told(done.length));
      else if (outcome.refused.length === 0) toast("good", t("bulk.nothing"));
      return outcome.refused.map((one) => one.conversation.id);
    },
    [client, perform, offer, t],
  );

  useShortcuts({ undo: () => void undo() });
  return { busy, refused, run, forget: useCallback(() => setRefused([]), []) };
}
