/** Keyboard shortcuts: by the place of a key, so that they work on every keyboard layout, and never while typing. */
import { useEffect, useRef } from "react";
import type { View } from "@/api/types";
import { preferences } from "@/state/preferences";

/** The second key after G. */
export const GO_KEYS: Record<View, string> = {
  unattended: "KeyU",
  mine: "KeyM",
  unassigned: "KeyN",
  bot: "KeyB",
  all: "KeyA",
  snoozed: "KeyZ",
  resolved: "KeyR",
  spam: "KeyX",
};

const GO_ELSEWHERE: Record<string, string> = { Comma: "go_settings", KeyP: "go_project", KeyC: "go_tasks" };

const SINGLE: Record<string, string> = {
  KeyJ: "next",
  KeyK: "previous",
  KeyE: "resolve",
  KeyT: "take",
  KeyR: "reply",
  KeyN: "note",
  KeyS: "snooze",
  KeyA: "assign",
  KeyH: "hand_back",
  KeyI: "contact",
  KeyL: "tags",
  KeyU: "list",
  KeyD: "scheme",
  KeyC: "call_back",
  KeyX: "select",
  KeyZ: "undo",
};

const SHIFTED: Record<string, string> = { KeyX: "select_to" };

export interface Stroke {
  code: string;
  key: string;
  shiftKey: boolean;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
}

/** What a key means, `afterG` told; null for nothing of ours. */
export function meaningOf(stroke: Stroke, afterG: boolean): string | null {
  if (stroke.ctrlKey || stroke.metaKey || stroke.altKey) return null;
  if (stroke.key === "?" || (stroke.code === "Slash" && stroke.shiftKey)) return "help";
  if (stroke.key === "Escape") return "leave";
  if (stroke.shiftKey) return SHIFTED[stroke.code] ?? null;
  if (afterG) {
    const view = Object.entries(GO_KEYS).find(([, code]) => code === stroke.code)?.[0];
    return view ? `go_${view}` : (GO_ELSEWHERE[stroke.code] ?? null);
  }
  if (stroke.code === "Slash" || stroke.key === "/") return "search";
  return SINGLE[stroke.code] ?? null;
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement && target.type === "checkbox") return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/** While a dialog or a menu is open its own keys rule. */
function isBlocked(): boolean {
  // Closed lists of a page's fields stay in it, unseen.
  const parts = document.querySelectorAll('[role="dialog"], [role="menu"], [role="listbox"]');
  return [...parts].some((part) => part.checkVisibility());
}

type Handlers = Partial<Record<string, () => void>>;

const G_WAITS_MS = 1_200;
const mounted = new Set<{ current: Handlers }>();
let afterG = 0;

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || isTyping(event.target) || isBlocked()) return;
  if (!preferences.get().singleKeys && event.key !== "?") return;
  const within = Date.now() - afterG < G_WAITS_MS;
  afterG = 0;
  const meaning = meaningOf(event, within);
  if (!within && meaning === null && event.code === "KeyG" && !event.ctrlKey && !event.metaKey && !event.altKey) {
    afterG = Date.now();
    return;
  }
  const handler =
    meaning === null ? undefined : [...mounted].reverse().find((set) => set.current[meaning])?.current[meaning];
  if (!handler) return;
  event.preventDefault();
  handler();
}

/** The names that somebody handles now. */
export function offered(): Set<string> {
  return new Set([...mounted].flatMap((set) => Object.keys(set.current).filter((name) => set.current[name])));
}

/** Do what a shortcut of this name does. */
export function perform(name: string): void {
  [...mounted]
    .reverse()
    .find((set) => set.current[name])
    ?.current[name]?.();
}

/** Whether this is a Mac, whose letters with Ctrl belong to the text fields. */
export const ON_MAC = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** Call `open` at Ctrl+K, or ⌘K, wherever one is; not over a dialog. */
export function useCommandKey(open: () => void): void {
  const current = useRef(open);
  current.current = open;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const held = ON_MAC ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
      if (!held || event.shiftKey || event.altKey || event.code !== "KeyK" || isBlocked()) return;
      event.preventDefault();
      current.current();
    };
    // Before what is typed into: an editor has a meaning of its own for this key.
    window.addEventListener("keydown", listen, { capture: true });
    return () => window.removeEventListener("keydown", listen, { capture: true });
  }, []);
}

/** Handle shortcuts by name while mounted; the newest mounted one wins. */
export function useShortcuts(handlers: Handlers): void {
  const current = useRef(handlers);
  current.current = handlers;
  useEffect(() => {
    if (mounted.size === 0) window.addEventListener("keydown", onKey);
    mounted.add(current);
    return () => {
      mounted.delete(current);
      if (mounted.size === 0) window.removeEventListener("keydown", onKey);
    };
  }, []);
}
