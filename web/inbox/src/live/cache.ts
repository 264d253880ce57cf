/** What the inbox keeps of the hub, as plain data, and how one thread or list takes in something newer. */
import type { Activity, Conversation, ConversationDetail, Message, MessageWindow, Page, View } from "@/api/types";
import { compareRanks, inView, type Rank, rankOf } from "@/live/views";

/** One fetched page of a list. `end` is the rank of its last item when it was fetched: what the next cursor follows. */
export interface ListPage extends Page<Conversation> {
  end: Rank | null;
}

export interface ListData {
  pages: ListPage[];
  pageParams: unknown[];
}

/** A list in the cache. */
export interface ListEntry {
  view: View;
  data: ListData;
}

/** A window of a conversation: messages without a hole. `atEnd` is false while newer ones are known to be missing. */
export interface Thread {
  items: Message[];
  activities: Activity[];
  atEnd: boolean;
}

/** Everything that changes of the feed are applied to. */
export interface Cache {
  lists: Record<string, ListEntry>;
  details: Record<string, ConversationDetail>;
  threads: Record<string, Thread>;
}

export const EMPTY_THREAD: Thread = { items: [], activities: [], atEnd: true };

export function listPage(page: Page<Conversation>, view: View): ListPage {
  const last = page.items.at(-1);
  return { ...page, end: last ? rankOf(last, view) : null };
}

/** The newer of two states of one conversation; what the feed does not carry is kept. */
export function newerConversation<T extends Conversation>(known: T, change: Conversation): T {
  if (change.revision < known.revision) return known;
  const read = Math.max(known.read_position ?? -1, change.read_position ?? -1);
  return { ...known, ...change, ...(read >= 0 ? { read_position: read } : {}) };
}

function findInList(data: ListData, id: string): Conversation | undefined {
  for (const page of data.pages) {
    const found = page.items.find((item) => item.id === id);
    if (found) return found;
  }
  return undefined;
}

/** The conversation as any list or open conversation knows it. */
export function knownConversation(cache: Cache, id: string): Conversation | undefined {
  if (cache.details[id]) return cache.details[id];
  for (const entry of Object.values(cache.lists)) {
    const found = findInList(entry.data, id);
    if (found) return found;
  }
  return undefined;
}

export function withoutConversation(data: ListData, id: string): ListData {
  if (!findInList(data, id)) return data;
  const pages = data.pages.map((page) => ({ ...page, items: page.items.filter((item) => item.id !== id) }));
  return { ...data, pages };
}

/** The list after a change of one conversation: moved in, out, or to its new place. */
export function placeInList(entry: ListEntry, change: Conversation, me: string): ListData {
  const known = findInList(entry.data, change.id);
  if (known && change.revision < known.revision) return entry.data;
  const next = known ? newerConversation(known, change) : change;
  const rest = withoutConversation(entry.data, change.id);
  return inView(next, entry.view, me) ? insertByRank(rest, next, entry.view) : rest;
}

function insertByRank(data: ListData, next: Conversation, view: View): ListData {
  const rank = rankOf(next, view);
  const pages = [...data.pages];
  for (const [index, page] of pages.entries()) {
    const found = page.items.findIndex((item) => compareRanks(rank, rankOf(item, view), view) < 0);
    // The end of a page is where the next cursor begins: what ranks before it will not come with a later page.
    const fits = found >= 0 || page.next === null || (page.end !== null && compareRanks(rank, page.end, view) <= 0);
    if (fits) {
      const at = found >= 0 ? found : page.items.length;
      pages[index] = { ...page, items: page.items.toSpliced(at, 0, next) };
      return { ...data, pages };
    }
  }
  return data;
}

/** All conversations of a list, each once. */
export function flatten(data: ListData | undefined): Conversation[] {
  const seen = new Set<string>();
  const items: Conversation[] = [];
  for (const page of data?.pages ?? []) {
    for (const item of page.items) {
      if (!seen.has(item.id)) items.push(item);
      seen.add(item.id);
    }
  }
  return items;
}

/** The thread with a message that came or changed. A hole after the window is remembered, never bridged. */
export function withMessage(thread: Thread, message: Message): Thread {
  const { items } = thread;
  const first = items[0]?.position ?? 1;
  const last = items.at(-1)?.position ?? 0;
  if (message.position > last + 1) return thread.atEnd ? { ...thread, atEnd: false } : thread;
  if (message.position === last + 1) return { ...thread, items: [...items, message] };
  if (message.position < first) return thread;
  const index = message.position - first;
  const known = items[index];
  if (!known || message.revision < known.revision) return thread;
  return { ...thread, items: items.with(index, message) };
}

/** The thread with an activity. One that belongs before or after the window comes with its messages. */
export function withActivity(thread: Thread, activity: Activity): Thread {
  const first = thread.items[0]?.position ?? 1;
  const last = thread.items.at(-1)?.position ?? 0;
  const inside = activity.position >= first - (first === 1 ? 1 : 0) && (activity.position <= last || thread.atEnd);
  if (!inside || thread.activities.some((known) => known.id === activity.id)) return thread;
  return { ...thread, activities: sorted([...thread.activities, activity]) };
}

function sorted(activities: Activity[]): Activity[] {
  return activities.sort((a, b) => a.seq - b.seq);
}

/** The thread with a fetched window that touches or overlaps it; one that does neither replaces it. */
export function withWindow(thread: Thread, window: MessageWindow, atEnd: boolean | null): Thread {
  const fresh: Thread = { items: window.items, activities: sorted([...window.activities]), atEnd: atEnd ?? false };
  if (thread.items.length === 0) return atEnd === null ? { ...fresh, atEnd: thread.atEnd } : fresh;
  const from = window.items[0]?.position;
  const to = window.items.at(-1)?.position;
  if (from === undefined || to === undefined) return atEnd === null ? thread : { ...thread, atEnd };
  const first = thread.items[0]?.position ?? 1;
  const last = thread.items.at(-1)?.position ?? 0;
  if (to < first - 1 || from > last + 1) return fresh;
  const messages = new Map<number, Message>();
  for (const message of [...thread.items, ...window.items]) {
    const known = messages.get(message.position);
    if (!known || message.revision >= known.revision) messages.set(message.position, message);
  }
  const activities = new Map([...thread.activities, ...window.activities].map((item) => [item.id, item]));
  return {
    items: [...messages.values()].sort((a, b) => a.position - b.position),
    activities: sorted([...activities.values()]),
    atEnd: atEnd === null ? thread.atEnd : to >= last ? atEnd : thread.atEnd,
  };
}
