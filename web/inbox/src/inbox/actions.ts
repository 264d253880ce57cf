/** What an operator does to a conversation, with the answer shown at once and refusals said in words. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import type { Action } from "@/api/calls";
import { ApiError } from "@/api/client";
import type { Conversation } from "@/api/types";
import { type T, useI18n } from "@/i18n";
import { useWords } from "@/i18n/words";
import { type Names, useNames } from "@/inbox/names";
import { useUndo } from "@/inbox/useUndo";
import { keys } from "@/live/queries";
import { toast } from "@/state/toasts";

/** Who was faster, if that is why the hub refused. */
function takenBy(error: unknown, t: T, names: Names): string | null {
  if (!(error instanceof ApiError) || error.code !== "already_taken") return null;
  const holder = error.extra.assignee;
  return typeof holder === "string" ? t("error.taken_by", { name: names.operator(holder) }) : t("error.taken");
}

export type Act = (action: Action) => Promise<boolean>;

/** What is said of an action that takes the conversation away from where it was; the others show for themselves. */
const TOLD = { resolve: "done.resolve", spam: "done.spam", snooze: "done.snooze", assign: "done.assign" } as const;

/** `[act, busy]`: `act` resolves to whether it was done to `before`. */
export function useAct(before: Conversation): [Act, boolean] {
  const { id } = before;
  const { t } = useI18n();
  const { perform, offer } = useUndo();
  const names = useNames();
  const client = useQueryClient();
  const words = useWords();
  const [busy, setBusy] = useState(false);
  const act = useCallback<Act>(
    async (action) => {
      setBusy(true);
      try {
        const after = await perform(id, action);
        void client.invalidateQueries({ queryKey: keys.counters });
        const told = action.action in TOLD ? TOLD[action.action as keyof typeof TOLD] : null;
        if (told) offer([{ before, after }], t(told, { name: after.contact_name ?? t("contact.nameless") }));
        return true;
      } catch (error) {
        toast("bad", takenBy(error, t, names) ?? words(error));
        if (error instanceof ApiError && error.status === 409)
          void client.invalidateQueries({ queryKey: keys.detail(id) });
        return false;
      } finally {
        setBusy(false);
      }
    },
    [id, before, perform, offer, client, names, t, words],
  );
  return [act, busy];
}
