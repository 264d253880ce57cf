import { describe, expect, it } from "vitest";
import { completionsAt, NOTHING } from "@/flows/completion";
import { outlineOf } from "@/flows/outline";

const AROUND = { flows: ["nps"], teams: ["sales-2"], stages: ["engaged"], webhooks: ["crm"] };
const HEAD = `flow: sample
ask:
- agree: consent
  text: Do you agree?
- role: choice
  text: What is your role?
  options: {owner: Owner, other: Other}
- tools: choices
  text: Which tools?
  options:
    phone: Phone
    crm: CRM
`;
const TAIL = `- late: text
  text: Last
outcomes:
- no_consent: agree == false
- cold: else
`;

/** The labels that are offered at `|`. */
function at(marked: string): string[] {
  const where = marked.indexOf("|");
  const text = marked.replace("|", "");
  // The facts come from the last text that could be read, as in the editor.
  const outline = outlineOf(HEAD + TAIL);
  return completionsAt(text, where, outline, AROUND)?.choices.map((choice) => choice.label) ?? [];
}

describe("completion", () => {
  it("offers the flow's keys that are not there yet", () => {
    expect(at("flow: a\n|")).toEqual([
      "title",
      "lang",
      "start",
      "intro",
      "ask",
      "score",
      "outcomes",
      "commands",
      "retry",
      "silence",
      "calls",
      "faq",
    ]);
    expect(at("ti|\nask:\n")).not.toContain("ask");
  });

  it("offers new steps and the types", () => {
    const steps = at(`${HEAD}- |\n${TAIL}`);
    expect(steps.slice(0, 4)).toEqual(["part", "say", "do", "use"]);
    expect(steps).toContain("email: email");
    expect(steps).toContain("choice: choice");
    expect(at(`${HEAD}- size: n|\n${TAIL}`)).toContain("number");
    expect(at(`${HEAD}- size: |\n${TAIL}`)).toHaveLength(12);
    expect(at(`${HEAD}- use: |\n${TAIL}`)).toEqual(["nps"]);
    expect(at(`${HEAD}- part: |\n${TAIL}`)).toEqual([]);
  });

  it("offers the keys that fit the question's type", () => {
    const choice = at(HEAD.replace("  options: {", "  |\n  options: {"));
    expect(choice).toContain("if");
    expect(choice).not.toContain("text");
    expect(choice).not.toContain("options");
    expect(choice).not.toContain("accept");
    expect(choice).not.toContain("alone");
    expect(at(HEAD.replace("  text: Which", "  al|\n  text: Which"))).toContain("alone");
    expect(at(`${HEAD.trimEnd()}\n  |\n${TAIL}`)).toContain("max");
  });

  it("offers questions that were asked before, and no later one", () => {
    const ids = at(`${HEAD}- late: text\n  if: |\n`);
    expect(ids.slice(0, 3)).toEqual(["agree", "role", "tools"]);
    expect(ids).not.toContain("late");
    expect(ids).toContain("answered");
    expect(at(HEAD.replace("  text: Which", "  if: |\n  text: Which")).slice(0, 3)).toEqual([
      "agree",
      "role",
      "answered",
    ]);
  });

  it("offers the option codes of the question that is compared", () => {
    expect(at(`${HEAD}- late: text\n  if: role == "|\n`)).toEqual(["owner", "other"]);
    expect(at(`${HEAD}- late: text\n  if: role in ["owner", "o|\n`)).toEqual(["owner", "other"]);
    expect(at(`${HEAD}- late: text\n  if: '"|\n`)).toEqual(["phone", "crm"]);
    expect(at(`${HEAD.trimEnd()}\n  alone: [|\n`)).toEqual(["phone", "crm"]);
    expect(at(`${HEAD.trimEnd()}\n  synonyms: {|\n`)).toEqual(["phone", "crm"]);
    expect(at(`${HEAD.trimEnd()}\n  synonyms:\n    phone: [calls]\n    |\n`)).toEqual(["crm"]);
    expect(at(`${HEAD}${TAIL}score:\n  role == "|`)).toEqual(["owner", "other"]);
    expect(at(`${HEAD}${TAIL}- hot: role == "|`)).toEqual(["owner", "other"]);
  });

  it("offers outcomes, effects, teams, stages and priorities", () => {
    expect(at(HEAD.replace("  text: Do", "  else: |\n  text: Do"))).toEqual(["no_consent", "cold"]);
    expect(at(`${HEAD}- do: {|\n`)).toContain("stage");
    expect(at(`${HEAD}- do: {stage: |\n`)).toEqual(["engaged"]);
    expect(at(`${HEAD}- do: {webhook: |\n`)).toEqual(["crm"]);
    expect(at(`${HEAD}- do: {stage: engaged, escalate: sa|\n`)).toEqual(["sales-2"]);
    expect(at(`${HEAD}${TAIL}- hot: |\n`)[0]).toBe("else");
    expect(at(`${HEAD}${TAIL.trimEnd()}\n  |\n`)).toEqual(["say", "do"]);
    expect(at(`${HEAD}${TAIL.trimEnd()}\n  do: {priority: |\n`)).toEqual(["low", "medium", "high", "urgent"]);
    expect(at(`${HEAD}${TAIL.trimEnd()}\n  do:\n    es|\n`)).toContain("escalate");
  });

  it("is silent in comments and in plain words", () => {
    expect(at("# fl|")).toEqual([]);
    expect(at(`${HEAD.replace("agree?", "agree? # no|")}`)).toEqual([]);
    expect(at(HEAD.replace("Which", "Wh|ich"))).toEqual([]);
    expect(completionsAt("", 0, outlineOf(""), NOTHING)?.choices[0]?.label).toBe("flow");
  });
});
