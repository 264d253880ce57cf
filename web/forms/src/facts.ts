/** What is filled in on the page, as conditions compare it: the server reads it again and has the last word. */
import type { Facts } from "@switchboard/conditions";

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

export const controls = (field: Element): Control[] => [...field.querySelectorAll<Control>("input,select,textarea")];

const ticked = (field: Element): string[] =>
  [...field.querySelectorAll<HTMLInputElement>("input:checked")].map((box) => box.value);

/** A number as people type it in Russian or English; undefined where that is not plain. */
export function numberOf(text: string): number | undefined {
  const plain = text.replace(/[\s\u00a0\u202f]/g, "").replace(",", ".");
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : undefined;
}

/** The value of one field; undefined while it has none. */
export function answerIn(field: HTMLElement): unknown {
  const text = controls(field)[0]?.value.trim() ?? "";
  switch (field.dataset.type) {
    case "consent":
    case "yesno":
      return { yes: true, no: false }[ticked(field)[0] ?? ""];
    case "choices":
      return ticked(field).length ? ticked(field) : undefined;
    case "rating":
      return numberOf(ticked(field)[0] ?? "");
    case "choice":
      return (field.querySelector("select")?.value ?? ticked(field)[0]) || undefined;
    case "number":
      return numberOf(text);
    default:
      return text || undefined;
  }
}

/** Every answer of the page that shows, and those of earlier pages. */
export function factsOf(form: HTMLFormElement, known: Facts): Facts {
  const facts: Record<string, unknown> = { ...known };
  for (const field of form.querySelectorAll<HTMLElement>("[data-question]")) {
    const name = field.dataset.question ?? "";
    const value = field.hidden ? undefined : answerIn(field);
    if (value === undefined) delete facts[name];
    else facts[name] = value;
  }
  return facts as Facts;
}
