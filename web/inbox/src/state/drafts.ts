/** What is being written in this tab, until the hub has it: leaving a conversation or the page loses nothing of it. */
import { ApiError } from "@/api/client";
import type { Draft } from "@/api/types";
import { backoffMs } from "@/live/backoff";
import { sameDraft } from "@/live/drafts";
import { Pauses } from "./pauses";

export type Save = (conversation: string, draft: Draft, leaving: boolean) => Promise<void>;

interface Written {
  draft: Draft;
  /** `saved`: the hub has it. `refused`: it does not take it as it is. */
  state: "unsaved" | "saved" | "refused";
  /** It has not come to the hub for a while. */
  late: boolean;
  /** What the hub held when the writing began, and what was sent to it since: the feed may still tell of it. */
  known: (Draft | null)[];
}

const QUIET_MS = 600;
/** A hub that works answers much sooner. */
const LATE_MS = 3_000;
const KNOWN_AT_MOST = 50;

export class Drafts {
  private readonly save: Save;
  private readonly place: string;
  private written = new Map<string, Written>();
  private timers = new Map<string, ReturnType<typeof setTimeout>>();
  private busy = new Set<string>();
  private listeners = new Set<() => void>();
  private pauses = new Pauses();
  private stopped = false;

  /** `place` names the project and the person; `kept` is what an earlier page of this tab could not save. */
  constructor(save: Save, place: string, kept: Record<string, Draft> = {}) {
    this.save = save;
    this.place = place;
    for (const [conversation, draft] of Object.entries(kept)) {
      this.written.set(conversation, { draft, state: "unsaved", late: false, known: [] });
    }
  }

  /** What was written here; null where the hub's own draft is to be shown. */
  of(conversation: string): Draft | null {
    return this.written.get(conversation)?.draft ?? null;
  }

  isLate(conversation: string): boolean {
    const written = this.written.get(conversation);
    return written?.state === "refused" || written?.late === true;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Somebody has typed; `shown` is the draft of the hub that it began with. It is saved a moment later. */
  write(conversation: string, draft: Draft, shown: Draft | null): void {
    const { known, late } = this.written.get(conversation) ?? { known: [shown], late: false };
    this.set(conversation, { draft, state: "unsaved", late, known });
    clearTimeout(this.timers.get(conversation));
    this.timers.set(
      conversation,
      setTimeout(() => void this.work(conversation), QUIET_MS),
    );
  }

  /** The hub holds `remote`. What another device wrote is taken over, unless something unsaved is here. */
  seen(conversation: string, remote: Draft | null): void {
    const written = this.written.get(conversation);
    if (!written) return;
    const { known, draft, state } = written;
    const echo = known.findLastIndex((one) => same(one, remote));
    if (echo < 0 && state === "saved") this.forget(conversation);
    else if (echo < 0) written.known = [...known, remote];
    else {
      written.known = known.slice(echo);
      // An empty one stays: the hub does not keep whether it was a reply or a note.
      if (state === "saved" && same(draft, remote) && meaningOf(draft)) this.forget(conversation);
    }
  }

  /** Save what is unsaved now: a conversation is left, or the page. */
  saveNow(leaving: boolean): void {
    for (const [conversation, { draft, state }] of this.written) {
      if (state !== "unsaved") continue;
      // A page that goes away does not hear the answer: it stays kept, and saving it again changes nothing.
      if (leaving) this.save(conversation, draft, true).then(() => this.settle(conversation, draft, "saved"), ignored);
      else void this.work(conversation);
    }
  }

  start(): void {
    this.stopped = false;
  }

  /** The person or the project changes: what is unsaved stays kept for the next time. */
  stop(): void {
    this.stopped = true;
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.pauses.end();
  }

  /** The link is back: what waits is tried at once. */
  wake(): void {
    this.pauses.end();
    this.saveNow(false);
  }

  private async work(conversation: string): Promise<void> {
    clearTimeout(this.timers.get(conversation));
    if (this.busy.has(conversation)) return;
    this.busy.add(conversation);
    try {
      for (let attempt = 0; ; ) {
        const next = this.written.get(conversation);
        if (this.stopped || next?.state !== "unsaved") return;
        attempt = (await this.attempt(conversation, next)) ? 0 : attempt + 1;
        if (this.written.get(conversation)?.state === "unsaved")
          await this.pauses.wait(attempt > 0 ? backoffMs(attempt - 1) : QUIET_MS);
      }
    } finally {
      this.busy.delete(conversation);
    }
  }

  /** Whether the hub has answered, be it with a refusal. */
  private async attempt(conversation: string, { draft, known }: Written): Promise<boolean> {
    const slow = setTimeout(() => this.change(conversation, { late: true }), LATE_MS);
    this.change(conversation, { known: [...known, draft].slice(-KNOWN_AT_MOST) });
    try {
      await this.save(conversation, draft, false);
      this.settle(conversation, draft, "saved");
      return true;
    } catch (error) {
      const passing = !(error instanceof ApiError) || error.passing;
      if (passing) this.change(conversation, { late: true });
      else this.settle(conversation, draft, "refused");
      return !passing;
    } finally {
      clearTimeout(slow);
    }
  }

  /** The hub's word about `draft`; it is none about what was typed meanwhile. */
  private settle(conversation: string, draft: Draft, state: "saved" | "refused"): void {
    const settled = this.written.get(conversation)?.draft === draft;
    this.change(conversation, { late: false, ...(settled ? { state } : {}) });
  }

  private change(conversation: string, change: Partial<Written>): void {
    const written = this.written.get(conversation);
    if (written) this.set(conversation, { ...written, ...change });
  }

  private set(conversation: string, written: Written): void {
    this.written.set(conversation, written);
    this.publish();
  }

  private forget(conversation: string): void {
    this.written.delete(conversation);
    this.publish();
  }

  private publish(): void {
    const unsaved = [...this.written].filter(([, { state }]) => state !== "saved");
    keep(this.place, Object.fromEntries(unsaved.map(([conversation, { draft }]) => [conversation, draft])));
    for (const listener of this.listeners) listener();
  }
}

const ignored = () => {};
/** What the hub keeps of a draft: nothing without text and copies. */
const meaningOf = (draft: Draft | null) => (draft?.text || draft?.copies.length ? draft : null);
const same = (one: Draft | null, other: Draft | null) => sameDraft(meaningOf(one), meaningOf(other));
const keptUnder = (place: string) => `switchboard.drafts.${place}`;

function keep(place: string, drafts: Record<string, Draft>): void {
  try {
    if (Object.keys(drafts).length > 0) sessionStorage.setItem(keptUnder(place), JSON.stringify(drafts));
    else sessionStorage.removeItem(keptUnder(place));
  } catch {
    // Without storage a reload loses what the hub has not got yet.
  }
}

/** What an earlier page of this tab could not save. */
export function keptDrafts(place: string): Record<string, Draft> {
  try {
    return JSON.parse(sessionStorage.getItem(keptUnder(place)) ?? "{}") as Record<string, Draft>;
  } catch {
    return {};
  }
}
