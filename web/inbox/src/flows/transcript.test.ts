import { describe, expect, it } from "vitest";
import { linesOf, rowsOf } from "@/flows/transcript";
import { type Effect, MODES, type Mode, type Played, type Preview, type Prompt } from "@/flows/types";

function prompt(question: string, labels: string[], given: Partial<Prompt> = {}): Prompt {
  const choices = labels.map((label, at) => ({ label, value: `f:x:1:${at}`, code: label, selected: false }));
  return {
    question,
    type: "choice",
    text: question,
    hint: null,
    link: null,
    choices,
    multiple: false,
    max_choices: null,
    alone: [],
    optional: false,
    limits: [null, null],
    accept: [],
    request: null,
    turn: 1,
    ...given,
  };
}

function preview(...steps: Partial<Record<Mode, Effect[]>>[]): Preview {
  const none = Object.fromEntries(MODES.map((mode) => [mode, []])) as unknown as Record<Mode, Effect[]>;
  return {
    steps: steps.map((effects) => ({ effects: { ...none, ...effects }, faults: {} })),
    now: "",
    pages: { form: [], call: [] },
    facts: {},
    answers: [],
    score: 0,
    outcome: null,
    finished: false,
    open: null,
    timers: [],
    problems: [],
  };
}

const say = (text: string, asked: Prompt | null = null): Effect => ({ kind: "say", text, prompt: asked });
const begun: Played = { mode: "telegram", event: { kind: "begin" } };

describe("a transcript", () => {
  it("shows what was pressed by its label, in every mode", () => {
    const asked = prompt("role", ["Owner", "Other"]);
    const shown = preview(
      { telegram: [say("Role?", asked)], email: [say("Role? 1. Owner")] },
      { email: [say("Thanks")] },
    );
    const events: Played[] = [begun, { mode: "telegram", event: { kind: "said", button: "f:x:1:0" } }];
    expect(linesOf(shown, events, "email").map((line) => ("text" in line ? line.text : ""))).toEqual([
      "Role? 1. Owner",
      "Owner",
      "Thanks",
    ]);
  });

  it("changes the ticks where they are, and says nothing for a tick", () => {
    const plain = prompt("tools", ["☐ CRM"], { multiple: true });
    const ticked = prompt("tools", ["☑ CRM"], { multiple: true });
    const shown = preview(
      { telegram: [say("Tools?", plain)] },
      { telegram: [{ kind: "redraw", text: "", prompt: ticked }] },
    );
    const events: Played[] = [begun, { mode: "telegram", event: { kind: "said", button: "f:x:1:0" } }];
    const lines = linesOf(shown, events, "telegram");
    expect(lines).toHaveLength(1);
    expect(lines[0]?.from === "bot" && lines[0].prompt?.choices[0]?.label).toBe("☑ CRM");
  });

  it("notes effects and the time that passes, and hides the machinery", () => {
    const shown = preview(
      {},
      {
        chat: [
          { kind: "set_timer", text: "remind", prompt: null },
          { kind: "set_stage", text: "hot", prompt: null },
        ],
      },
    );
    const lines = linesOf(shown, [begun, { mode: "chat", event: { kind: "wait", seconds: 60 } }], "chat");
    expect(lines.map((line) => line.from)).toEqual(["clock", "note"]);
  });

  it("lays buttons out as each service does", () => {
    expect(rowsOf(prompt("q", ["a", "b", "c"]), "telegram").map((row) => row.length)).toEqual([1, 1, 1]);
    const marks = Array.from({ length: 11 }, (_, at) => String(at));
    expect(rowsOf(prompt("q", marks, { type: "rating" }), "telegram").map((row) => row.length)).toEqual([6, 5]);
    expect(rowsOf(prompt("q", ["a", "b"]), "chat")).toHaveLength(1);
  });
});
