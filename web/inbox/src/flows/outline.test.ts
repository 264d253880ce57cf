import { describe, expect, it } from "vitest";
import { moveEntry, removeEntry } from "@/flows/blocks";
import { outlineOf } from "@/flows/outline";
import { addStep, changeStep } from "@/flows/outlineEdits";
import { only, renameKeys, renameStep } from "@/flows/renaming";
import { applied, type Change } from "@/flows/yamlText";

const TEXT = `# Sample flow, kept by the sales team
flow: sample
title: Sample

ask:
# the law asks for it
- agree: consent
  text: Do you agree?
  else: no_consent          # ends at once

- part: Where you are now   # heading
- role: choice
  text: "What is your role?"
  options: {owner: Owner, other: Other}   # two for now
- staff: number
  if: role == "owner"
  text: How many people?
  range: 1..1000
  # a remark below
- tools: choices
  text: Tools of {role}?
  options:
    phone: Phone   # by hand
    crm: CRM

score:
  role == "owner" and staff >= 5: 40
outcomes:
- no_consent: agree == false
- hot: '"crm" in tools'
- cold: else
`;

function after(changes: Change[], text = TEXT): string {
  return applied(text, changes);
}

/** Lines that were there before and are not any more, and the other way round. */
function difference(text: string): { gone: string[]; come: string[] } {
  const [old, fresh] = [TEXT.split("\n"), text.split("\n")];
  return { gone: old.filter((line) => !fresh.includes(line)), come: fresh.filter((line) => !old.includes(line)) };
}

describe("the outline", () => {
  it("lists steps, outcomes and score", () => {
    const outline = outlineOf(TEXT);
    expect(outline.editable).toBe(true);
    expect(outline.steps.map((step) => `${step.kind} ${step.id} ${step.type}`.trim())).toEqual([
      "question agree consent",
      "part Where you are now",
      "question role choice",
      "question staff number",
      "question tools choices",
    ]);
    expect(outline.steps[2]?.options).toEqual([
      { code: "owner", label: "Owner" },
      { code: "other", label: "Other" },
    ]);
    expect(outline.steps[3]).toMatchObject({ condition: 'role == "owner"', range: "1..1000", line: 15 });
    expect(outline.outcomes.map((outcome) => outcome.name)).toEqual(["no_consent", "hot", "cold"]);
    expect(outline.score).toEqual([{ condition: 'role == "owner" and staff >= 5', points: 40 }]);
  });

  it("cannot be edited while the YAML is broken", () => {
    expect(outlineOf("flow: [a\nask:\n- a: text\n").editable).toBe(false);
    expect(outlineOf("").editable).toBe(false);
    expect(outlineOf("flow: x\nask: [{a: text}]\n").editable).toBe(false);
  });

  it("moves a step with its comments and leaves every other line alone", () => {
    const text = after(moveEntry(TEXT, "ask", 3, 2));
    expect(outlineOf(text).steps.map((step) => step.id)).toEqual([
      "agree",
      "Where you are now",
      "staff",
      "role",
      "tools",
    ]);
    expect(difference(text)).toEqual({ gone: [], come: [] });
    expect(text).toContain("  range: 1..1000\n  # a remark below\n- role: choice");
  });

  it("moves the first and the last step, and there and back is the same text", () => {
    const last = after(moveEntry(TEXT, "ask", 0, 4));
    expect(outlineOf(last).steps.map((step) => step.id)).toEqual([
      "Where you are now",
      "role",
      "staff",
      "tools",
      "agree",
    ]);
    expect(last).toContain("    crm: CRM\n# the law asks for it\n- agree: consent");
    const swapped = after(moveEntry(TEXT, "ask", 2, 3));
    expect(after(moveEntry(swapped, "ask", 3, 2), swapped)).toBe(TEXT);
    expect(moveEntry(TEXT, "ask", 0, 0)).toEqual([]);
    expect(moveEntry(TEXT, "ask", 9, 0)).toEqual([]);
  });

  it("removes a step and its comments only", () => {
    const text = after(removeEntry(TEXT, "ask", 0));
    expect(difference(text)).toEqual({
      gone: [
        "# the law asks for it",
        "- agree: consent",
        "  text: Do you agree?",
        "  else: no_consent          # ends at once",
      ],
      come: [],
    });
  });

  it("adds a step after another, first, and into an empty flow", () => {
    const step = {
      kind: "question" as const,
      id: "colour",
      type: "choice",
      text: "Colour?",
      options: [{ code: "red", label: "Red: dark" }],
    };
    const text = after(addStep(TEXT, 2, step));
    expect(text).toContain(
      '# two for now\n- colour: choice\n  text: Colour?\n  options: {red: "Red: dark"}\n- staff: number',
    );
    expect(difference(text).gone).toEqual([]);
    expect(outlineOf(after(addStep(TEXT, -1, step))).steps[0]?.id).toBe("colour");
    for (const empty of ["flow: x\n", "flow: x\nask:\n", "flow: x\nask: []\noutcomes:\n- a: else\n", "flow: x"]) {
      const filled = after(addStep(empty, -1, step), empty);
      expect(outlineOf(filled).steps.map((one) => one.id)).toEqual(["colour"]);
      expect(outlineOf(filled).editable).toBe(true);
    }
    const heading = after(addStep(TEXT, 4, { kind: "part", id: "Plans", type: "", text: "" }));
    expect(heading).toContain("    crm: CRM\n- part: Plans\n\nscore:");
  });

  it("changes one key and keeps the comment beside it", () => {
    const text = after(changeStep(TEXT, 0, { text: "Do you agree: yes or no?" }));
    expect(difference(text)).toEqual({ gone: ["  text: Do you agree?"], come: ['  text: "Do you agree: yes or no?"'] });
    const options = after(
      changeStep(TEXT, 2, {
        options: [
          { code: "other", label: "Other" },
          { code: "cfo", label: "CFO" },
        ],
      }),
    );
    expect(options).toContain("  options: {other: Other, cfo: CFO}   # two for now");
    const block = after(
      changeStep(TEXT, 4, {
        options: [
          { code: "crm", label: "CRM" },
          { code: "phone", label: "Call" },
        ],
      }),
    );
    expect(block).toContain("  options:\n    crm: CRM\n    phone: Call # by hand\n\nscore:");
  });

  it("adds and removes keys at the end of the step", () => {
    const text = after(changeStep(TEXT, 2, { optional: true, if: "answered(agree)", hint: "Pick one" }));
    expect(difference(text)).toEqual({
      gone: [],
      come: ["  hint: Pick one", "  optional: true", "  if: answered(agree)"],
    });
    expect(outlineOf(text).steps[2]).toMatchObject({ optional: true, condition: "answered(agree)", hint: "Pick one" });
    const shorter = after(changeStep(TEXT, 3, { if: "", range: "" }));
    expect(difference(shorter)).toEqual({ gone: ['  if: role == "owner"', "  range: 1..1000"], come: [] });
    expect(shorter).toContain("  # a remark below");
  });

  it("writes synonyms, keeps those that stay, and lets them follow their option", () => {
    const added = after(changeStep(TEXT, 2, { synonyms: { owner: "boss,  the head", cfo: "" } }));
    expect(added).toContain("  synonyms: {owner: [boss, the head]}\n");
    expect(outlineOf(added).steps[2]?.synonyms).toEqual({ owner: "boss, the head" });
    expect(changeStep(added, 2, { synonyms: { owner: "boss, the head" } })).toEqual([]);
    const written = added.replace("owner: [boss", 'owner: ["boss"');
    const more = after(changeStep(written, 2, { synonyms: { owner: "boss, the head", cfo: "money" } }), written);
    expect(more).toContain('  synonyms: {owner: ["boss", the head], cfo: [money]}\n');
    expect(after(changeStep(more, 2, { synonyms: {} }), more)).toBe(TEXT);
  });

  it("writes what only some types have, and takes it away again", () => {
    const agreed = after(changeStep(TEXT, 0, { else: "cold", link: "https://example.org/privacy" }));
    expect(difference(agreed)).toEqual({
      gone: ["  else: no_consent          # ends at once"],
      come: ["  else: cold          # ends at once", "  link: https://example.org/privacy"],
    });
    const tools = after(changeStep(TEXT, 4, { max: "2", alone: "phone, crm", save: "contact.tools" }));
    expect(difference(tools).come).toEqual(["  save: contact.tools", "  alone: [phone, crm]", "  max: 2"]);
    expect(outlineOf(tools).steps[4]).toMatchObject({ max: "2", alone: "phone, crm", save: "contact.tools" });
    expect(changeStep(tools, 4, { max: "2", alone: "phone, crm" })).toEqual([]);
    expect(after(changeStep(tools, 4, { max: "", alone: "", save: "" }), tools)).toBe(TEXT);
  });

  it("changes the type, a heading, and an expression that begins with a quote", () => {
    expect(after(changeStep(TEXT, 3, { type: "rating" }))).toContain("- staff: rating\n");
    expect(after(changeStep(TEXT, 1, { words: "Now" }))).toContain("- part: Now   # heading\n");
    const text = after(changeStep(TEXT, 3, { if: '"crm" in tools' }));
    expect(outlineOf(text).steps[3]?.condition).toBe('"crm" in tools');
  });

  it("keeps a text of several lines one step", () => {
    const text = after(changeStep(TEXT, 3, { text: "First line\nSecond line" }));
    expect(outlineOf(text).steps[3]?.text).toBe("First line\nSecond line");
    const again = after(changeStep(text, 3, { text: "One line" }), text);
    expect(outlineOf(again).steps[3]?.text).toBe("One line");
    expect(outlineOf(again).steps.length).toBe(5);
  });

  it("renames a question everywhere it is meant, and nowhere else", () => {
    const text = after(renameStep(TEXT, 2, "post"));
    expect(difference(text)).toEqual({
      gone: [
        "- role: choice",
        '  if: role == "owner"',
        "  text: Tools of {role}?",
        '  role == "owner" and staff >= 5: 40',
      ],
      come: [
        "- post: choice",
        '  if: post == "owner"',
        "  text: Tools of {post}?",
        '  post == "owner" and staff >= 5: 40',
      ],
    });
    const tools = after(renameStep(TEXT, 4, "crm"));
    expect(tools).toContain(`- hot: '"crm" in crm'`);
    expect(
      after(
        renameKeys("role: Role\nrole.owner: Owner # x\nroles: y\n", only("role", "post")),
        "role: Role\nrole.owner: Owner # x\nroles: y\n",
      ),
    ).toBe("post: Role\npost.owner: Owner # x\nroles: y\n");
  });
});
