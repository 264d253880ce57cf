/** Taking back what was done last, be it to one conversation or to several. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { type Action, api } from "@/api/calls";
import type { Conversation } from "@/api/types";
import { useMe } from "@/app/session";
import { useI18n } from "@/i18n";
import { type Done, inTurns, undoOf } from "@/inbox/bulk";
import { applyToQueries, rereadFound } from "@/live/queries";
import { dismiss, toast } from "@/state/toasts";

interface Undoable {
  done: Done[];
  toast: number;
  /** Whose doing it was. */
  me: string;
}

/** One for the whole page: whatever was done last is what is taken back. */
let undoable: Undoable | null = null;

export interface Undoing {
  /** Carry an action out, and show the answer at once. */
  perform: (id: string, action: Action) => Promise<Conversation>;
  /** Say what was done, with the way back where there is one. */
  offer: (done: Done[], told: string) => void;
  undo: () => Promise<void>;
}

export function useUndo(): Undoing {
  const { t } = useI18n();
  const me = useMe().operator.id;
  const client = useQueryClient();

  const perform = useCallback(
    async (id: string, action: Action) => {
      const data = await api.act(id, action);
      applyToQueries(client, [{ kind: "conversation", cursor: "", conversation: id, data }], me);
      return data;
    },
    [client, me],
  );

  const undo = useCallback(async () => {
    const last = undoable;
    if (last?.me !== me) return;
    undoable = null;
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
    rereadFound(client);
    if (undone > 0) toast("good", t("bulk.undone", { n: undone }));
    if (undone < last.done.length) toast("bad", t("bulk.stays", { n: last.done.length - undone }));
  }, [client, me, perform, t]);

  const offer = useCallback(
    (done: Done[], told: string) => {
      if (undoable) dismiss(undoable.toast);
      const way = done.some((one) => undoOf(one)) ? { label: t("bulk.undo"), run: () => void undo() } : undefined;
      const shown = toast("good", told, way);
      undoable = way ? { done, toast: shown, me } : null;
    },
    [me, t, undo],
  );
  return { perform, offer, undo };
}
