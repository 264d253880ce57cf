/** What a new flow begins with, and how a flow gets another name. */
import { parseDocument } from "yaml";
import blankEn from "@/flows/templates/blank.en.yml?raw";
import blankRu from "@/flows/templates/blank.ru.yml?raw";
import leadEn from "@/flows/templates/lead.en.yml?raw";
import leadRu from "@/flows/templates/lead.ru.yml?raw";
import npsEn from "@/flows/templates/nps.en.yml?raw";
import npsRu from "@/flows/templates/nps.ru.yml?raw";
import type { Source } from "@/flows/types";
import { applied } from "@/flows/yamlText";
import type { Locale } from "@/i18n";

export const TEMPLATES = ["blank", "lead", "nps"] as const;
export type Template = (typeof TEMPLATES)[number];

const TEXTS: Record<Template, Record<Locale, string>> = {
  blank: { en: blankEn, ru: blankRu },
  lead: { en: leadEn, ru: leadRu },
  nps: { en: npsEn, ru: npsRu },
};

export function templateText(template: Template, locale: Locale): string {
  return TEXTS[template][locale];
}

/** The text with another value of `flow` or `title`; everything else stays. */
export function withHead(text: string, head: { flow?: string; title?: string }): string {
  const document = parseDocument(text, { version: "1.2" });
  const changes = Object.entries(head).flatMap(([key, value]) => {
    const node = document.get(key, true) as { range?: [number, number, number] } | undefined;
    if (!node?.range || value === undefined) return [];
    const written = /^[\p{L}\p{N}][\p{L}\p{N} ,.?!_-]*$/u.test(value) ? value : JSON.stringify(value);
    return [{ from: node.range[0], to: node.range[1], insert: written }];
  });
  return applied(text, changes);
}

/** A copy's files: their names and the `flow` of the first follow the new name. */
export function copyOf(sources: Source[], old: string, name: string, title?: string): Source[] {
  return sources.map((source, index) => ({
    name: source.name.startsWith(`${old}.`) ? name + source.name.slice(old.length) : `${name}.yml`,
    text: index === 0 ? withHead(source.text, { flow: name, ...(title ? { title } : {}) }) : source.text,
  }));
}

const CYRILLIC: Record<string, string> = Object.fromEntries(
  "а:a б:b в:v г:g д:d е:e ё:e ж:zh з:z и:i й:y к:k л:l м:m н:n о:o п:p р:r с:s т:t у:u ф:f х:h ц:c ч:ch ш:sh щ:sch ъ: ы:y ь: э:e ю:yu я:ya"
    .split(" ")
    .map((pair) => pair.split(":") as [string, string]),
);

/** A name for what people call it: `Опрос клиентов` is `opros_klientov`. */
export function nameOf(title: string): string {
  const latin = [...title.toLowerCase()].map((letter) => CYRILLIC[letter] ?? letter).join("");
  const name = latin.replace(/[^a-z0-9]+/g, "_").replace(/^[_0-9]+|_+$/g, "");
  return name.slice(0, 40).replace(/_+$/, "");
}

export function freeName(wanted: string, taken: string[]): string {
  const base = wanted || "flow";
  if (!taken.includes(base)) return base;
  let number = 2;
  while (taken.includes(`${base}_${number}`)) number += 1;
  return `${base}_${number}`;
}
