/** Runs what a form or a button does: busy meanwhile, and in words what went wrong. */
import { useCallback, useState } from "react";
import { useWords } from "@/i18n/words";
import { toast } from "@/state/toasts";

export function useSaving(): { busy: boolean; run: (work: () => Promise<unknown>, done?: string) => Promise<boolean> } {
  const words = useWords();
  const [busy, setBusy] = useState(false);
  const run = useCallback(
    async (work: () => Promise<unknown>, done?: string) => {
      setBusy(true);
      try {
        await work();
        if (done) toast("good", done);
        return true;
      } catch (error) {
        toast("bad", words(error));
        return false;
      } finally {
        setBusy(false);
      }
    },
    [words],
  );
  return { busy, run };
}
