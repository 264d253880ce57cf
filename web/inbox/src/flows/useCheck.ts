/** What the hub finds in a draft, a moment after the last key. */
import { useEffect, useRef, useState } from "react";
import { flowApi } from "@/flows/calls";
import { type Files, sourcesOf } from "@/flows/draft";
import type { Checked } from "@/flows/types";

const CHECK_AFTER_MS = 300;

export interface Check extends Checked {
  busy: boolean;
  /** The last check could not be asked for. */
  failed: boolean;
}

export function useCheck(flow: string, files: Files, own: string): Check {
  const [check, setCheck] = useState<Check>({ problems: [], langs: [], texts: {}, busy: true, failed: false });
  const first = useRef(true);
  useEffect(() => {
    const abort = new AbortController();
    const ask = async () => {
      setCheck((known) => ({ ...known, busy: true }));
      try {
        const found = await flowApi.check(flow, sourcesOf(files, own), abort.signal);
        if (!abort.signal.aborted) setCheck({ ...found, busy: false, failed: false });
      } catch {
        if (!abort.signal.aborted) setCheck((known) => ({ ...known, busy: false, failed: true }));
      }
    };
    const timer = setTimeout(() => void ask(), first.current ? 0 : CHECK_AFTER_MS);
    first.current = false;
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [flow, files, own]);
  return check;
}
