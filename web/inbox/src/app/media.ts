/** Media queries as hooks. */
import { useCallback, useSyncExternalStore } from "react";

export const PHONE = "(max-width: 767px)";
/** Enough for list, thread and contact side by side. */
export const WIDE = "(min-width: 1180px)";

export function useMedia(query: string): boolean {
  const subscribe = useCallback(
    (listener: () => void) => {
      const list = window.matchMedia(query);
      list.addEventListener("change", listener);
      return () => list.removeEventListener("change", listener);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => window.matchMedia(query).matches);
}

/** The time, again every `everyMs`: for words such as "4m". */
export function useNow(everyMs = 30_000): number {
  const subscribe = useCallback(
    (listener: () => void) => {
      const timer = setInterval(listener, everyMs);
      return () => clearInterval(timer);
    },
    [everyMs],
  );
  return useSyncExternalStore(subscribe, () => Math.floor(Date.now() / everyMs) * everyMs + everyMs);
}
