/** A small typed translator: `{name}` placeholders, and plural forms chosen by Intl.PluralRules. */

export type Plural = { [form in Intl.LDMLPluralRule]?: string } & { other: string };
export type Entry = string | Plural;
/** The same texts in another language. */
export type Translated<M> = { [key in keyof M]: Entry };

type Names<S> = S extends `${string}{${infer N}}${infer Rest}` ? N | Names<Rest> : never;
type NamesOf<E> = E extends string ? Names<E> : E extends { other: infer S } ? Names<S> | "n" : never;
type Values<N> = { [name in N & string]: name extends "n" ? number : string | number };

export type Translate<M> = <K extends keyof M>(
  key: K,
  ...values: [NamesOf<M[K]>] extends [never] ? [] : [Values<NamesOf<M[K]>>]
) => string;

/** `translator(messages, 'ru')('chats', {n: 3})`. */
export function translator<M extends { [key in keyof M]: Entry }>(
  messages: Translated<M>,
  locale: string,
): Translate<M> {
  const rules = new Intl.PluralRules(locale);
  const numbers = new Intl.NumberFormat(locale);
  const show = (value: string | number) => (typeof value === "number" ? numbers.format(value) : value);
  return (key, ...rest) => {
    const values = (rest[0] ?? {}) as Record<string, string | number>;
    const entry = messages[key];
    const text = typeof entry === "string" ? entry : (entry[rules.select(Number(values.n))] ?? entry.other);
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? show(values[name] ?? "") : whole));
  };
}
