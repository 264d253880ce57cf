/** The audit log. */

export const AUDIT_ACTIONS = [
  "signed_in",
  "sign_in_failed",
  "session_ended",
  "password_changed",
  "password_reset",
  "reset_link_made",
  "second_factor_on",
  "second_factor_off",
  "token_made",
  "token_deleted",
  "invited",
  "invitation_revoked",
  "joined",
  "place_changed",
  "person_removed",
  "project_changed",
  "team_made",
  "team_renamed",
  "channel_made",
  "channel_changed",
  "signing_key_shown",
  "webhook_made",
  "webhook_changed",
  "webhook_secret_changed",
  "webhook_deleted",
  "flow_published",
  "flow_archived",
  "flow_deleted",
  "contacts_merged",
  "contacts_parted",
  "contact_exported",
  "contact_erased",
  "audit_exported",
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** `before` and `after` null: it changed, and is not shown. */
export interface AuditChange {
  name: string;
  before: string | null;
  after: string | null;
}

export interface AuditLine {
  id: string;
  at: string;
  action: AuditAction;
  by: string | null;
  via: "session" | "token" | "link" | "nobody" | "command";
  address: string | null;
  object: string | null;
  name: string | null;
  changes: AuditChange[];
  /** The contacts of the line that are still there, by their ids, with their names of today. */
  contacts?: Record<string, string | null>;
}

/** Which lines; empty values are left out. */
export interface AuditFilter {
  by: string;
  action: string;
  since: string;
  until: string;
}
