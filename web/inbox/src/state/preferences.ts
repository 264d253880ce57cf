/** What a person chose for this browser. */
import { Stored } from "@/state/stored";

export interface Preferences {
  /** Enter sends; with false, Mod+Enter does. */
  enterSends: boolean;
  sound: boolean;
  notifications: boolean;
  singleKeys: boolean;
  contactOpen: boolean;
  locale: "en" | "ru" | null;
}

export const preferences = new Stored<Preferences>("preferences", {
  enterSends: true,
  sound: true,
  notifications: false,
  singleKeys: true,
  contactOpen: true,
  locale: null,
});

export function prefer(change: Partial<Preferences>): void {
  preferences.set({ ...preferences.get(), ...change });
}
