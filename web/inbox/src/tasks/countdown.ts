/** How long until a call is due, or since it was, in words that change every second. Pure. */

const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;

export interface Left {
  late: boolean;
  /** `0:29` below an hour, `2:05:00` below a day; null beyond: then a date says more. */
  text: string | null;
  /** Seconds until it is due; negative when late. */
  seconds: number;
}

export function leftUntil(due: string, now: number): Left {
  const seconds = Math.ceil((Date.parse(due) - now) / 1_000);
  const late = seconds < 0;
  const rest = Math.abs(seconds);
  if (rest >= DAY_S) return { late, text: null, seconds };
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(rest / HOUR_S);
  const minutes = Math.floor((rest % HOUR_S) / MINUTE_S);
  const clock = `${hours ? two(minutes) : minutes}:${two(rest % MINUTE_S)}`;
  return { late, text: hours ? `${hours}:${clock}` : clock, seconds };
}

/** What a time is on the clock of somebody in `zone`, where that differs from the reader's own; else null. */
export function timeThere(iso: string, zone: string, locale: string): string | null {
  const moment = new Date(iso);
  const options: Intl.DateTimeFormatOptions = { weekday: "short", hour: "numeric", minute: "2-digit" };
  try {
    const there = new Intl.DateTimeFormat(locale, { ...options, timeZone: zone }).format(moment);
    return there === new Intl.DateTimeFormat(locale, options).format(moment) ? null : there;
  } catch {
    return null; // a zone that this browser does not know
  }
}

/** After which time one usually calls again, by how the attempt ended, in minutes. */
export const AGAIN_MINUTES: Record<string, number> = {
  no_answer: 180,
  busy: 30,
  answering_machine: 180,
  appointment: 1_440,
};

/** `datetime-local` wants the local time without a zone. */
export function localInput(moment: Date): string {
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
