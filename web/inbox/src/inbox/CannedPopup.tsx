/** Canned replies: `/` and a few letters, then Enter. */
import { useQuery } from "@tanstack/react-query";
import { type KeyboardEvent, type RefObject, useEffect, useMemo, useRef, useState } from "react";
import { api } from "@/api/calls";
import type { CannedReply } from "@/api/types";
import { useI18n } from "@/i18n";
import styles from "@/inbox/Composer.module.css";
import { keys } from "@/live/queries";

const MOST_SHOWN = 8;

/** The word after a `/` that stands before the caret, at the start or after a space; null for none. */
export function slashWord(text: string, caret: number): string | null {
  return /(?:^|\s)\/(\S*)$/.exec(text.slice(0, caret))?.[1] ?? null;
}

/** Best first: those whose shortcut begins with the word, then those that contain it anywhere. */
export function matching(replies: CannedReply[], word: string): CannedReply[] {
  const wanted = word.toLocaleLowerCase();
  const begins = replies.filter((item) => item.shortcut.toLocaleLowerCase().startsWith(wanted));
  const contains = replies.filter(
    (item) => !begins.includes(item) && `${item.shortcut} ${item.text}`.toLocaleLowerCase().includes(wanted),
  );
  return [...begins, ...contains].slice(0, MOST_SHOWN);
}

export interface Canned {
  open: boolean;
  active: number;
  items: CannedReply[];
  begin: () => void;
  close: () => void;
  pick: (reply: CannedReply) => void;
  setActive: (index: number) => void;
  onSelect: () => void;
  /** Whether the key was for the popup. */
  onKeyDown: (event: KeyboardEvent) => boolean;
}

export function useCanned(
  area: RefObject<HTMLTextAreaElement | null>,
  text: string,
  write: (text: string) => void,
): Canned {
  const [word, setWord] = useState<string | null>(null);
  const [active, setActive] = useState(0);
  const caretAfter = useRef<number | null>(null);
  const replies = useQuery({ queryKey: keys.canned, queryFn: api.cannedReplies, staleTime: 60_000 }).data;
  const items = useMemo(() => (word === null ? [] : matching(replies?.items ?? [], word)), [replies, word]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another word begins at its first hit
  useEffect(() => setActive(0), [word]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the caret is moved once the text stands
  useEffect(() => {
    if (caretAfter.current === null) return;
    area.current?.setSelectionRange(caretAfter.current, caretAfter.current);
    caretAfter.current = null;
  }, [text, area]);

  const onSelect = () => {
    const element = area.current;
    if (element) setWord(slashWord(element.value, element.selectionStart));
  };
  const pick = (reply: CannedReply) => {
    const caret = area.current?.selectionStart ?? text.length;
    const start = text.slice(0, caret).lastIndexOf("/");
    caretAfter.current = start + reply.text.length;
    write(text.slice(0, start) + reply.text + text.slice(caret));
    setWord(null);
    area.current?.focus();
  };
  const begin = () => {
    const element = area.current;
    if (!element) return;
    const caret = element.selectionStart;
    const before = text.slice(0, caret);
    const slash = before === "" || /\s$/.test(before) ? "/" : " /";
    caretAfter.current = caret + slash.length;
    write(before + slash + text.slice(caret));
    element.focus();
    setWord("");
  };
  const onKeyDown = (event: KeyboardEvent): boolean => {
    if (items.length === 0) return false;
    const current = items[active];
    if (event.key === "ArrowDown") setActive((active + 1) % items.length);
    else if (event.key === "ArrowUp") setActive((active + items.length - 1) % items.length);
    else if ((event.key === "Enter" || event.key === "Tab") && current) pick(current);
    else if (event.key === "Escape") setWord(null);
    else return false;
    event.preventDefault();
    return true;
  };
  return {
    open: items.length > 0,
    active,
    items,
    begin,
    close: () => setWord(null),
    pick,
    setActive,
    onSelect,
    onKeyDown,
  };
}

export function CannedPopup({ canned, id }: { canned: Canned; id: string }) {
  const { t } = useI18n();
  if (!canned.open) return null;
  return (
    <div id={id} role="listbox" aria-label={t("nav.canned")} className={styles.canned}>
      {canned.items.map((item, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the text field has the keys
        <div
          key={item.id}
          id={`${id}-${index}`}
          role="option"
          tabIndex={-1}
          aria-selected={index === canned.active}
          className={styles.cannedItem}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => canned.pick(item)}
          onPointerMove={() => canned.setActive(index)}
        >
          <span className={styles.cannedKey}>/{item.shortcut}</span>
          <span className={styles.cannedText}>{item.text}</span>
        </div>
      ))}
    </div>
  );
}
