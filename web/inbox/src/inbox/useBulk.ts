/** Doing something with several conversations, and taking it back. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useRef, useState } from "react";
import { type Action, api } from "@/api/calls";
import type { Conversation } from "@/api/types";
import { useMe } from "@/app/session";
import { useShortcuts } from "@/app/shortcuts";
import { useI18n } from "@/i18n";
import { type Done, inTurns, type Refused, type Step, undoOf } from "@/inbox/bulk";
import { applyToQueries, keys } from "@/live/queries";
import { dismiss, toast } from "@/state/toasts";

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
  const me = useMe().operator.id;
  const client = useQueryClient();
  const [busy, setBusy] = useState<Bulk["busy"]>(null);
  const [refused, setRefused] = useState<Refused[]>([]);
  const undoable = useRef<{ done: Done[]; toast: number } | null>(null);

  const perform = useCallback(
    async (id: string, action: Action) => {
      const data = await api.act(id, action);
      applyToQueries(client, [{ kind: "conversation", cursor: "", conversation: id, data }], me);
      return data;
    },
    [client, me],
  );

  const undo = useCallback(async () => {
    const last = undoable.current;
    if (!last) return;
    undoable.current = null;
    dismiss(last.toast);
    const back = new Map(last.done.map((one) => [one.after.id, one]));
    let undone = 0;
    await inTurns(
      last.done.map((one) => one.after),
      ({ id }) => {
        const one = back.get(id);
        return one ? undoOf(one) : null;
      },
      async (id, action) => {
        // Somebody has worked on it since, or the contact has written: that is not to be swept away.
        const now = await api.conversation(id);
        if (now.seq !== back.get(id)?.after.seq) throw new Error("changed since");
        const data = await perform(id, action);
        undone++;
        return data;
      },
    );
    void client.invalidateQueries({ queryKey: keys.counters });
    if (undone > 0) toast("good", t("bulk.undone", { n: undone }));
    if (undone < last.done.length) toast("bad", t("bulk.stays", { n: last.done.length - undone }));
  }, [client, perform, t]);

  const run = useCallback<Bulk["run"]>(
    async (conversations, step, told) => {
      const n = conversations.length;
      setRefused([]);
      setBusy({ over: 0, n });
      const outcome = await inTurns(conversations, step, perform, (over) => setBusy({ over, n }));
      setBusy(null);
      setRefused(outcome.refused);
      void client.invalidateQueries({ queryKey: keys.counters });
      const { done } = outcome;
      if (done.length > 0) {
        const way = done.some((one) => undoOf(one)) ? { label: t("bulk.undo"), run: () => void undo() } : undefined;
        const shown = toast("good", told(done.length), way);
        undoable.current = way ? { done, toast: shown } : null;
      } else if (outcome.refused.length === 0) toast("good", t("bulk.nothing"));
      return outcome.refused.map((one) => one.conversation.id);
    },
    [client, perform, t, undo],
  );

  useShortcuts({ undo: () => void undo() });
  return { busy, refused, run, forget: useCallback(() => setRefused([]), []) };
}
