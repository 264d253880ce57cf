import { describe, expect, it } from "vitest";
import { moveEntry, removeEntry } from "@/flows/blocks";
import { addOutcome, changeOutcome, freeName, mayMove } from "@/flows/outcomeEdits";
import { outlineOf } from "@/flows/outline";
import { addStep, changeStep } from "@/flows/outlineEdits";
import { only, prefixRenamed, renameKeys, renameOutcome, renamePrefix, renameStep } from "@/flows/renaming";
import { applied, type Change } from "@/flows/yamlText";

const TEXT = `flow: sample
ask:
- agree: consent
  text: Do you agree?
  else: refused   # at once
- do: {stage: engaged, tag: vip}   # every one of them
- use: visit   # asked elsewhere, too
  as: trip
- trip_own: text
  text: What for, {trip_guests} guests?
  if: trip_guests >= 2 and trip_own != "trip_guests"
- do: escalate

outcomes:
# the best first
- hot: score >= 60
  say: Thank you!
  do:
    stage: qualified   # the funnel's third
    escalate:
      to: second-line
      say: One moment for {trip_guests}.
      away:
        say: Nobody is here.
        tag: call-tomorrow
- refused: agree == false
  do: {erase: true}
- cold: else   # everybody else

retry: {times: 1}
`;

function after(changes: Change[], text = TEXT): string {
  return applied(text, changes);
}

function difference(text: string, old = TEXT): { gone: string[]; come: string[] } {
  const [before, now] = [old.split("\n"), text.split("\n")];
  return { gone: before.filter((line) => !now.includes(line)), come: now.filter((line) => !before.includes(line)) };
}

describe("what a step or an outcome causes", () => {
  it("is read from words, braces and blocks", () => {
    const { steps, outcomes } = outlineOf(TEXT);
    expect(steps[1]?.effects).toMatchObject({ stage: "engaged", tag: "vip", escalate: false });
    expect(steps[4]?.effects).toMatchObject({ escalate: true, team: "" });
    expect(outcomes[0]?.effects).toMatchObject({
      stage: "qualified",
      escalate: true,
      team: "second-line",
      say: "One moment for {trip_guests}.",
      awaySay: "Nobody is here.",
    });
    expect(outcomes[1]?.effects).toMatchObject({ erase: true });
  });

  it("changes where it stands, with the comment beside it", () => {
    expect(difference(after(changeStep(TEXT, 1, { effects: { priority: "high", tag: "vip, spring" } })))).toEqual({
      gone: ["- do: {stage: engaged, tag: vip}   # every one of them"],
      come: ["- do: {stage: engaged, tag: [vip, spring], priority: high}   # every one of them"],
    });
    expect(changeStep(TEXT, 1, { effects: { stage: "engaged" } })).toEqual([]);
    expect(after(changeStep(TEXT, 1, { effects: { stage: "", tag: "" } }))).toContain("- do: {}   # every");
  });

  it("becomes a mapping where it was a word", () => {
    expect(after(changeStep(TEXT, 4, { effects: { team: "first-line" } }))).toContain("- do: {escalate: first-line}\n");
    const said = after(changeStep(TEXT, 4, { effects: { awaySay: "Tomorrow." } }));
    expect(said).toContain("- do: {escalate: {away: {say: Tomorrow.}}}\n");
  });

  it("keeps a call back with all that it says", () => {
    const bare = TEXT.replace("- do: escalate", "- do: call_back");
    expect(after(changeStep(bare, 4, { effects: { tag: "call" } }), bare)).toContain(
      "- do: {tag: call, call_back: true}",
    );
    const whole = TEXT.replace("- do: escalate", "- do: {call_back: {phone: phone, within: 1h}}");
    expect(outlineOf(whole).steps[4]?.effects.call_back).toBe(true);
    expect(after(changeStep(whole, 4, { effects: { tag: "call" } }), whole)).toContain(
      "- do: {tag: call, call_back: {phone: phone, within: 1h}}",
    );
  });

  it("keeps what the form does not show", () => {
    const text = after(changeOutcome(TEXT, 0, { effects: { team: "night", awaySay: "Asleep." } }));
    expect(difference(text)).toEqual({
      gone: ["      to: second-line", "        say: Nobody is here."],
      come: ["      to: night", "        say: Asleep."],
    });
    const urgent = after(changeOutcome(TEXT, 0, { effects: { priority: "urgent", stage: "" } }));
    expect(difference(urgent)).toEqual({
      gone: ["    stage: qualified   # the funnel's third"],
      come: ["    priority: urgent"],
    });
    expect(outlineOf(urgent).outcomes[0]?.effects).toMatchObject({
      priority: "urgent",
      stage: "",
      team: "second-line",
    });
    const without = after(changeOutcome(TEXT, 0, { effects: { escalate: false } }));
    expect(without).toContain("  do:\n    stage: qualified # the funnel's third\n- refused");
  });
});

describe("outcomes", () => {
  it("change what is said, the condition and the effects", () => {
    const text = after(changeOutcome(TEXT, 2, { say: "Good bye: soon", effects: { stage: "lost" } }));
    expect(difference(text).gone).toEqual([]);
    expect(text).toContain('- cold: else   # everybody else\n  say: "Good bye: soon"\n  do: {stage: lost}\n');
    expect(after(changeOutcome(TEXT, 0, { condition: "score >= 50" }))).toContain("- hot: score >= 50\n");
    expect(after(changeOutcome(TEXT, 1, { effects: { erase: false } }))).toContain("agree == false\n- cold");
    expect(after(changeOutcome(TEXT, 0, { say: "" }))).not.toContain("Thank you!");
  });

  it("come before the last one, and the first is everybody's", () => {
    const outline = outlineOf(TEXT);
    const name = freeName(outline, "hot");
    expect(name).toBe("hot_2");
    const text = after(addOutcome(TEXT, outline, name));
    expect(difference(text)).toEqual({ gone: [], come: ["- hot_2: answered(trip_own)"] });
    expect(outlineOf(text).outcomes.map((outcome) => outcome.name)).toEqual(["hot", "refused", "hot_2", "cold"]);
    const bare = "flow: f\nask:\n- a: text\n  text: What?\nretry: {times: 1}\n";
    expect(after(addOutcome(bare, outlineOf(bare), "done"), bare)).toBe(
      "flow: f\nask:\n- a: text\n  text: What?\noutcomes:\n- done: else\nretry: {times: 1}\n",
    );
  });

  it("move with their comments, but never past the last", () => {
    const text = after(moveEntry(TEXT, "outcomes", 1, 0));
    expect(difference(text)).toEqual({ gone: [], come: [] });
    expect(text).toContain("outcomes:\n- refused: agree == false\n  do: {erase: true}\n# the best first\n- hot:");
    expect(after(moveEntry(text, "outcomes", 1, 0), text)).toBe(TEXT);
    const { outcomes } = outlineOf(TEXT);
    expect([mayMove(outcomes, 0, 1), mayMove(outcomes, 1, 2), mayMove(outcomes, 2, 1)]).toEqual([true, false, false]);
  });

  it("are removed with the comments above them", () => {
    const text = after(removeEntry(TEXT, "outcomes", 0));
    expect(text).toContain("outcomes:\n- refused");
    expect(outlineOf(text).steps).toHaveLength(5);
  });

  it("are renamed where a question leads to them, and in translations", () => {
    expect(difference(after(renameOutcome(TEXT, 1, "no_consent")))).toEqual({
      gone: ["  else: refused   # at once", "- refused: agree == false"],
      come: ["  else: no_consent   # at once", "- no_consent: agree == false"],
    });
    expect(applied("refused: Ну и ладно\n", renameKeys("refused: Ну и ладно\n", only("refused", "no_consent")))).toBe(
      "no_consent: Ну и ладно\n",
    );
  });
});

describe("the questions of another flow", () => {
  it("get another word before their names everywhere, and questions of one's own stay", () => {
    const text = after(renamePrefix(TEXT, 2, "tour"));
    expect(difference(text)).toEqual({
      gone: [
        "  as: trip",
        "  text: What for, {trip_guests} guests?",
        '  if: trip_guests >= 2 and trip_own != "trip_guests"',
        "      say: One moment for {trip_guests}.",
      ],
      come: [
        "  as: tour",
        "  text: What for, {tour_guests} guests?",
        '  if: tour_guests >= 2 and trip_own != "trip_guests"',
        "      say: One moment for {tour_guests}.",
      ],
    });
    const keys = "trip_guests: Сколько?\ntrip_own: Зачем?\n";
    expect(applied(keys, renameKeys(keys, prefixRenamed(TEXT, 2, "tour")))).toBe(
      "tour_guests: Сколько?\ntrip_own: Зачем?\n",
    );
    expect(after(renamePrefix(TEXT, 2, ""))).toContain("if: visit_guests >= 2");
  });

  it("and steps that cause something are added and changed", () => {
    const added = after(addStep(TEXT, 2, { kind: "use", id: "nps", type: "", text: "" }));
    expect(difference(added)).toEqual({ gone: [], come: ["- use: nps"] });
    const caused = after(addStep(TEXT, 0, { kind: "do", id: "", type: "", text: "", effects: { tag: "new" } }));
    expect(difference(caused)).toEqual({ gone: [], come: ["- do: {tag: new}"] });
    expect(after(changeStep(TEXT, 2, { words: "nps", if: "agree == true" }))).toContain(
      "- use: nps   # asked elsewhere, too\n  as: trip\n  if: agree == true\n",
    );
    expect(difference(after(renameStep(TEXT, 3, "why"))).come).toEqual([
      "- why: text",
      '  if: trip_guests >= 2 and why != "trip_guests"',
    ]);
  });
});
