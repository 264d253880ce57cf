/** People: addresses, merges, consents and stages. */
import type { Actor } from "@/api/types/common";

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
  by: Actor;
  flow: string | null;
  at: string;
}

/** How much is held of a contact, by kind. `waiting` has not gone out yet. */
export interface Held {
  conversations: number;
  messages: number;
  waiting: number;
  files: number;
  file_bytes: number;
  addresses: number;
  fields: number;
  sessions: number;
  tasks: number;
}
