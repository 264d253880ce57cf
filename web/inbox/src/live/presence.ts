/** Who is looking at a conversation or typing in it right now. Entries that are not repeated fade by themselves. */
import { useSyncExternalStore } from "react";

export interface Present {
  id: string;
  name: string | null;
  contact: boolean;
  typing: boolean;
}

interface Entry extends Present {
  lookingUntil: number;
  typingUntil: number;
}

/** Typing is over after 10 s without a repeat, looking after 50 s; our own clock may be a little behind. */
const LOOKING_MS = 50_000;
const TYPING_MS = 12_000;
const VISITOR_TYPING_MS = 10_000;
const NOBODY: Present[] = [];

export class PresenceStore {
  private rooms = new Map<string, Map<string, Entry>>();
  private shown = new Map<string, Present[]>();
  private listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** Take in the data of a `presence` change; `me` is not shown to oneself. */
  take(data: Record<string, unknown>, me: string, now = Date.now()): void {
    const conversation = String(data.conversation ?? "");
    const contact = data.contact === true;
    const id = contact ? "contact" : String(data.operator ?? "");
    if (!conversation || id === me || id === "") return;
    const typing = data.typing === true;
    const looking = contact ? typing : data.looking !== false;
    const room = this.rooms.get(conversation) ?? new Map<string, Entry>();
    if (looking) {
      const typingFor = contact ? VISITOR_TYPING_MS : TYPING_MS;
      room.set(id, {
        id,
        contact,
        typing,
        name: typeof data.name === "string" ? data.name : null,
        lookingUntil: now + (contact ? VISITOR_TYPING_MS : LOOKING_MS),
        typingUntil: typing ? now + typingFor : 0,
      });
    } else room.delete(id);
    this.rooms.set(conversation, room);
    this.fade(now);
  }

  /** The contact's message has come: they are not typing it any more. */
  contactSpoke(conversation: string): void {
    if (this.rooms.get(conversation)?.delete("contact")) this.fade();
  }

  clear(): void {
    this.rooms.clear();
    this.fade();
  }

  in(conversation: string): Present[] {
    return this.shown.get(conversation) ?? NOBODY;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private fade(now = Date.now()): void {
    let next = Number.POSITIVE_INFINITY;
    this.shown.clear();
    for (const [conversation, room] of this.rooms) {
      for (const [id, entry] of room) {
        if (entry.lookingUntil <= now) room.delete(id);
        else
          next = Math.min(next, entry.lookingUntil, entry.typingUntil > now ? entry.typingUntil : entry.lookingUntil);
      }
      if (room.size === 0) this.rooms.delete(conversation);
      else
        this.shown.set(
          conversation,
          [...room.values()].map((entry) => present(entry, now)),
        );
    }
    clearTimeout(this.timer);
    if (Number.isFinite(next)) this.timer = setTimeout(() => this.fade(), Math.max(50, next - now + 10));
    for (const listener of this.listeners) listener();
  }
}

function present({ id, name, contact, typing, typingUntil }: Entry, now: number): Present {
  return { id, name, contact, typing: typing && typingUntil > now };
}

export const presence = new PresenceStore();

export function usePresence(conversation: string): Present[] {
  return useSyncExternalStore(presence.subscribe, () => presence.in(conversation));
}
