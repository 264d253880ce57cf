/**
 * Why something did not work, in the language of the screen. The sentences are the hub's own (`connectors/reasons.json`); what
 * it does not know a sentence for, as what was stored before it had any, stays in the words it was stored with.
 */
import type { Delivery, Why } from "@/api/types";
import type { Locale } from "@/i18n";
import sentences from "../../../../connectors/reasons.json";

const SENTENCES: Record<string, Record<Locale, string>> = sentences;
/** Codes of a delivery that are said beside the reason behind them. */
const BESIDE = ["expired", "uncertain"];
/** Codes that say all there is to say of deliveries that are stored without a reason in words of ours. */
const ALONE = ["cancelled", "unreachable"];

export interface Said {
  sentence: string;
  /** The service's own words. */
  quote: string;
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
/** Each sentence in English, as it can be known again; those that say most by themselves first. */
const KNOWN = Object.entries(SENTENCES)
  .map(([code, { en }]) => {
    const names = [...en.matchAll(/\{(\w+)\}/g)].map((place) => place[1] ?? "");
    const pattern = en
      .split(/\{\w+\}/)
      .map(escaped)
      .join("(.+?)");
    const literal = en.replace(/\{\w+\}/g, "").length;
    return { code, names, literal, whole: new RegExp(`^${pattern}(?: “(.*)”)?$`, "s") };
  })
  .sort((a, b) => b.literal - a.literal);

/** What a sentence was made from: of files and addresses, and of older deliveries, it is all that is stored. */
export function madeFrom(text: string): Why | null {
  for (const { code, names, whole } of KNOWN) {
    const found = whole.exec(text);
    if (found) {
      const facts = Object.fromEntries(names.map((name, index) => [name, found[index + 1] ?? ""]));
      return { code, facts, said: found[names.length + 1] ?? "" };
    }
  }
  return null;
}

/** The reason in words; null where nothing is known. `text` are the words it was stored with. */
export function saidOf(given: Why | null | undefined, text: string | null | undefined, locale: Locale): Said | null {
  const why = given && SENTENCES[given.code] ? given : text ? madeFrom(text) : null;
  const words = why ? SENTENCES[why.code] : undefined;
  if (!why || !words) return text ? { sentence: text, quote: "" } : null;
  const sentence = words[locale].replace(/\{(\w+)\}/g, (place, name: string) => why.facts[name] ?? place);
  return { sentence, quote: why.said };
}

/** Several reasons, each on a line of its own. */
function saidOfSeveral(whys: Why[], locale: Locale): Said {
  const lines = whys.map((why) => saidOf(why, why.said, locale));
  const [first] = lines;
  if (lines.length === 1 && first) return first;
  return { sentence: lines.map(inOneLine).join("\n"), quote: "" };
}

/** Why a message was not delivered, or waits; of one that was sent, what of it did not work. */
export function saidOfDelivery({ status, code, reason, why, whys }: Delivery, locale: Locale): Said | null {
  if (whys?.length && reason && !code && !why && status !== "queued") return saidOfSeveral(whys, locale);
  const known = why ?? (reason && code && ALONE.includes(code) ? { code, facts: {}, said: "" } : null);
  const said = saidOf(known, reason, locale);
  if (!code || !BESIDE.includes(code) || why?.code === code) return said;
  if (!why && said) return said;
  const first = saidOf({ code, facts: {}, said: "" }, null, locale);
  return { sentence: [first?.sentence, said?.sentence].filter(Boolean).join(" "), quote: said?.quote ?? "" };
}

/** The same as one line, for a toast. */
export function inOneLine(said: Said | null): string {
  if (!said) return "";
  return said.quote ? `${said.sentence} «${said.quote}»` : said.sentence;
}
