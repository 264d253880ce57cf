/** Which conversations of a list are chosen, to do something with them all. */
import { useCallback, useMemo, useRef, useState } from "react";
import type { Conversation } from "@/api/types";
import { useI18n } from "@/i18n";
import { MOST } from "@/inbox/bulk";
import { toast } from "@/state/toasts";

/** `chosen` with everything between two places, both included. An anchor that is gone leaves the one. */
export function withRange(chosen: ReadonlySet<string>, ids: string[], from: string | null, to: string): Set<string> {
  const [start, end] = [from === null ? -1 : ids.indexOf(from), ids.indexOf(to)];
  if (start < 0 || end < 0) return new Set(chosen).add(to);
  const between = ids.slice(Math.min(start, end), Math.max(start, end) + 1);
  return new Set([...chosen, ...between]);
}

export interface Chosen {
  /** Those that are chosen and still in the list, in its order. */
  items: Conversation[];
  has: (id: string) => boolean;
  /** Boxes stand beside all rows, and on a phone a tap chooses. */
  choosing: boolean;
  choose: (on: boolean) => void;
  toggle: (id: string) => void;
  /** Choose all from the one that was chosen last up to this one. */
  upTo: (id: string) => void;
  all: () => void;
  only: (ids: string[]) => void;
  clear: () => void;
}

export function useChosen(list: Conversation[]): Chosen {
  const { t } = useI18n();
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const [choosing, choose] = useState(false);
  const anchor = useRef<string | null>(null);
  const current = useRef({ ids, list });
  current.current = { ids, list };

  const set = useCallback(
    (next: Set<string>) => {
      const kept = [...next].slice(0, MOST);
      if (kept.length < next.size) toast("bad", t("bulk.most", { n: MOST }));
      setIds(new Set(kept));
    },
    [t],
  );
  const toggle = useCallback(
    (id: string) => {
      const next = new Set(current.current.ids);
      if (!next.delete(id)) next.add(id);
      anchor.current = id;
      set(next);
    },
    [set],
  );
  const upTo = useCallback(
    (id: string) => {
      const { ids: known, list: shown } = current.current;
      set(withRange(known, shown.map((item) => item.id), anchor.current, id)); // biome-ignore format: one step
      anchor.current = id;
    },
    [set],
  );
  const only = useCallback((wanted: string[]) => setIds(new Set(wanted)), []);
  const all = useCallback(() => set(new Set(current.current.list.map((item) => item.id))), [set]);
  const clear = useCallback(() => {
    setIds(new Set());
    choose(false);
    anchor.current = null;
  }, []);
  const items = useMemo(() => list.filter((item) => ids.has(item.id)), [list, ids]);
  const has = useCallback((id: string) => ids.has(id), [ids]);
  return useMemo(
    () => ({ items, has, choosing: choosing || items.length > 0, choose, toggle, upTo, all, only, clear }),
    [items, has, choosing, toggle, upTo, all, only, clear],
  );
}
