/** The queries that the feed keeps up to date, and the glue between them and the pure cache. */
import { type InfiniteData, infiniteQueryOptions, type QueryClient, queryOptions } from "@tanstack/react-query";
import { api, WINDOW_LIMIT } from "@/api/calls";
import type { Answered, Contact, ConversationDetail, View } from "@/api/types";
import { type Cache, EMPTY_THREAD, type ListPage, listPage, type Thread, withWindow } from "@/live/cache";
import { applyChange, type Change } from "@/live/changes";

export const keys = {
  me: ["me"] as const,
  list: (view: View) => ["list", view] as const,
  merges: (contact: string, revision: number) => ["merges", contact, revision] as const,
  mergePreview: (contact: string, other: string) => ["merge", contact, other] as const,
  people: (q: string) => ["people", q] as const,
  hits: (q: string) => ["hits", q] as const,
  detail: (id: string) => ["conversation", id] as const,
  thread: (id: string) => ["thread", id] as const,
  history: (contact: string, revision: number) => ["history", contact, revision] as const,
  consents: (contact: string, revision: number) => ["consents", contact, revision] as const,
  stages: (contact: string, since: string | null) => ["stages", contact, since] as const,
  counters: ["counters"] as const,
  operators: ["operators"] as const,
  teams: ["teams"] as const,
  canned: ["canned"] as const,
  channels: ["channels"] as const,
  parked: ["parked"] as const,
  flows: ["flows"] as const,
  formLinks: ["form-links"] as const,
  sessions: (id: string) => ["session", id] as const,
  session: (id: string, seq: number) => ["session", id, seq] as const,
};

/** The feed keeps these fresh, so they are read again only when it says so. */
const LIVE = { staleTime: Number.POSITIVE_INFINITY, gcTime: 10 * 60_000 };
const REREAD_PAGES = 6;

export function listOptions(view: View) {
  return infiniteQueryOptions({
    queryKey: keys.list(view),
    queryFn: async ({ pageParam, signal }): Promise<ListPage> =>
      listPage(await api.conversations(view, pageParam, signal), view),
    initialPageParam: null as string | null,
    getNextPageParam: (page: ListPage) => page.next,
    ...LIVE,
  });
}

export function detailOptions(id: string) {
  return queryOptions({
    queryKey: keys.detail(id),
    queryFn: async ({ signal }) => whole(await api.conversation(id, signal)),
    ...LIVE,
  });
}

/** A contact or channel that is gone is shown by what the conversation itself knows. */
function whole(answer: Answered): ConversationDetail {
  const contact: Contact = {
    id: answer.contact,
    name: answer.contact_name,
    language: null,
    time_zone: null,
    fields: [],
    merged_into: null,
    stage: null,
    stage_at: null,
    blocked: false,
    created_at: answer.created_at,
    revision: -1,
    addresses: [],
  };
  const channel = { id: answer.channel, name: answer.channel_kind, kind: answer.channel_kind, capabilities: null };
  return {
    ...answer,
    contact_detail: answer.contact_detail ?? contact,
    channel_detail: answer.channel_detail ?? channel,
  };
}

/** The messages around a position, for a thread that is opened there. */
export async function windowAround(id: string, position: number): Promise<Thread> {
  const window = await api.messages(id, { after: Math.max(0, position - WINDOW_LIMIT / 2) });
  return withWindow(EMPTY_THREAD, window, window.items.length < WINDOW_LIMIT);
}

/** The newest messages. */
export async function windowAtEnd(id: string): Promise<Thread> {
  return withWindow(EMPTY_THREAD, await api.messages(id, {}), true);
}

export function threadOptions(client: QueryClient, id: string) {
  return queryOptions({
    queryKey: keys.thread(id),
    queryFn: ({ signal }) => readThread(id, client.getQueryData<Thread>(keys.thread(id)), signal),
    structuralSharing: false,
    ...LIVE,
  });
}

/** The newest window; when an open thread is read again, the same span, so that the reader keeps the place. */
async function readThread(id: string, known: Thread | undefined, signal: AbortSignal): Promise<Thread> {
  const first = known?.items[0]?.position;
  const last = known?.items.at(-1)?.position ?? 0;
  if (first !== undefined && known && (known.items.length > WINDOW_LIMIT || !known.atEnd)) {
    let thread = EMPTY_THREAD;
    let after = first - 1;
    for (let page = 0; page < REREAD_PAGES; page++) {
      const window = await api.messages(id, { after }, signal);
      const atEnd = window.items.length < WINDOW_LIMIT;
      thread = withWindow(thread, window, atEnd);
      after = window.items.at(-1)?.position ?? after;
      if (atEnd || (!known.atEnd && after >= last)) return thread;
    }
  }
  return withWindow(EMPTY_THREAD, await api.messages(id, {}, signal), true);
}

export function countersOptions() {
  return queryOptions({ queryKey: keys.counters, queryFn: ({ signal }) => api.counters(signal), ...LIVE });
}

/** After something was done: what the feed does not bring, the counters and what a search has found, is read again. */
export function rereadFound(client: QueryClient): void {
  for (const queryKey of [keys.counters, ["people"], ["hits"]]) void client.invalidateQueries({ queryKey });
}

type ListKey = ReturnType<typeof keys.list>;

/** The part of the query cache that changes are applied to. */
export function readCache(client: QueryClient): Cache {
  const cache: Cache = { lists: {}, details: {}, threads: {} };
  for (const [key, data] of client.getQueriesData<InfiniteData<ListPage>>({ queryKey: ["list"] })) {
    const [, view] = key as unknown as ListKey;
    if (data) cache.lists[JSON.stringify(key)] = { view, data };
  }
  for (const [key, data] of client.getQueriesData<ConversationDetail>({ queryKey: ["conversation"] })) {
    if (data) cache.details[String(key[1])] = data;
  }
  for (const [key, data] of client.getQueriesData<Thread>({ queryKey: ["thread"] })) {
    if (data) cache.threads[String(key[1])] = data;
  }
  return cache;
}

export function writeCache(client: QueryClient, before: Cache, after: Cache): void {
  for (const [hash, entry] of Object.entries(after.lists)) {
    if (entry !== before.lists[hash]) client.setQueryData(JSON.parse(hash), entry.data);
  }
  for (const [id, detail] of Object.entries(after.details)) {
    if (detail !== before.details[id]) client.setQueryData(keys.detail(id), detail);
  }
  for (const [id, thread] of Object.entries(after.threads)) {
    if (thread !== before.threads[id]) client.setQueryData(keys.thread(id), thread);
  }
  for (const id of Object.keys(before.threads)) {
    if (!after.threads[id]) client.removeQueries({ queryKey: keys.thread(id) });
  }
  for (const id of Object.keys(before.details)) {
    if (!after.details[id]) void client.resetQueries({ queryKey: keys.detail(id) });
  }
}

/** Bring every live query up to `changes`. */
export function applyToQueries(client: QueryClient, changes: Change[], me: string): void {
  if (changes.length === 0) return;
  const before = readCache(client);
  writeCache(
    client,
    before,
    changes.reduce((cache, change) => applyChange(cache, change, me), before),
  );
}
