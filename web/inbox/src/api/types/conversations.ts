/** Conversations, what is done with them, and the lists they stand in. */
import type { Capabilities } from "@/api/types/channels";
import type { Actor, ActorKind } from "@/api/types/common";
import type { Contact } from "@/api/types/contacts";
import type { FlowMark } from "@/api/types/flows";
import type { Direction, Message } from "@/api/types/messages";
import type { TaskMark } from "@/api/types/tasks";

export type Status = "open" | "snoozed" | "resolved" | "spam";
export type Control = "bot" | "queue" | "operator" | "none";
export type Priority = "low" | "medium" | "high" | "urgent";
export const VIEWS = ["unattended", "mine", "unassigned", "bot", "all", "snoozed", "resolved", "spam"] as const;
export type View = (typeof VIEWS)[number];
export type Counters = Partial<Record<View, number>>;

export type ControlReason =
  | "new_conversation"
  | "reopened"
  | "operator_reply"
  | "taken"
  | "assigned"
  | "handed_back"
  | "resolved"
  | "spam"
  | "customer_requested"
  | "flow_escalated"
  | "flow_started"
  | "retries_exhausted"
  | "bot_error"
  | "too_fast"
  | "outside_hours"
  | "timeout"
  | "automatic";

export interface ConversationState {
  status: Status;
  control: Control;
  control_epoch: number;
  control_reason: ControlReason;
  control_since: string | null;
  assignee: string | null;
  team: string | null;
  waiting_since: string | null;
  snoozed_until: string | null;
  resolved_at: string | null;
  first_reply_at: string | null;
  priority: Priority | null;
  tags: string[];
  /** The newest questionnaire, ended or not; null when there was none. */
  flow?: FlowMark | null;
}

export interface Conversation extends ConversationState {
  id: string;
  channel: string;
  channel_kind: string;
  contact: string;
  contact_name: string | null;
  number: number;
  seq: number;
  last_position: number;
  last_message: {
    position: number;
    direction: Direction;
    author_kind: ActorKind;
    preview: string;
    at: string;
    /** Its author took it back. */
    deleted?: boolean;
  } | null;
  last_activity_at: string;
  created_at: string;
  revision: number;
  /** How far the viewer has read. Absent in changes of the feed. */
  read_position?: number;
}

export type ConversationBrief = Pick<
  Conversation,
  "id" | "channel_kind" | "status" | "assignee" | "last_message" | "last_activity_at" | "created_at"
>;

export interface ConversationDetail extends Conversation {
  contact_detail: Contact;
  channel_detail: { id: string; name: string; kind: string; capabilities: Partial<Capabilities> | null };
  draft: Draft | null;
  /** The channel takes answers only for so long after the contact's last message, which came at `heard_at`. */
  answer_window_s?: number | null;
  heard_at?: string | null;
}

/** As the hub answers: what was erased is null. */
export type Answered = Omit<ConversationDetail, "contact_detail" | "channel_detail"> & {
  contact_detail: Contact | null;
  channel_detail: ConversationDetail["channel_detail"] | null;
};

export interface Draft {
  text: string;
  direction: "out" | "note";
  /** Addresses that get the reply too. */
  copies: string[];
}

export type ActivityKind =
  | "take"
  | "hand_back"
  | "assign"
  | "snooze"
  | "wake"
  | "resolve"
  | "reopen"
  | "spam"
  | "task"
  | "tag"
  | "priority"
  | "timer"
  | "flow"
  | "message"
  | "reply"
  | "note";

export interface Activity {
  id: string;
  seq: number;
  position: number;
  kind: ActivityKind;
  actor: Actor;
  state: ConversationState;
  task?: TaskMark | null;
  decided_at: string;
}

export interface MessageWindow {
  items: Message[];
  activities: Activity[];
  first: number;
  last: number;
}

/** A conversation found by a message: the newest of its messages that fits, and the line that shows it. */
export interface Hit {
  conversation: Conversation;
  message: Pick<Message, "id" | "position" | "direction" | "author" | "created_at"> & {
    line: { text: string; hit: boolean }[];
  };
}
