/** What an operator does to a conversation, with the answer shown at once and refusals said in words. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { type Action, api } from "@/api/calls";
import { ApiError } from "@/api/client";
import { useMe } from "@/app/session";
import { type T, useI18n } from "@/i18n";
import { useWords } from "@/i18n/words";
import { type Names, useNames } from "@/inbox/names";
import { applyToQueries, keys } from "@/live/queries";
import { toast } from "@/state/toasts";

/** Who was faster, if that is why the hub refused. */
function takenBy(error: unknown, t: T, names: Names): string | null {
  if (!(error instanceof ApiError) || error.code !== "already_taken") return null;
  const holder = error.extra.assignee;
  return typeof holder === "string" ? t("error.taken_by", { name: names.operator(holder) }) : t("error.taken");
}

export type Act = (action: Action, done?: string) => Promise<boolean>;

/** `[act, busy]`: `act` resolves to whether it was done. */
export function useAct(id: string): [Act, boolean] {
  const { t } = useI18n();
  const me = useMe().operator.id;
  const names = useNames();
  const client = useQueryClient();
  const words = useWords();
  const [busy, setBusy] = useState(false);
  const act = useCallback<Act>(
    async (action, done) => {
      setBusy(true);
      try {
        const data = await api.act(id, action);
        applyToQueries(client, [{ kind: "conversation", cursor: "", conversation: id, data }], me);
        void client.invalidateQueries({ queryKey: keys.counters });
        if (done) toast("good", done);
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
    [id, client, me, names, t, words],
  );
  return [act, busy];
}
