/** Dates, times and sizes as people of a locale write them. */

const DAY_MS = 86_400_000;

function startOfDay(moment: number): number {
  return new Date(moment).setHours(0, 0, 0, 0);
}

/** Whole days from `now`'s day back to that of `moment`; negative in the future. */
export function daysAgo(moment: number, now: number): number {
  return Math.round((startOfDay(now) - startOfDay(moment)) / DAY_MS);
}

export function formats(locale: string) {
  const time = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
  const weekday = new Intl.DateTimeFormat(locale, { weekday: "short" });
  const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
  const dayOfYear = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric" });
  const longDay = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
  const full = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const units = (unit: string) => new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "narrow" });
  const [minutes, hours, days] = [units("minute"), units("hour"), units("day")];
  const sizes = (["byte", "kilobyte", "megabyte", "gigabyte"] as const).map(
    (unit) => new Intl.NumberFormat(locale, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 1 }),
  );

  return {
    time: (iso: string) => time.format(new Date(iso)),
    full: (iso: string) => full.format(new Date(iso)),
    date: (iso: string) => dayOfYear.format(new Date(iso)),
    /** For a list: the time today, a weekday this week, else the date. */
    brief: (iso: string, now = Date.now()) => {
      const moment = Date.parse(iso);
      const ago = daysAgo(moment, now);
      if (ago === 0) return time.format(moment);
      if (ago > 0 && ago < 7) return weekday.format(moment);
      return (new Date(moment).getFullYear() === new Date(now).getFullYear() ? day : dayOfYear).format(moment);
    },
    /** Above a day of messages: "today", "yesterday", "Monday, 3 June". */
    dayMark: (iso: string, now = Date.now()) => {
      const ago = daysAgo(Date.parse(iso), now);
      const text = ago >= 0 && ago < 2 ? relative.format(-ago, "day") : longDay.format(new Date(iso));
      return text.charAt(0).toLocaleUpperCase(locale) + text.slice(1);
    },
    /** How long since: "4m", "3h", "2d". */
    elapsed: (iso: string, now = Date.now()) => {
      const passed = Math.max(1, Math.floor((now - Date.parse(iso)) / 60_000));
      if (passed < 60) return minutes.format(passed);
      return passed < 48 * 60 ? hours.format(Math.floor(passed / 60)) : days.format(Math.floor(passed / 1440));
    },
    size: (bytes: number) => {
      const step = bytes <= 0 ? 0 : Math.min(sizes.length - 1, Math.floor(Math.log10(bytes) / 3));
      return (sizes[step] as Intl.NumberFormat).format(bytes / 1000 ** step);
    },
  };
}

export type Formats = ReturnType<typeof formats>;
