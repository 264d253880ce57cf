/**
 * What one visitor's conversation is, as a pure reducer over frames, page loads and the visitor's own acts.
 *
 * Three rules keep messages from being lost, doubled or swapped:
 * 1. A message of the visitor stays in `outbox` under its uuid until the hub has acknowledged that uuid, and only the
 *    first of the outbox is ever on its way (`due`): what comes later can never overtake it.
 * 2. `cursor`, the position a reconnect resumes from, follows what the hub *showed*, in the hub's order. An `ack` does
 *    not move it: a message of an operator with a lower position may still be on its way.
 * 3. `messages` is keyed by position, and by uuid for the visitor's own, so anything may be shown twice harmlessly.
 */
import type { Attachment, Config, FormValues, HubFrame, Nack, Page, Send, VisitorMessage } from "./protocol";

/** How a message waits: `sending` also while offline, `failed` until the visitor retries or discards it. */
export interface Outgoing {
  id: string;
  text: string;
  attachments: Attachment[];
  button?: string;
  form?: FormValues;
  /** When the visitor pressed send, RFC 3339. */
  at: string;
  state: "sending" | "failed";
  fault?: { code: string; detail: string; fields?: Record<string, string> };
  /** Not before this moment (milliseconds of the epoch): the hub asked for a pause. */
  notBefore?: number;
}

export interface Session {
  token: string | null;
  /** Connected and welcomed. */
  up: boolean;
  /** Welcomed at least once since the start: there is something to show. */
  known: boolean;
  cursor: number;
  /** The newest position the hub showed; ahead of `cursor` only while older pages are still being fetched. */
  heard: number;
  /** Pages after `cursor` are missing and are being fetched. */
  behind: boolean;
  messages: VisitorMessage[];
  outbox: Outgoing[];
  /** The uuid on its way over the present connection. */
  inFlight: string | null;
  conversation: boolean;
  online: boolean;
  config: Config | null;
  /** The newest position an operator has seen. */
  seenByOperator: number;
  typing: string | null;
}

export type Happening =
  | { type: "frame"; frame: HubFrame; now: number }
  | { type: "page"; page: Page; after: number }
  | { type: "down" }
  | { type: "written"; item: Outgoing }
  | { type: "sent"; id: string }
  | { type: "retry"; id: string }
  | { type: "discard"; id: string }
  | { type: "quiet" }
  | { type: "adopt"; token: string | null; outbox: Outgoing[] };

export const empty: Session = {
  token: null,
  up: false,
  known: false,
  cursor: 0,
  heard: 0,
  behind: false,
  messages: [],
  outbox: [],
  inFlight: null,
  conversation: false,
  online: true,
  config: null,
  seenByOperator: 0,
  typing: null,
};

/** Codes of a `nack` after which the same message may pass later, without the visitor changing it. */
const passing = new Set(["rate", "busy"]);

function insert(messages: VisitorMessage[], added: readonly VisitorMessage[]): VisitorMessage[] {
  const byPosition = new Map(messages.map((message) => [message.position, message]));
  for (const message of added) byPosition.set(message.position, message);
  return [...byPosition.values()].sort((a, b) => a.position - b.position);
}

/** Takes messages the hub showed: into the list, and out of the outbox where they are the visitor's own. */
function show(session: Session, shown: readonly VisitorMessage[]): Session {
  const ids = new Set(shown.map((message) => message.id));
  const heard = shown.reduce((newest, message) => Math.max(newest, message.position), session.heard);
  return {
    ...session,
    messages: insert(session.messages, shown),
    outbox: session.outbox.filter((item) => !ids.has(item.id)),
    inFlight: ids.has(session.inFlight) ? null : session.inFlight,
    heard,
    cursor: session.behind ? session.cursor : heard,
    conversation: session.conversation || shown.length > 0,
    typing: shown.some((message) => message.author !== "you") ? null : session.typing,
  };
}

function welcome(session: Session, frame: Extract<HubFrame, { type: "welcome" }>): Session {
  // Another token is another conversation (a signed-in visitor's own, or a new one for a token the hub forgot).
  const same = session.token === null || session.token === frame.token;
  const base = same ? session : { ...empty, outbox: session.outbox };
  const missed = !same && session.cursor > 0; // the hub left out what we claimed to have
  const welcomed: Session = {
    ...base,
    token: frame.token,
    up: true,
    known: true,
    behind: true,
    conversation: frame.conversation,
    online: frame.online,
    config: frame.config,
    // A hello repeated on the same line does not cut off the answer that is already under way.
    inFlight: same && session.up ? session.inFlight : null,
    typing: null,
  };
  if (missed) return welcomed;
  return caughtUp(show(welcomed, frame.messages), frame.messages, frame.more);
}

/** Moves the cursor over one page that follows it without a gap; a page that leads nowhere ends the chase. */
function caughtUp(session: Session, items: readonly VisitorMessage[], more: boolean): Session {
  const cursor = items.reduce((newest, message) => Math.max(newest, message.position), session.cursor);
  return more && cursor > session.cursor
    ? { ...session, cursor }
    : { ...session, cursor: Math.max(cursor, session.heard), behind: false };
}

function acknowledged(session: Session, id: string, position: number, at: string): Session {
  const item = session.outbox.find((one) => one.id === id);
  const inFlight = session.inFlight === id ? null : session.inFlight;
  if (!item) return { ...session, inFlight }; // shown before it was acknowledged, or a repeat
  const { text, attachments } = item;
  const message: VisitorMessage = { position, id, author: "you", name: null, text, attachments, buttons: [], at };
  return {
    ...session,
    // What the hub itself showed knows more (addresses of the files) than our own copy.
    messages: session.messages.some((one) => one.position === position)
      ? session.messages
      : insert(session.messages, [message]),
    outbox: session.outbox.filter((one) => one !== item),
    inFlight,
    conversation: true,
    // Only the hub can sign the addresses of the files: ask for what follows the cursor, this message included.
    behind: session.behind || attachments.length > 0,
  };
}

function refused(session: Session, nack: Nack, now: number): Session {
  const again = passing.has(nack.code);
  const fault = { code: nack.code, detail: nack.detail, fields: nack.extra?.fields };
  const notBefore = again ? now + (nack.retry_after_s ?? 5) * 1000 : undefined;
  return {
    ...session,
    inFlight: session.inFlight === nack.id ? null : session.inFlight,
    outbox: session.outbox.map((item) =>
      item.id === nack.id ? { ...item, state: again ? "sending" : "failed", fault, notBefore } : item,
    ),
  };
}

function heardFrom(session: Session, frame: HubFrame, now: number): Session {
  switch (frame.type) {
    case "welcome":
      return welcome(session, frame);
    case "message": {
      const { type: _, ...message } = frame;
      return show(session, [message]);
    }
    case "ack":
      return acknowledged(session, frame.id, frame.position, frame.at);
    case "nack":
      return refused(session, frame, now);
    case "read":
      return { ...session, seenByOperator: Math.max(session.seenByOperator, frame.position) };
    case "typing":
      return { ...session, typing: frame.name ?? "" };
    case "online":
      return { ...session, online: frame.online };
    default:
      return session; // ping and reload concern the connection; an unknown frame is from a newer hub
  }
}

export function reduce(session: Session, happening: Happening): Session {
  switch (happening.type) {
    case "frame":
      return heardFrom(session, happening.frame, happening.now);
    case "page":
      // A page asked for from another cursor does not join ours: what lies between would be skipped.
      if (happening.after !== session.cursor) return session;
      return caughtUp(
        show({ ...session, behind: true }, happening.page.items),
        happening.page.items,
        happening.page.more,
      );
    case "down":
      return { ...session, up: false, inFlight: null, typing: null };
    case "written":
      return { ...session, outbox: [...session.outbox, happening.item] };
    case "sent":
      return { ...session, inFlight: happening.id };
    case "retry":
      return {
        ...session,
        outbox: session.outbox.map((item) =>
          item.id === happening.id ? { ...item, state: "sending", fault: undefined, notBefore: undefined } : item,
        ),
      };
    case "discard":
      return {
        ...session,
        outbox: session.outbox.filter((item) => item.id !== happening.id),
        inFlight: session.inFlight === happening.id ? null : session.inFlight,
      };
    case "quiet":
      return { ...session, typing: null };
    case "adopt":
      return { ...empty, config: session.config, token: happening.token, outbox: happening.outbox };
  }
}

/** The frame to send now, or null: the oldest message that has not failed, when nothing else is on its way. */
export function due(session: Session, now: number): Send | null {
  if (!session.up || session.inFlight) return null;
  const item = session.outbox.find((one) => one.state === "sending");
  if (!item || (item.notBefore ?? 0) > now) return null;
  const { id, text, button, form } = item;
  return {
    type: "send",
    id,
    text,
    attachments: item.attachments.map((file) => file.id),
    ...(button && { button }),
    ...(form && { form }),
  };
}

/** Milliseconds until `due` may answer differently by the passing of time alone, or null. */
export function pause(session: Session, now: number): number | null {
  const item = session.outbox.find((one) => one.state === "sending");
  return item?.notBefore && item.notBefore > now ? item.notBefore - now : null;
}
