/** What is filled in on the page, as conditions compare it: the server reads it again and has the last word. */
import { answerOf, type Facts } from "@switchboard/conditions";

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

export const controls = (field: Element): Control[] => [...field.querySelectorAll<Control>("input,select,textarea")];

const ticked = (field: Element): string[] =>
  [...field.querySelectorAll<HTMLInputElement>("input:checked")].map((box) => box.value);

/** The value of one field; undefined while it has none. */
export function answerIn(field: HTMLElement): unknown {
  const boxes = field.querySelector("input[type=radio],input[type=checkbox]") !== null;
  return answerOf(field.dataset.type ?? "", boxes ? ticked(field) : (controls(field)[0]?.value ?? ""));
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
