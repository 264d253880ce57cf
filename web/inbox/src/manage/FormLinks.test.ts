import { describe, expect, it } from "vitest";
import type { FormLinkMade } from "@/api/types";
import { standing } from "@/manage/FormLinks";

const LINK: FormLinkMade = {
  id: "1",
  slug: "project",
  label: "",
  contact: null,
  once: false,
  used: false,
  revoked: false,
  created_at: "2026-03-01T00:00:00.000Z",
  expires_at: "2026-04-01T00:00:00.000Z",
};
const NOW = Date.parse("2026-03-15T00:00:00Z");

describe("how a link to a form stands", () => {
  it("counts until it ends", () => {
    expect(standing(LINK, NOW)).toBe("counts");
    expect(standing(LINK, Date.parse(LINK.expires_at))).toBe("ended");
  });
  it("is used once only where it is for one use", () => {
    expect(standing({ ...LINK, used: true }, NOW)).toBe("counts");
    expect(standing({ ...LINK, once: true, used: true }, NOW)).toBe("used");
  });
  it("is revoked whatever else it is", () => {
    expect(standing({ ...LINK, once: true, used: true, revoked: true }, NOW)).toBe("revoked");
  });
});
