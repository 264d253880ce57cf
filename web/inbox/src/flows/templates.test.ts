import { describe, expect, it } from "vitest";
import { outlineOf } from "@/flows/outline";
import { copyOf, freeName, nameOf, TEMPLATES, templateText, withHead } from "@/flows/templates";
import { languageOf, missingIn, textsOf, translationOf, withTranslation } from "@/flows/translations";

describe("templates", () => {
  it("are flows that the outline can edit, the same in both languages", () => {
    for (const template of TEMPLATES) {
      const [en, ru] = [outlineOf(templateText(template, "en")), outlineOf(templateText(template, "ru"))];
      expect(en.editable && ru.editable).toBe(true);
      expect(ru.steps.filter((step) => step.kind === "question").map((step) => `${step.id}: ${step.type}`)).toEqual(
        en.steps.filter((step) => step.kind === "question").map((step) => `${step.id}: ${step.type}`),
      );
    }
    expect(outlineOf(templateText("lead", "ru")).steps.filter((step) => step.kind === "question")).toHaveLength(10);
  });

  it("get the name and the title that somebody chose", () => {
    const text = withHead(templateText("nps", "en"), { flow: "my_nps", title: "How: was it?" });
    expect(outlineOf(text)).toMatchObject({ name: "my_nps", title: "How: was it?" });
    const files = [
      { name: "nps.yml", text: templateText("nps", "en") },
      { name: "nps.ru.yml", text: "title: Опрос\n" },
    ];
    expect(copyOf(files, "nps", "other").map((file) => file.name)).toEqual(["other.yml", "other.ru.yml"]);
    expect(outlineOf(copyOf(files, "nps", "other")[0]?.text ?? "").name).toBe("other");
  });

  it("make a name of a title", () => {
    expect(nameOf("Опрос клиентов 2026!")).toBe("opros_klientov_2026");
    expect(nameOf("10 questions")).toBe("questions");
    expect(nameOf("???")).toBe("");
    expect(freeName("a", ["a", "a_2"])).toBe("a_3");
    expect(freeName("", [])).toBe("flow");
  });
});

const FLOW = `flow: sample
title: Sample
ask:
- part: Now
- role: choice
  text: Your role?
  script: Ask for the role
  options: {owner: Owner, no: None}
  check: {role != "no": Please choose}
outcomes:
- done: else
  say: Thanks
`;

describe("translations", () => {
  it("know every text by its key", () => {
    expect(textsOf(FLOW).map((one) => one.key)).toEqual([
      "title",
      "Now",
      "role",
      "role.owner",
      "role.no",
      "role.script",
      "role.check.1",
      "done",
    ]);
    const missing = missingIn(textsOf(FLOW), translationOf("title: Пример\nrole: Роль?\nrole.no: ''\n"));
    expect(missing).toEqual(["Now", "role.owner", "role.no", "role.script", "role.check.1", "done"]);
  });

  it("are edited one by one, comments and order kept", () => {
    const file = "# by hand\ntitle: Пример  # short\nrole: Роль?\n";
    expect(withTranslation(file, "role", "Ваша роль: какая?")).toBe(
      '# by hand\ntitle: Пример  # short\nrole: "Ваша роль: какая?"\n',
    );
    expect(withTranslation(file, "done", "Спасибо")).toBe(`${file}done: Спасибо\n`);
    expect(withTranslation(file, "title", "")).toBe("# by hand\nrole: Роль?\n");
    expect(withTranslation("", "title", "Пример")).toBe("title: Пример\n");
    expect(withTranslation("title:\nrole: Роль\n", "title", "Имя")).toBe("title: Имя\nrole: Роль\n");
    const lines = withTranslation("title: |\n  Один\n  Два\nrole: Роль\n", "title", "Имя");
    expect(lines).toBe("title: Имя\nrole: Роль\n");
  });

  it("are named after their language", () => {
    expect([languageOf("lead.en.yml"), languageOf("lead.yml")]).toEqual(["en", null]);
  });
});
