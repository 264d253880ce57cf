/** Who else has this draft open: says every few seconds that this window has, and whether something is typed in it. */
import { useEffect, useRef, useState } from "react";
import { flowApi } from "@/flows/calls";
import type { Author } from "@/flows/types";

const SAY_EVERY_MS = 4_000;
/** After the last key one counts as typing for so long. */
const TYPING_MS = 6_000;
/** One for this window, as long as it is open. */
const WINDOW = crypto.randomUUID();
const NOBODY: Author[] = [];

/** `written` is what is typed in this window: a change of it is typing. */
export function useAuthors(flow: string, written: unknown): Author[] {
  const [others, setOthers] = useState(NOBODY);
  const typedAt = useRef(Number.NEGATIVE_INFINITY);
  const first = useRef(true);
  const say = useRef<() => void>(() => undefined);
  useEffect(() => {
    let open = true;
    let asking = false;
    say.current = () => {
      if (document.hidden || asking) return;
      asking = true;
      flowApi
        .noteAuthor(flow, WINDOW, performance.now() - typedAt.current < TYPING_MS)
        .then((page) => open && setOthers(page.items))
        // It is said again in a moment; until then nothing is known.
        .catch(() => open && setOthers(NOBODY))
        .finally(() => {
          asking = false;
        });
    };
    say.current();
    const timer = setInterval(() => say.current(), SAY_EVERY_MS);
    const leave = () => void flowApi.forgetAuthor(flow, WINDOW).catch(() => undefined);
    window.addEventListener("pagehide", leave);
    return () => {
      open = false;
      clearInterval(timer);
      window.removeEventListener("pagehide", leave);
      leave();
    };
  }, [flow]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each change of the text is typing
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    const began = performance.now() - typedAt.current >= TYPING_MS;
    typedAt.current = performance.now();
    if (began) say.current();
  }, [written]);
  return others;
}
