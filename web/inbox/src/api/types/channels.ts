/** Channels, what they could not read, and trials of their settings. */
import type { Why } from "@/api/types/messages";

export interface Capabilities {
  text_limit: number;
  buttons: boolean;
  attachment_bytes: number;
  edits: boolean;
  typing: boolean;
  receipts: boolean;
  copies: boolean;
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
  /** Days for which raw payloads are kept; null keeps them for ever. */
  raw_days: number | null;
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
    error_why?: Why | null;
    /** What does not work beside the channel itself, such as its operators' group. */
    notice?: string | null;
    notice_whys?: Why[];
    since: string | null;
    last_inbound_at: string | null;
    last_outbound_at: string | null;
  };
  revision: number;
}

/** A channel whose account is open now. `lasts_s`: for how long the sign-in holds; null: until it is taken back. */
export interface SignedInChannel {
  channel: string;
  name: string;
  account: string | null;
  lasts_s: number | null;
}

export interface Parked {
  id: string;
  channel: string;
  external_id: string;
  raw: string;
  reason: string;
  why?: Why | null;
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

/** A link to a form, as the list shows it: its address was told once. `used`: filled in, where it is for one use. */
export interface FormLinkMade {
  id: string;
  slug: string;
  label: string;
  contact: string | null;
  once: boolean;
  used: boolean;
  revoked: boolean;
  created_at: string;
  expires_at: string;
}

/** One thing that a channel's service says of the account. */
export interface ConnectionFact {
  /** In English. */
  text: string;
  why: Why;
}
