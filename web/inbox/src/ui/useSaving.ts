/** Runs what a form or a button does: busy meanwhile, and in words what went wrong. */
import { useCallback, useState } from "react";
import { useI18n } from "@/i18n";
import { wordsOf } from "@/inbox/actions";
import { toast } from "@/state/toasts";

export function useSaving(): { busy: boolean; run: (work: () => Promise<unknown>, done?: string) => Promise<boolean> } {
  const { t } = useI18n();
  const [busy, setBusy] = useState(false);
  const run = useCallback(
    async (work: () => Promise<unknown>, done?: string) => {
      setBusy(true);
      try {
        await work();
        if (done) toast("good", done);
        return true;
      } catch (error) {
        toast("bad", wordsOf(error, t));
        return false;
      } finally {
        setBusy(false);
      }
    },
    [t],
  );
  return { busy, run };
}
