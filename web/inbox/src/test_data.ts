/** Sample conversations, messages and changes for the tests. */
import type { Activity, Conversation, ConversationDetail, Message } from "@/api/types";
import type { Cache, ListEntry } from "@/live/cache";
import { listPage } from "@/live/cache";
import type { Change } from "@/live/changes";

export const ME = "me";

export function moment(minute: number): string {
  return new Date(Date.UTC(2026, 0, 5, 9, minute)).toISOString();
}

export function conversation(id: string, given: Partial<Conversation> = {}): Conversation {
  return {
    id,
    channel: "channel",
    channel_kind: "webchat",
    contact: `contact-${id}`,
    contact_name: `Sample Customer ${id}`,
    number: 1,
    seq: 1,
    last_position: 1,
    last_message: null,
    last_activity_at: moment(0),
    created_at: moment(0),
    revision: 1,
    status: "open",
    control: "queue",
    control_epoch: 1,
    control_reason: "new_conversation",
    control_since: null,
    assignee: null,
    team: null,
    waiting_since: null,
    snoozed_until: null,
    resolved_at: null,
    first_reply_at: null,
    priority: null,
    tags: [],
    ...given,
  };
}

export function message(position: number, given: Partial<Message> = {}): Message {
  return {
    id: `message-${position}`,
    conversation: "c",
    position,
    direction: "in",
    author: { kind: "contact", id: "contact-c", name: "Sample Customer" },
    text: `Text ${position}`,
    attachments: [],
    buttons: [],
    button: null,
    source_at: null,
    created_at: moment(position),
    automatic: false,
    delivery: null,
    edited_at: null,
    revision: 1,
    ...given,
  };
}

export function activity(seq: number, position: number): Activity {
  const { id: _id, ...state } = conversation("c");
  const actor = { kind: "operator" as const, id: ME, name: "Demo Operator" };
  return { id: `activity-${seq}`, seq, position, kind: "take", actor, state, decided_at: moment(position) };
}

export function detail(base: Conversation): ConversationDetail {
  return {
    ...base,
    contact_detail: {
      id: base.contact,
      name: base.contact_name,
      language: null,
      time_zone: null,
      fields: [],
      stage: null,
      stage_at: null,
      blocked: false,
      merged_into: null,
      created_at: moment(0),
      revision: 1,
      addresses: [],
    },
    channel_detail: { id: "channel", name: "Demo shop", kind: "webchat", capabilities: null },
    draft: null,
  };
}

export function list(view: ListEntry["view"], pages: Conversation[][], next: string | null = null): ListEntry {
  const made = pages.map((items, index) => listPage({ items, next: index < pages.length - 1 ? "more" : next }, view));
  return { view, data: { pages: made, pageParams: [] } };
}

export function emptyCache(): Cache {
  return { lists: {}, details: {}, threads: {} };
}

export function changed(data: Conversation): Change {
  return { kind: "conversation", cursor: "", conversation: data.id, data };
}

export function said(data: Message): Change {
  return { kind: "message", cursor: "", conversation: data.conversation, data };
}
