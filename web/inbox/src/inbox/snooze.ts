/** The usual times to come back to a conversation. */

export type Preset = "hour" | "evening" | "tomorrow" | "monday" | "reply";

export const PRESETS: Preset[] = ["hour", "evening", "tomorrow", "monday", "reply"];

const MORNING = 9;
const EVENING = 18;

/** When `preset` is, seen from `now`; null means with the contact's next message, undefined that it is over for today. */
export function momentOf(preset: Preset, now: Date): Date | null | undefined {
  const at = (days: number, hour: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);
  switch (preset) {
    case "hour":
      return new Date(now.getTime() + 3_600_000);
    case "evening": {
      const evening = at(0, EVENING);
      return evening.getTime() - now.getTime() > 3_600_000 ? evening : undefined;
    }
    case "tomorrow":
      return at(1, MORNING);
    case "monday":
      return at(((8 - now.getDay()) % 7 || 7) as number, MORNING);
    case "reply":
      return null;
  }
}
