/** Changes of the feed, and the pure step that brings the cache up to one of them. */
import type { Activity, Contact, Conversation, ConversationDetail, Draft, Message, Task } from "@/api/types";
import {
  type Cache,
  knownConversation,
  newerConversation,
  placeInList,
  withActivity,
  withMessage,
  withoutConversation,
} from "@/live/cache";
import { sameDraft } from "@/live/drafts";

interface Head {
  cursor: string;
  conversation: string | null;
}

export type Change = Head &
  (
    | { kind: "conversation"; data: Conversation }
    | { kind: "message"; data: Message }
    | { kind: "activity"; data: Activity }
    | { kind: "contact"; data: Contact }
    | { kind: "read_mark"; data: { conversation?: string; position: number } }
    | { kind: "draft"; data: Partial<Draft> & { conversation?: string } }
    | { kind: "task"; data: Task | { id: string; removed: true } }
    | { kind: "removed"; data: Record<string, unknown> }
    | { kind: "channel" | "parked" | "presence" | "session"; data: Record<string, unknown> }
  );

/**
 * The cache after `change`, seen by the operator `me`. The same change again, or one that is older than what is
 * known, gives the cache unchanged.
 */
export function applyChange(cache: Cache, change: Change, me: string): Cache {
  switch (change.kind) {
    case "conversation":
      return applyConversation(cache, change.data, me);
    case "message":
      return applyToThread(cache, change.data.conversation, (thread) => withMessage(thread, change.data));
    case "activity":
      return change.conversation
        ? applyToThread(cache, change.conversation, (thread) => withActivity(thread, change.data))
        : cache;
    case "contact":
      return applyContact(cache, change.data);
    case "read_mark":
      return applyReadMark(cache, change.conversation ?? change.data.conversation, change.data.position);
    case "draft":
      return applyDraft(cache, change.conversation ?? change.data.conversation, change.data);
    case "removed":
      return change.conversation ? applyRemoved(cache, change.conversation) : cache;
    default:
      return cache;
  }
}

function applyConversation(cache: Cache, change: Conversation, me: string): Cache {
  const known = knownConversation(cache, change.id);
  if (known && change.revision < known.revision) return cache;
  const next = known ? newerConversation(known, change) : change;
  const lists = mapValues(cache.lists, (entry) => {
    const data = placeInList(entry, stripDetail(next), me);
    return data === entry.data ? entry : { ...entry, data };
  });
  const detail = cache.details[change.id];
  const details = detail ? { ...cache.details, [change.id]: newerConversation(detail, change) } : cache.details;
  return { ...cache, lists, details };
}

/** A list keeps conversations only, not what an open one has beside. */
function stripDetail(conversation: Conversation): Conversation {
  const {
    contact_detail: _contact,
    channel_detail: _channel,
    draft: _draft,
    ...rest
  } = conversation as ConversationDetail;
  return rest;
}

function applyToThread(cache: Cache, id: string, step: (thread: Cache["threads"][string]) => Cache["threads"][string]) {
  const thread = cache.threads[id];
  if (!thread) return cache;
  const next = step(thread);
  return next === thread ? cache : { ...cache, threads: { ...cache.threads, [id]: next } };
}

function applyContact(cache: Cache, contact: Contact): Cache {
  const details = mapValues(cache.details, (detail) => {
    const known = detail.contact_detail;
    if (known.id !== contact.id || contact.revision < known.revision) return detail;
    return { ...detail, contact_detail: { ...known, ...contact } };
  });
  return details === cache.details ? cache : { ...cache, details };
}

function applyReadMark(cache: Cache, id: string | undefined, position: number): Cache {
  if (!id) return cache;
  const move = <T extends Conversation>(item: T): T =>
    item.id === id && (item.read_position ?? -1) < position ? { ...item, read_position: position } : item;
  const lists = mapValues(cache.lists, (entry) => {
    const pages = entry.data.pages.map((page) => {
      const items = page.items.map(move);
      return items.every((item, index) => item === page.items[index]) ? page : { ...page, items };
    });
    const same = pages.every((page, index) => page === entry.data.pages[index]);
    return same ? entry : { ...entry, data: { ...entry.data, pages } };
  });
  const details = mapValues(cache.details, move);
  return lists === cache.lists && details === cache.details ? cache : { ...cache, lists, details };
}

function applyDraft(cache: Cache, id: string | undefined, data: Partial<Draft>): Cache {
  const detail = id ? cache.details[id] : undefined;
  if (!id || !detail) return cache;
  const { text = "", direction = "out", copies = [] } = data;
  const draft = text || copies.length > 0 ? { text, direction, copies } : null;
  if (sameDraft(draft, detail.draft)) return cache;
  return { ...cache, details: { ...cache.details, [id]: { ...detail, draft } } };
}

function applyRemoved(cache: Cache, id: string): Cache {
  const lists = mapValues(cache.lists, (entry) => {
    const data = withoutConversation(entry.data, id);
    return data === entry.data ? entry : { ...entry, data };
  });
  const { [id]: _detail, ...details } = cache.details;
  const { [id]: _thread, ...threads } = cache.threads;
  return { lists, details, threads };
}

function mapValues<T>(record: Record<string, T>, step: (value: T) => T): Record<string, T> {
  let changed = false;
  const entries = Object.entries(record).map(([key, value]) => {
    const next = step(value);
    changed ||= next !== value;
    return [key, next] as const;
  });
  return changed ? Object.fromEntries(entries) : record;
}
