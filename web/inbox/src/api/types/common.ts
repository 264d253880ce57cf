/** What all parts share. */

export type ActorKind = "contact" | "operator" | "bot" | "system";

export interface Actor {
  kind: ActorKind;
  id: string | null;
  name: string | null;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}
