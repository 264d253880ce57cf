import { describe, expect, it } from "vitest";
import { questionsOf, shownItems } from "@/flows/formPage";
import type { FormPage, PageQuestion, Prompt } from "@/flows/types";

function question(id: string, type: string, relevant: PageQuestion["relevant"] = null): PageQuestion {
  return { kind: "question", prompt: { question: id, type } as Prompt, given: null, relevant };
}

const PAGE: FormPage = {
  heading: null,
  items: [
    question("role", "choice"),
    question("role_text", "text", ["==", ["answer", "role"], "other"]),
    { kind: "note", text: "Big!", relevant: [">=", ["answer", "staff"], 100] },
    question("staff", "number", ["answered", "role_text"]),
    question("early", "date", ["==", ["answer", "before"], true]),
  ],
};

/** What shows, by its id or its text. */
function shown(filled: Record<string, string | string[]>, known = {}): string[] {
  return shownItems(PAGE, filled, known).map((item) => (item.kind === "note" ? item.text : item.prompt.question));
}

describe("a page of the form", () => {
  it("brings up a question at once, and hides it with what depends on it", () => {
    expect(shown({})).toEqual(["role"]);
    expect(shown({ role: "other" })).toEqual(["role", "role_text"]);
    expect(shown({ role: "other", role_text: "Cook" })).toEqual(["role", "role_text", "staff"]);
    expect(shown({ role: "cfo", role_text: "Cook" })).toEqual(["role"]);
  });

  it("knows the answers of earlier pages, and those that are typed anew count instead", () => {
    expect(shown({}, { before: true, staff: 120 })).toEqual(["role", "Big!", "early"]);
    expect(shown({ role: "cfo" }, { role: "other" })).toEqual(["role"]);
    expect(questionsOf(PAGE).map(({ prompt }) => prompt.question)).toHaveLength(4);
  });
});
