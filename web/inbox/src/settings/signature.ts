/** What a signature says once its variables are filled in: as the hub does it (`hub/model/signature.py`). */
export const VARIABLES = ["operator", "project", "channel", "contact", "address"] as const;
export const SIGNATURE_CHARACTERS = 2_000;

export type Values = Partial<Record<string, string>>;

const VARIABLE = /\{([A-Za-z_]+)\}/g;
const WORDLESS = /^[^\p{L}\p{N}]*$/u;

/** A line that says nothing without its empty variables is left out. */
export function filled(text: string, values: Values): string {
  return text
    .trim()
    .split("\n")
    .flatMap((line) => {
      const said = line.replace(VARIABLE, (all, name: string) => values[name] ?? all).trimEnd();
      return line.search(VARIABLE) >= 0 && WORDLESS.test(said) ? [] : [said];
    })
    .join("\n")
    .trim();
}

/** Names in braces that stand for nothing. */
export function unknown(text: string): string[] {
  const names = [...text.matchAll(VARIABLE)].map((match) => match[1] ?? "");
  return names.filter((name) => !(VARIABLES as readonly string[]).includes(name));
}
