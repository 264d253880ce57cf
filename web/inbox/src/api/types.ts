/** The shapes of the wire, as docs/protocol.md and hub/model describe them. */

export type Status = "open" | "snoozed" | "resolved" | "spam";
export type Control = "bot" | "queue" | "operator" | "none";
export type Priority = "low" | "medium" | "high" | "urgent";
export type Direction = "in" | "out" | "note";
export type ActorKind = "contact" | "operator" | "bot" | "system";
export type DeliveryStatus = "queued" | "sending" | "sent" | "delivered" | "read" | "failed";
export type Right = "read" | "reply" | "assign_others" | "write_flows" | "manage" | "connect";
export type Presence = "online" | "busy" | "offline";

export const VIEWS = ["unattended", "mine", "unassigned", "bot", "all", "snoozed", "resolved", "spam"] as const;
export type View = (typeof VIEWS)[number];

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
  | "outside_hours"
  | "timeout"
  | "automatic";

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Actor {
  kind: ActorKind;
  id: string | null;
  name: string | null;
}

export interface AttachmentRef {
  id: string;
  name: string;
  media_type: string;
  size_bytes: number;
  status: "pending" | "stored" | "failed";
  reason: string | null;
}

export interface Delivery {
  status: DeliveryStatus;
  attempts: number;
  code: string | null;
  reason: string | null;
  may_repeat: boolean;
  due_at: string | null;
}

/** What a mail says beside its new text (`MailDetails` of the hub's model). */
export interface MailDetails {
  subject: string;
  sender: string | null;
  to: string[];
  cc: string[];
  /** Whom an answer to all goes to, beside the contact. */
  others: string[];
  /** Who wrote what its sender passes on. */
  forwarded: string | null;
  quoted: string;
  signature: string;
  /** It can be shown as its author marked it. */
  html: boolean;
  original: string | null;
  automatic: "bounce" | "delay" | "auto_reply" | "list" | "ours" | "automatic" | null;
  authentic: "pass" | "fail" | null;
  claims: string | null;
}

/** What a message may hold beside its text (`Details` of the hub's model). */
export interface MessageDetails {
  html?: string | null;
  quote?: { external_id: string | null; text: string } | null;
  forwarded_from?: string | null;
  location?: { latitude: number; longitude: number; title: string | null; address: string | null } | null;
  mail?: MailDetails | null;
}

/** What a questionnaire found out. */
export interface AnswerCard {
  flow: string;
  title: string;
  version: string;
  score: number;
  outcome: string | null;
  lines: { question: string; label: string; value: string }[];
}

export interface Message {
  id: string;
  conversation: string;
  position: number;
  direction: Direction;
  author: Actor;
  text: string;
  attachments: AttachmentRef[];
  buttons: { label: string; value: string }[];
  button: string | null;
  card?: AnswerCard | null;
  source_at: string | null;
  created_at: string;
  automatic: boolean;
  /** It asks the people of the channel's own service in, and says nothing to the contact. */
  handover?: boolean;
  delivery: Delivery | null;
  edited_at: string | null;
  /** Its author took it back: it says nothing any more, and what it said is the last of `edits`. */
  deleted_at?: string | null;
  details?: MessageDetails | null;
  edits?: { text: string; at: string }[];
  reactions?: string[];
  revision: number;
}

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

export type FlowSessionState = "active" | "waiting_operator" | "done" | "stopped" | "abandoned";

export interface FlowMark {
  session: string;
  flow: string;
  version: number;
  state: FlowSessionState;
  /** Rises with each step. */
  seq: number;
  open: string | null;
  score: number;
  outcome: string | null;
  stage: string | null;
}

export interface FlowSession {
  session: string;
  flow: string;
  title: string;
  version: string;
  newest: string | null;
  state: FlowSessionState;
  open: string | null;
  score: number;
  outcome: string | null;
  stage: string | null;
  started_at: string;
  ended_at: string | null;
  questions: { id: string; text: string; answer: { text: string; refusal: string | null } | null }[];
}

/** A flow as everybody in the project sees it. */
export interface FlowBrief {
  flow: string;
  title: string;
  version: string | null;
  archived: boolean;
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
  } | null;
  last_activity_at: string;
  created_at: string;
  revision: number;
  /** How far the viewer has read. Absent in changes of the feed. */
  read_position?: number;
}

export interface Address {
  id: string;
  /** The part of the person that it belongs to. */
  contact: string;
  kind: string;
  value: string;
  verified: boolean;
  unreachable: string | null;
}

export interface Contact {
  id: string;
  name: string | null;
  language: string | null;
  time_zone: string | null;
  fields: { name: string; value: string; verified: boolean }[];
  /** The place in the sales funnel. */
  stage: string | null;
  stage_at: string | null;
  blocked: boolean;
  /** The contact that this one is a part of. */
  merged_into: string | null;
  created_at: string;
  revision: number;
  addresses?: Address[];
}

/** What would come of making `other` a part of `survivor`. `addresses` and `conversations` are those of the other. */
export interface MergePreview {
  survivor: Contact;
  other: Contact;
  facts: { name: string; survivor: string | null; other: string | null; after: string | null; conflict: boolean }[];
  addresses: Address[];
  conversations: number;
}

/** A merge that can be undone. `by` null: a link of the contact did it. */
export interface Merge {
  id: string;
  merged: string;
  merged_name: string | null;
  by: string | null;
  at: string;
}

/** What the contact agreed to or refused, in the words they were shown. */
export interface Consent {
  id: string;
  /** `<flow>.<question>`, or `messages` for a wish to be left alone. */
  topic: string;
  given: boolean;
  text: string;
  text_hash: string;
  version: string;
  conversation: string;
  channel: string;
  at: string;
}

export interface StageMove {
  id: string;
  stage: string;
  before: string | null;
  by: { kind: "contact" | "operator" | "bot" | "system"; id: string | null; name: string | null };
  flow: string | null;
  at: string;
}

export interface Draft {
  text: string;
  direction: "out" | "note";
}

export interface ConversationDetail extends Conversation {
  contact_detail: Contact;
  channel_detail: { id: string; name: string; kind: string; capabilities: Partial<Capabilities> | null };
  draft: Draft | null;
  /** The channel takes answers only for so long after the contact's last message, which came at `heard_at`. */
  answer_window_s?: number | null;
  heard_at?: string | null;
}

/** As the hub answers: what was erased is null. */
export type ConversationBrief = Pick<
  Conversation,
  "id" | "channel_kind" | "status" | "assignee" | "last_message" | "last_activity_at" | "created_at"
>;

export type Answered = Omit<ConversationDetail, "contact_detail" | "channel_detail"> & {
  contact_detail: Contact | null;
  channel_detail: ConversationDetail["channel_detail"] | null;
};

export interface Capabilities {
  text_limit: number;
  buttons: boolean;
  attachment_bytes: number;
  edits: boolean;
  typing: boolean;
  receipts: boolean;
  copies: boolean;
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

export type TaskList = "mine" | "team" | "all";
export type TaskStatus = "open" | "done";
export const DISPOSITIONS = [
  "reached",
  "refused",
  "wrong_number",
  "not_needed",
  "no_answer",
  "busy",
  "answering_machine",
  "appointment",
] as const;
export type Disposition = (typeof DISPOSITIONS)[number];
/** After these nobody calls again. */
export const ENDING = new Set<Disposition>(["reached", "refused", "wrong_number", "not_needed"]);

/** A call that was promised. */
export interface Task {
  id: string;
  conversation: string;
  contact: string;
  contact_name: string | null;
  seq: number;
  status: TaskStatus;
  phone: string;
  reason: string;
  page: string;
  wanted: string;
  wanted_at: string | null;
  zone: string;
  due_at: string;
  reminded_at: string | null;
  overdue_at: string | null;
  team: string | null;
  assignee: string | null;
  former: unknown[];
  attempts: { at: string; by_name: string; disposition: Disposition; note: string; moved_to: string | null }[];
  disposition: Disposition | null;
  created_at: string;
  done_at: string | null;
}

export interface TaskCounters {
  mine: number;
  team: number;
  all: number;
  overdue: number;
  now: string;
}

/** What an activity did to a task. */
export interface TaskMark {
  task: string;
  did: "created" | "renewed" | "taken" | "assigned" | "moved" | "done" | "reminded" | "overdue";
  phone: string;
  due_at: string;
  disposition: Disposition | null;
  note: string;
  assignee: string | null;
  team: string | null;
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

export interface Me {
  operator: { id: string; email: string; name: string; locale: string; totp: boolean; presence: Presence };
  project: { id: string; name: string; mode: string; locale: string; time_zone: string };
  /** All that one may enter, by name. */
  projects: { id: string; name: string }[];
  role: string;
  scope: string;
  teams: string[];
  rights: Right[];
  demo: boolean;
}

export interface Colleague {
  id: string;
  name: string;
  role: string;
  presence: Presence;
  active: boolean;
}

export interface Team {
  id: string;
  name: string;
}

export interface CannedReply {
  id: string;
  shortcut: string;
  text: string;
  team: string | null;
  personal: boolean;
}

export type ChannelState = "stopped" | "starting" | "running" | "backing_off" | "needs_attention";

export interface Channel {
  id: string;
  kind: string;
  name: string;
  /** Null for those who do not manage channels, as greeting and settings are. */
  key: string | null;
  enabled: boolean;
  team: string | null;
  greeting: string | null;
  /** The rules by which flows begin here, the first that fits first; for those who write flows or manage channels. */
  flows: {
    flow: string;
    on: "first_message" | "words" | "start" | "button" | "resolved";
    words: string[];
    payload: string | null;
  }[];
  settings: Record<string, unknown> | null;
  secrets_set?: string[];
  health: {
    state: ChannelState;
    error: string | null;
    /** What does not work beside the channel itself, such as its operators' group. */
    notice?: string | null;
    since: string | null;
    last_inbound_at: string | null;
    last_outbound_at: string | null;
  };
  revision: number;
}

export interface Parked {
  id: string;
  channel: string;
  external_id: string;
  raw: string;
  reason: string;
  attempts: number;
  status: "waiting" | "done";
  first_at: string;
  last_at: string;
  size_bytes: number;
}

/** What settings of a channel would make of something that came in. */
export interface Trial {
  at: string | null;
  raw: string;
  fields: { name: string; label: string; value: string; to: string }[];
  address_kind: string;
  address: string;
  contact_name: string | null;
  contact_fields: { name: string; value: string }[];
  known_as: string | null;
  text: string;
  happens: ("new_contact" | "known_contact" | "new_conversation" | "same_conversation" | "flow" | "call_back")[];
  flow: string | null;
}

export interface Webhook {
  name: string;
  url: string;
  enabled: boolean;
  disabled_reason: string | null;
  created_at: string;
  /** Shown once: when it is made, and after a change of the secret. */
  secret: string | null;
}

export interface WebhookDelivery {
  id: string;
  name: string;
  status: "pending" | "delivered" | "failed";
  attempts: { at: string; status: number | null; error: string | null }[];
  due_at: string;
  created_at: string;
  body: string;
}

export interface SessionRow {
  id: string;
  label: string;
  current: boolean;
  created_at: string;
  last_used_at: string;
  expires_at: string;
}

export interface TokenRow {
  id: string;
  name: string;
  scopes: string[];
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
}

export type Counters = Partial<Record<View, number>>;
