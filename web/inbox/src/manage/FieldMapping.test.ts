/** What a form's fields are, as the channel keeps it. */
import { describe, expect, it } from "vitest";
import { contactField, mappedWith } from "@/manage/FieldMapping";
import { formsForm, formsSettings } from "@/manage/FormsSettings";

describe("the mapping of a form", () => {
  it("holds each field once, and forgets one that its name tells again", () => {
    const first = mappedWith([], "q1", "phone");
    expect(mappedWith(first, "q1", "email")).toEqual([{ field: "q1", to: "email" }]);
    expect(mappedWith(first, "q1", null)).toEqual([]);
  });

  it("writes names of the contact's fields as the hub takes them", () => {
    expect(contactField("Lead Source (1)")).toBe("lead_source_1_");
    expect(contactField("1Имя")).toBe("");
  });

  it("keeps a stored secret that nobody types, and settings that the form does not show", () => {
    const form = { ...formsForm(null), sites: "https://a.example\nhttps://b.example" };
    expect(formsSettings(form, { join_s: 5 })).toEqual({
      join_s: 5,
      sites: ["https://a.example", "https://b.example"],
      thanks: null,
      mapping: [],
      mappings: {},
    });
    expect(formsSettings({ ...form, secret: " a-secret-of-the-shop " }, {}).secret).toBe("a-secret-of-the-shop");
  });
});
