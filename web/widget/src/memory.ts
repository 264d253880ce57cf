/**
 * What is kept in the browser, and when: nothing before the visitor opens the chat, the token from the first message on.
 *
 * Each unsent message has an entry of its own, so that two tabs never overwrite each other's. Where storage is blocked the
 * widget works without it.
 */
import type { Outgoing } from "./session";

/** A message left unsent for longer than this is shown as not sent instead of going out of the blue. */
const staleMs = 60 * 60 * 1000;
const unsent = "unsent:";

export type Memory = ReturnType<typeof createMemory>;

export function createMemory(channel: string) {
  const prefix = `switchboard:${channel}:`;
  const attempt = <T>(action: () => T): T | null => {
    try {
      return action();
    } catch {
      return null; // storage is blocked or full: the conversation itself lives in the hub
    }
  };
  const get = (name: string) => attempt(() => localStorage.getItem(prefix + name));
  const set = (name: string, value: string) => attempt(() => localStorage.setItem(prefix + name, value));
  const names = () =>
    attempt(() =>
      Object.keys(localStorage).flatMap((key) => (key.startsWith(prefix) ? key.slice(prefix.length) : [])),
    ) ?? [];
  const remove = (name: string) => attempt(() => localStorage.removeItem(prefix + name));

  return {
    token: () => get("token"),
    setToken(token: string) {
      if (get("token") !== token) set("token", token);
    },
    /** The newest position the visitor has had before the eyes. */
    seen: () => Number(get("seen")),
    setSeen: (position: number) => set("seen", String(position)),
    keep: (item: Outgoing) => set(unsent + item.id, JSON.stringify(item)),
    forget: (id: string) => remove(unsent + id),
    /** The unsent messages of earlier pages and other tabs, oldest first. */
    unsent: (now: number): Outgoing[] =>
      names()
        .flatMap((name) =>
          name.startsWith(unsent) ? (attempt(() => JSON.parse(get(name) ?? "") as Outgoing) ?? []) : [],
        )
        .map((item): Outgoing => (now - Date.parse(item.at) > staleMs ? { ...item, state: "failed" } : item))
        .sort((a, b) => (a.at < b.at ? -1 : 1)),
    /** Forgets the visitor. */
    clear: () => names().map(remove),
    /** Whether the chat is open in this tab, across its pages. */
    open: () => attempt(() => sessionStorage.getItem(`${prefix}open`)),
    setOpen: (open: boolean) => attempt(() => sessionStorage.setItem(`${prefix}open`, open ? "1" : "")),
    /** Calls back when another tab changed the token or the place (then without an id), or got rid of an unsent message. */
    watch: (changed: (name: string, unsentId?: string) => void) =>
      addEventListener("storage", ({ key, newValue }) => {
        const name = key?.startsWith(prefix) ? key.slice(prefix.length) : "";
        if (!name.startsWith(unsent)) changed(name);
        else if (newValue === null) changed(name, name.slice(unsent.length));
      }),
  };
}
