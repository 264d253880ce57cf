/** What is being written in this tab, texts and files, beyond the conversation that is shown. */
import { createContext, type ReactNode, use, useEffect, useMemo } from "react";
import { api } from "@/api/calls";
import { LEAVING, placeKey } from "@/api/client";
import { useLive } from "@/live/LiveProvider";
import { Drafts, keptDrafts } from "@/state/drafts";
import { Uploads } from "@/state/uploads";

const ComposingContext = createContext<{ drafts: Drafts; uploads: Uploads } | null>(null);

function useComposing() {
  const composing = use(ComposingContext);
  if (!composing) throw new Error("what is written needs ComposingProvider");
  return composing;
}

export const useDrafts = (): Drafts => useComposing().drafts;
export const useUploadsOfTab = (): Uploads => useComposing().uploads;

export function ComposingProvider({ children }: { children: ReactNode }) {
  const { status } = useLive();
  const place = placeKey();
  const composing = useMemo(
    () => ({ drafts: new Drafts(api.saveDraft, place, keptDrafts(place)), uploads: new Uploads(api.attach) }),
    [place],
  );

  useEffect(() => {
    composing.drafts.start();
    const leave = () => composing.drafts.saveNow(true);
    window.addEventListener("pagehide", leave);
    window.addEventListener(LEAVING, leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      window.removeEventListener(LEAVING, leave);
      composing.drafts.stop();
    };
  }, [composing]);

  useEffect(() => {
    if (status.state === "live") composing.drafts.wake();
  }, [composing, status.state]);

  return <ComposingContext value={composing}>{children}</ComposingContext>;
}
