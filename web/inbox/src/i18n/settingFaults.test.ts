import { describe, expect, it } from "vitest";
import { i18nFor } from "@/i18n";
import { settingFaults } from "@/i18n/settingFaults";

const FAULT = { setting: "operators_group", kind: "string_pattern_mismatch", reason: "", like: null, least: null };

describe("faults of settings", () => {
  const { t } = i18nFor("ru");

  it("name the field as the screen does, and what would do", () => {
    expect(settingFaults([{ ...FAULT, like: "-1001234567890" }], t, "ru")).toBe(
      "«Группа операторов» записано не так, как нужно. Пример: -1001234567890",
    );
    expect(settingFaults([{ ...FAULT, setting: "secret", kind: "string_too_short", least: 16 }], t, "ru")).toBe(
      "«Токен или секрет»: нужно не меньше 16 знаков.",
    );
  });

  it("name a part of a field by the whole", () => {
    const fault = { ...FAULT, setting: "prechat.0.choices", kind: "value_error" };
    expect(settingFaults([fault], t, "ru")).toBe("«Вопросы перед первым сообщением» записано не так, как нужно.");
  });

  it("say what only the hub knows in English alone", () => {
    const fault = { ...FAULT, setting: "allowed_domains.1", kind: "value_error", reason: "“a b” is no domain" };
    expect(settingFaults([fault], t, "ru")).toBe("«Разрешённые домены» записано не так, как нужно.");
    expect(settingFaults([fault], i18nFor("en").t, "en")).toBe("“Allowed domains”: “a b” is no domain.");
  });

  it("are left to the hub's sentence where it has named none", () => {
    expect([settingFaults(undefined, t, "ru"), settingFaults([], t, "ru")]).toEqual(["", ""]);
  });
});
