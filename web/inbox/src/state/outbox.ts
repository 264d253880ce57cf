/** Messages on their way to the hub: one at a time per conversation, each with a key that makes a repeat harmless. */
import { useSyncExternalStore } from "react";
import type { Outgoing } from "@/api/calls";
import { ApiError } from "@/api/client";
import type { AttachmentRef, Message } from "@/api/types";
import type { Refusal } from "@/i18n/words";
import { backoffMs } from "@/live/backoff";
import { Pauses } from "./pauses";

/** `waiting`: nobody answered, it is tried again. `conflict`: a newer message came, the author decides. */
export type PendingState = "sending" | "waiting" | "failed" | "conflict";

export interface Pending {
  key: string;
  conversation: string;
  text: string;
  attachments: AttachmentRef[];
  /** Addresses that get it too; what an earlier version kept has none. */
  copies?: string[];
  direction: "out" | "note";
  seenPosition: number;
  confirm: boolean;
  createdAt: string;
  state: PendingState;
  error: Refusal | null;
  newer: Message[];
}

export type Compose = Pick<Pending, "conversation" | "text" | "attachments" | "copies" | "direction" | "seenPosition">;

type Send = (conversation: string, body: Outgoing) => Promise<Message>;

const refusalOf = ({ code, message }: ApiError): Refusal => ({ code, message });

const TRIES = 6;
const keptUnder = (place: string) => `switchboard.outbox.${place}`;
const NOTHING: Pending[] = [];

export class Outbox {
  private readonly deliver: Send;
  private readonly place: string;
  private items: Pending[];
  private byConversation = new Map<string, Pending[]>();
  private busy = new Set<string>();
  private listeners = new Set<() => void>();
  private pauses = new Pauses();
  private stopped = false;
  /** Called with each message that the hub has accepted. */
  onSent: (message: Message) => void = () => {};

  /** `place` names the project and the person: what waits is sent from no other project and by nobody else. */
  constructor(deliver: Send, place: string, kept: Pending[] = []) {
    this.deliver = deliver;
    this.place = place;
    // After a reload nobody knows whether it arrived: the same key makes another try safe.
    this.items = kept.map((item) => (item.state === "conflict" ? item : { ...item, state: "failed" as const }));
    this.publish();
  }

  of(conversation: string): Pending[] {
    return this.byConversation.get(conversation) ?? NOTHING;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  send(compose: Compose): void {
    const fresh = { confirm: false, createdAt: new Date().toISOString(), error: null, newer: [] };
    this.items = [...this.items, { ...compose, ...fresh, key: crypto.randomUUID(), state: "sending" }];
    this.publish();
    void this.work(compose.conversation);
  }

  /** Try again what failed, under the same key. */
  retry(key: string): void {
    const item = this.change(key, { state: "sending", error: null });
    if (item) void this.work(item.conversation);
  }

  /** Send although a newer message has come. A changed body needs another key. */
  confirm(key: string): void {
    const item = this.change(key, {
      key: crypto.randomUUID(),
      confirm: true,
      state: "sending",
      error: null,
      newer: [],
    });
    if (item) void this.work(item.conversation);
  }

  discard(key: string): Pending | undefined {
    const found = this.items.find((item) => item.key === key);
    this.items = this.items.filter((item) => item.key !== key);
    this.publish();
    return found;
  }

  /** The link is back: what waits is tried at once. */
  wake(): void {
    this.pauses.end();
  }

  start(): void {
    this.stopped = false;
  }

  /** The person or the project changes: what waits stays kept for the next time. */
  stop(): void {
    this.stopped = true;
    this.wake();
  }

  private async work(conversation: string): Promise<void> {
    if (this.busy.has(conversation)) return;
    this.busy.add(conversation);
    try {
      for (;;) {
        const next = this.of(conversation).find((item) => item.state === "sending" || item.state === "waiting");
        if (!next) return;
        await this.attempt(next);
        if (this.stopped) return;
      }
    } finally {
      this.busy.delete(conversation);
    }
  }

  private async attempt(item: Pending): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        const message = await this.deliver(item.conversation, bodyOf(item));
        this.onSent(message);
        this.discard(item.key);
        return;
      } catch (error) {
        if (this.settle(item, error, attempt)) return;
        const asked = error instanceof ApiError ? error.retryAfterS : null;
        await this.pauses.wait(asked === null ? backoffMs(attempt) : asked * 1000);
        if (this.stopped || !this.items.some((other) => other.key === item.key)) return;
      }
    }
  }

  /** Whether this try was the last one. */
  private settle(item: Pending, error: unknown, attempt: number): boolean {
    if (!(error instanceof ApiError)) {
      this.change(item.key, { state: "failed", error: { code: "unknown", message: String(error) } });
      return true;
    }
    if (error.code === "conversation_moved_on") {
      const newer = (error.extra.newer ?? []) as Message[];
      this.change(item.key, { state: "conflict", error: refusalOf(error), newer });
      return true;
    }
    if (error.passing && attempt + 1 < TRIES) {
      this.change(item.key, { state: "waiting", error: refusalOf(error) });
      return false;
    }
    this.change(item.key, { state: "failed", error: refusalOf(error) });
    return true;
  }

  private change(key: string, change: Partial<Pending>): Pending | undefined {
    let changed: Pending | undefined;
    this.items = this.items.map((item) => {
      if (item.key !== key) return item;
      changed = { ...item, ...change };
      return changed;
    });
    this.publish();
    return changed;
  }

  private publish(): void {
    this.byConversation.clear();
    for (const item of this.items) {
      this.byConversation.set(item.conversation, [...(this.byConversation.get(item.conversation) ?? []), item]);
    }
    keep(this.place, this.items);
    for (const listener of this.listeners) listener();
  }
}

function bodyOf({ key, text, attachments, copies = [], direction, seenPosition, confirm }: Pending): Outgoing {
  const ids = attachments.map((attachment) => attachment.id);
  return { key, text, attachments: ids, copies, direction, seen_position: seenPosition, confirm };
}

function keep(place: string, items: Pending[]): void {
  try {
    if (items.length > 0) sessionStorage.setItem(keptUnder(place), JSON.stringify(items));
    else sessionStorage.removeItem(keptUnder(place));
  } catch {
    // Without storage a reload loses what was not sent; the draft on the hub still has the text.
  }
}

/** What an earlier page of this tab could not send. */
export function keptItems(place: string): Pending[] {
  try {
    return JSON.parse(sessionStorage.getItem(keptUnder(place)) ?? "[]") as Pending[];
  } catch {
    return [];
  }
}

/**
 * What of `pending` is not yet among `messages`. The feed may show a message before the hub's answer to its author
 * comes: it is the same one when it is mine, says the same, and is newer than what the author had seen.
 */
export function stillPending(pending: Pending[], messages: Message[], me: string): Pending[] {
  const claimed = new Set<string>();
  return pending.filter((item) => {
    if (item.state !== "sending" && item.state !== "waiting") return true;
    const twin = messages.find(
      (message) =>
        message.position > item.seenPosition &&
        message.author.id === me &&
        message.direction === item.direction &&
        message.text === item.text &&
        message.attachments.length === item.attachments.length &&
        !claimed.has(message.id),
    );
    if (twin) claimed.add(twin.id);
    return !twin;
  });
}

export function usePending(outbox: Outbox, conversation: string): Pending[] {
  return useSyncExternalStore(outbox.subscribe, () => outbox.of(conversation));
}
