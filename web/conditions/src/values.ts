// What a field of a page holds, as conditions compare it: the server reads it again and has the last word.

/** A number as people type it in Russian or English; undefined where that is not plain. */
export function numberOf(text: string): number | undefined {
  const plain = text.replace(/[\s\u00a0\u202f]/g, "").replace(",", ".");
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : undefined;
}

const YES_NO: Readonly<Record<string, boolean>> = { yes: true, true: true, no: false, false: false };

/** The answer to a question of `type`, of which `given` is typed or ticked; undefined while there is none. */
export function answerOf(type: string, given: string | readonly string[]): unknown {
  const ticked = typeof given === "string" ? [given] : given;
  const text = (ticked[0] ?? "").trim();
  switch (type) {
    case "consent":
    case "yesno":
      return YES_NO[text];
    case "choices":
      return ticked.length > 0 ? ticked : undefined;
    case "rating":
    case "number":
      return numberOf(text);
    default:
      return text || undefined;
  }
}
