/** Who works in the project, and what belongs to them. */

export type Right = "read" | "reply" | "assign_others" | "write_flows" | "manage" | "connect";
export type Presence = "online" | "busy" | "offline";

export interface Me {
  operator: {
    id: string;
    email: string;
    name: string;
    locale: string;
    totp: boolean;
    presence: Presence;
    signature: string;
  };
  project: { id: string; name: string; mode: string; locale: string; time_zone: string; signature: string };
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

export const ROLES = ["admin", "curator", "operator", "second_line", "analyst", "script_author"] as const;
export const SCOPES = ["all", "team", "own"] as const;
export type Role = (typeof ROLES)[number];
export type Scope = (typeof SCOPES)[number];

/** A place in the project: what one is, and which conversations one sees. */
export interface Place {
  role: Role;
  scope: Scope;
  teams: string[];
}

/** Somebody who works in the project, as its admins see them. */
export interface Person extends Place {
  id: string;
  name: string;
  email: string;
  active: boolean;
  totp: boolean;
  created_at: string;
}

export interface Invitation extends Place {
  id: string;
  email: string;
  by: string | null;
  created_at: string;
  expires_at: string;
}

/** A link that was made just now: told once. */
export interface LinkMade {
  url: string;
  mailed: boolean;
  /** No mail server has taken the letter yet, and the hub goes on for a while. */
  trying: boolean;
  expires_at: string;
}

/** What stands behind a link. With a `name` there is an account already. */
export interface AccountLink {
  kind: "invitation" | "reset";
  email: string;
  project: string;
  role: string | null;
  name: string | null;
  expires_at: string;
}
