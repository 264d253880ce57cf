/** What is said in a conversation. */
import type { Actor } from "@/api/types/common";

export type Direction = "in" | "out" | "note";
export type DeliveryStatus = "queued" | "sending" | "sent" | "delivered" | "read" | "failed";

export interface AttachmentRef {
  id: string;
  name: string;
  media_type: string;
  size_bytes: number;
  status: "pending" | "stored" | "failed";
  reason: string | null;
}

/** A reason that can be said in any language (`Why` of the hub's model). */
export interface Why {
  code: string;
  facts: Record<string, string>;
  /** The service's own words. */
  said: string;
}

export interface Delivery {
  status: DeliveryStatus;
  attempts: number;
  code: string | null;
  reason: string | null;
  why?: Why | null;
  /** What did not work of a message that was sent, such as copies that were refused. */
  whys?: Why[];
  may_repeat: boolean;
  due_at: string | null;
  /** Copies of a sent message that are to be tried again, unless they are being tried. */
  copies?: { due_at: string; trying: boolean } | null;
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
  /** It was kept for as long as its channel says. */
  original_gone?: boolean;
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
