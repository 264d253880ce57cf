/** Who works in the project, and what belongs to them. */

export type Right = "read" | "reply" | "assign_others" | "write_flows" | "manage" | "connect";
export type Presence = "online" | "busy" | "offline";

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
