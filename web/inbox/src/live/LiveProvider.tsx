/** Joins the socket, the journal of changes and the query cache, and tells the rest how the link is. */
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, use, useEffect, useMemo, useRef, useState } from "react";
import { api } from "@/api/calls";
import { ApiError } from "@/api/client";
import type { Contact, ConversationDetail, Message, Task } from "@/api/types";
import { knownConversation } from "@/live/cache";
import type { Change } from "@/live/changes";
import { Journal } from "@/live/journal";
import { presence } from "@/live/presence";
import { applyToQueries, keys, readCache } from "@/live/queries";
import { type LinkStatus, LiveSocket } from "@/live/socket";
import { rereadTasks } from "@/tasks/queries";

interface Live {
  status: LinkStatus;
  send: (frame: Record<string, unknown>) => void;
  journal: Journal;
  /** Called for each message that arrives by the feed. Returns the way to stop. */
  onMessage: (listener: (message: Message) => void) => () => void;
  /** The same for each call that was promised or changed. */
  onTask: (listener: (task: Task) => void) => () => void;
}

const LiveContext = createContext<Live | null>(null);

export function useLive(): Live {
  const live = use(LiveContext);
  if (!live) throw new Error("useLive needs LiveProvider");
  return live;
}

const COUNTERS_QUIET_MS = 400;
const COUNTERS_LONGEST_MS = 2_000;
const LIVE_ROOTS = new Set(["list", "conversation", "thread", "counters", "channels", "parked", "tasks"]);

/** Read everything again that the feed keeps up to date; what is not shown, when it is shown. Raises what a reading raises. */
async function readAgain(client: QueryClient): Promise<void> {
  const predicate = (query: { queryKey: readonly unknown[] }) => LIVE_ROOTS.has(String(query.queryKey[0]));
  await client.invalidateQueries({ predicate });
  const unread = client
    .getQueryCache()
    .findAll({ type: "active", predicate: (query) => predicate(query) && isOld(query) });
  if (unread.length > 0) throw new Error("not everything could be read again");
}

/** Shown but not brought up to date. What does not exist (any more) is an answer too. */
function isOld({ state }: { state: { status: string; isInvalidated: boolean; error: unknown } }): boolean {
  if (state.error instanceof ApiError && !state.error.passing) return false;
  return state.status === "error" || state.isInvalidated;
}

export function LiveProvider({ me, children }: { me: string; children: ReactNode }) {
  const client = useQueryClient();
  const [status, setStatus] = useState<LinkStatus>({ state: "connecting", lost: false });
  const journal = useMemo(() => new Journal(), []);
  const listeners = useRef(new Set<(message: Message) => void>());
  const taskListeners = useRef(new Set<(task: Task) => void>());
  const socket = useRef<LiveSocket | null>(null);

  useEffect(() => catchUp(client, journal, me), [client, journal, me]);

  useEffect(() => {
    const counters = debounced(() => void client.invalidateQueries({ queryKey: keys.counters }));
    const marks = missingMarks(client, me);
    const onChange = (change: Change) => {
      journal.add(change);
      if (change.kind === "conversation") marks.look(change);
      applyToQueries(client, [change], me);
      if (change.kind === "conversation" || change.kind === "removed") counters.call();
      if (change.kind === "presence") presence.take(change.data, me);
      if (change.kind === "contact") partsChanged(client, change.data);
      if (change.kind === "channel") void client.invalidateQueries({ queryKey: keys.channels });
      if (change.kind === "task") {
        rereadTasks(client);
        const { data } = change;
        if (!("removed" in data)) for (const listener of taskListeners.current) listener(data);
      }
      if (change.kind === "parked") void client.invalidateQueries({ queryKey: keys.parked });
      if (change.kind === "message") {
        if (change.data.direction === "in") presence.contactSpoke(change.data.conversation);
        for (const listener of listeners.current) listener(change.data);
      }
    };
    const link = new LiveSocket({
      ticket: async () => (await api.socketTicket()).ticket,
      open: (ticket) => new WebSocket(socketUrl(ticket)),
      onStatus: (next) => {
        if (next.state !== "live") presence.clear();
        setStatus(next);
      },
      onChange,
      readAgain: () => readAgain(client),
    });
    socket.current = link;
    link.start();
    const hurry = () => link.hurry();
    window.addEventListener("online", hurry);
    document.addEventListener("visibilitychange", hurry);
    return () => {
      window.removeEventListener("online", hurry);
      document.removeEventListener("visibilitychange", hurry);
      counters.cancel();
      marks.cancel();
      link.stop();
      socket.current = null;
    };
  }, [client, journal, me]);

  const live = useMemo<Live>(
    () => ({
      status,
      journal,
      send: (frame) => socket.current?.send(frame),
      onMessage: (listener) => {
        listeners.current.add(listener);
        return () => listeners.current.delete(listener);
      },
      onTask: (listener) => {
        taskListeners.current.add(listener);
        return () => taskListeners.current.delete(listener);
      },
    }),
    [status, journal],
  );
  return <LiveContext value={live}>{children}</LiveContext>;
}

/** A contact has become a part of another one, or is itself again: who shows it, asks anew who it is. */
function partsChanged(client: QueryClient, contact: Contact): void {
  const other = (detail: ConversationDetail) =>
    contact.merged_into ? detail.contact_detail.id === contact.id : detail.contact_detail.id !== contact.id;
  for (const [key, detail] of client.getQueriesData<ConversationDetail>({ queryKey: ["conversation"] })) {
    if (detail?.contact === contact.id && other(detail)) void client.invalidateQueries({ queryKey: key });
  }
}

function socketUrl(ticket: string): string {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  return `${scheme}://${location.host}/ws/inbox?ticket=${encodeURIComponent(ticket)}`;
}

/** An answer may be older than changes that came while it was on its way: apply those to it again. */
function catchUp(client: QueryClient, journal: Journal, me: string): () => void {
  const marks = new Map<string, number>();
  return client.getQueryCache().subscribe((event) => {
    if (event.type !== "updated" || !LIVE_ROOTS.has(String(event.query.queryKey[0]))) return;
    if (event.action.type === "fetch") marks.set(event.query.queryHash, journal.mark());
    if (event.action.type !== "success" || event.action.manual) return;
    const mark = marks.get(event.query.queryHash);
    marks.delete(event.query.queryHash);
    if (mark === undefined) return;
    const changes = journal.since(mark);
    if (changes === null) void client.invalidateQueries({ queryKey: event.query.queryKey });
    else applyToQueries(client, changes, me);
  });
}

/** Changes carry no read position; for a conversation that nothing here knows yet it is asked for, a few at a time. */
function missingMarks(client: QueryClient, me: string) {
  const wanted = new Set<string>();
  const ask = debounced(async () => {
    const ids = [...wanted];
    wanted.clear();
    if (ids.length > 10) {
      await client.invalidateQueries({ queryKey: ["list"] });
      return;
    }
    for (const id of ids) {
      const detail = await api.conversation(id).catch(() => null);
      if (!detail) continue;
      const data = { conversation: id, position: detail.read_position ?? 0 };
      applyToQueries(client, [{ kind: "read_mark", cursor: "", conversation: id, data }], me);
    }
  });
  return {
    look: (change: Change) => {
      const id = change.conversation;
      if (!id || knownConversation(readCache(client), id)?.read_position !== undefined) return;
      wanted.add(id);
      ask.call();
    },
    cancel: ask.cancel,
  };
}

function debounced(action: () => unknown) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let since = 0;
  return {
    call: () => {
      const now = Date.now();
      since ||= now;
      clearTimeout(timer);
      const wait = Math.min(COUNTERS_QUIET_MS, Math.max(0, since + COUNTERS_LONGEST_MS - now));
      timer = setTimeout(() => {
        since = 0;
        action();
      }, wait);
    },
    cancel: () => clearTimeout(timer),
  };
}
