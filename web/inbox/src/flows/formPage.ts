/** A page of a form while it is filled in: what of it shows, by the same conditions as on a hosted form. */
import { answerOf, evaluate, type Facts } from "@switchboard/conditions";
import type { FormPage, PageNote, PageQuestion } from "@/flows/types";

export type Filled = Record<string, string | string[]>;

/** The items that show, in their order: whether one does may depend on those before it. */
export function shownItems(page: FormPage, filled: Filled, known: Facts): (PageQuestion | PageNote)[] {
  const facts: Record<string, unknown> = { ...known };
  return page.items.filter((item) => {
    const shows = item.relevant === null || evaluate(item.relevant, facts);
    if (item.kind === "note") return shows;
    const { question, type } = item.prompt;
    const value = shows ? answerOf(type, filled[question] ?? []) : undefined;
    if (value === undefined) delete facts[question];
    else facts[question] = value;
    return shows;
  });
}

export function questionsOf(page: FormPage): PageQuestion[] {
  return page.items.filter((item) => item.kind === "question");
}
