import { describe, expect, it } from "vitest";
import { meaningOf, type Stroke } from "@/app/shortcuts";
import { i18nFor } from "@/i18n";
import { matching, slashWord } from "@/inbox/CannedPopup";
import { authorName } from "@/inbox/names";
import { rowsOf } from "@/inbox/rows";
import { momentOf } from "@/inbox/snooze";
import { activity, message } from "@/test_data";
import { hueOf, initialsOf } from "@/ui/Avatar";

function stroke(code: string, given: Partial<Stroke> = {}): Stroke {
  return { code, key: "", shiftKey: false, altKey: false, ctrlKey: false, metaKey: false, ...given };
}

describe("shortcuts", () => {
  it("go by the place of a key, whatever the keyboard layout", () => {
    expect(meaningOf(stroke("KeyE", { key: "у" }), false)).toBe("resolve");
    expect(meaningOf(stroke("KeyM", { key: "ь" }), true)).toBe("go_mine");
    expect(meaningOf(stroke("Digit7", { key: "?", shiftKey: true }), false)).toBe("help");
  });
  it("leave the browser's own keys alone", () => {
    expect(meaningOf(stroke("KeyR", { ctrlKey: true }), false)).toBeNull();
    expect(meaningOf(stroke("KeyE", { shiftKey: true }), false)).toBeNull();
  });
});

describe("the rows of a thread", () => {
  it("put a day mark, the unread line and activities where they belong", () => {
    const thread = { items: [message(1), message(2), message(3)], activities: [activity(1, 2)], atEnd: true };
    expect(rowsOf(thread, [], 2).map((row) => row.kind)).toEqual([
      "day",
      "message",
      "message",
      "activity",
      "unread",
      "message",
    ]);
  });
  it("join messages of one author that follow each other closely, and part them at an activity", () => {
    const thread = { items: [message(1), message(2), message(3)], activities: [activity(1, 2)], atEnd: true };
    const edges = rowsOf(thread, [], null).flatMap((row) => (row.kind === "message" ? [[row.first, row.last]] : []));
    expect(edges).toEqual([
      [true, false],
      [false, true],
      [true, true],
    ]);
  });
});

describe("canned replies", () => {
  it("open after a slash at the start of a word only", () => {
    expect(slashWord("/he", 3)).toBe("he");
    expect(slashWord("Hello /de", 9)).toBe("de");
    expect(slashWord("and/or", 6)).toBeNull();
    expect(slashWord("https://example.test", 20)).toBeNull();
  });
  it("prefer those whose shortcut begins with the word", () => {
    const reply = (shortcut: string, text: string) => ({ id: shortcut, shortcut, text, team: null, personal: false });
    const found = matching([reply("bye", "see delivery"), reply("delivery", "Two days")], "del");
    expect(found.map((item) => item.shortcut)).toEqual(["delivery", "bye"]);
  });
});

describe("snooze", () => {
  it("offers this evening only while it is still to come, and the next Monday even on a Monday", () => {
    expect(momentOf("evening", new Date(2026, 5, 15, 17, 30))).toBeUndefined();
    expect(momentOf("monday", new Date(2026, 5, 15, 10))).toEqual(new Date(2026, 5, 22, 9));
    expect(momentOf("reply", new Date())).toBeNull();
  });
});

describe("avatars", () => {
  it("show initials on a colour that stays the same", () => {
    expect([initialsOf("Sample Customer 3"), initialsOf("мария"), initialsOf("")]).toEqual(["S3", "М", "?"]);
    expect(hueOf("someone")).toBe(hueOf("someone"));
  });
});

describe("authors", () => {
  it("without a name are called what they are", () => {
    const { t } = i18nFor("en");
    const called = (["contact", "bot", "system", "operator"] as const).map((kind) =>
      authorName({ kind, id: null, name: null }, t),
    );
    expect(called).toEqual(["Unnamed visitor", "Bot", "Switchboard", "A colleague"]);
    expect(authorName({ kind: "bot", id: null, name: "Sample" }, t)).toBe("Sample");
  });
});
