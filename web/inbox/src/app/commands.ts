/** What the command bar offers of its own: actions that a key does as well, and pages. */
import type { Conversation, Right } from "@/api/types";
import type { Key } from "@/i18n";
import type { Cache } from "@/live/cache";

/** So many characters are looked for. */
export const LEAST = 2;
const RECENT = 5;

export interface Deed {
  /** As `useShortcuts` calls it. */
  name: string;
  label: Extract<Key, `help.${string}`>;
  shown: string;
}

/** Those of an open conversation, or of the chosen ones. */
const OF_CONVERSATION: Deed[] = [
  { name: "reply", label: "help.reply", shown: "R" },
  { name: "note", label: "help.note", shown: "N" },
  { name: "take", label: "help.take", shown: "T" },
  { name: "assign", label: "help.assign", shown: "A" },
  { name: "snooze", label: "help.snooze", shown: "S" },
  { name: "tags", label: "help.tags", shown: "L" },
  { name: "resolve", label: "help.resolve", shown: "E" },
  { name: "hand_back", label: "help.hand_back", shown: "H" },
  { name: "call_back", label: "help.call_back", shown: "C" },
  { name: "contact", label: "help.contact", shown: "I" },
];
const ANYWHERE: Deed[] = [
  { name: "search", label: "help.search", shown: "/" },
  { name: "scheme", label: "help.scheme", shown: "D" },
  { name: "help", label: "help.title", shown: "?" },
];

/** Whether there is something on the page that can be worked on: then that comes first. */
export function works(deeds: Deed[]): boolean {
  return deeds.some((deed) => OF_CONVERSATION.includes(deed));
}

/** What can be done on a page, `here` being what its parts take keys for. */
export function commandsIn(pathname: string, here: ReadonlySet<string>): Deed[] {
  const deeds = pathname.startsWith("/inbox") ? [...OF_CONVERSATION, ...ANYWHERE] : ANYWHERE;
  return deeds.filter((deed) => here.has(deed.name));
}

export interface Page {
  to: string;
  label: Extract<Key, `nav.${string}`>;
  shown?: string;
  right?: Right;
}

const PAGES: Page[] = [
  { to: "/tasks", label: "nav.tasks", shown: "G C" },
  { to: "/canned-replies", label: "nav.canned" },
  { to: "/flows", label: "nav.flows", right: "write_flows" },
  { to: "/channels", label: "nav.channels", right: "manage" },
  { to: "/people", label: "nav.people", right: "manage" },
  { to: "/webhooks", label: "nav.webhooks", right: "manage" },
  { to: "/audit", label: "nav.audit", right: "manage" },
  { to: "/parked", label: "nav.parked", right: "manage" },
  { to: "/settings", label: "nav.settings", shown: "G ," },
];

/** The pages that somebody may see. */
export function pagesFor(rights: readonly Right[]): Page[] {
  return PAGES.filter(({ right }) => !right || rights.includes(right));
}

/** The conversations in which something happened last, of those that are loaded; not the open one. */
export function recentOf(cache: Cache, pathname: string): Conversation[] {
  const known = new Map<string, Conversation>();
  for (const { data } of Object.values(cache.lists))
    for (const page of data.pages) for (const item of page.items) known.set(item.id, item);
  return [...known.values()]
    .filter((item) => !pathname.split("/").includes(item.id))
    .sort((a, b) => b.last_activity_at.localeCompare(a.last_activity_at))
    .slice(0, RECENT);
}
