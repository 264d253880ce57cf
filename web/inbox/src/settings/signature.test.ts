import { describe, expect, it } from "vitest";
import { filled, unknown } from "@/settings/signature";

const VALUES = { operator: "Sample Operator", project: "Sample Ltd", contact: "" };

describe("a signature", () => {
  it("has its variables filled in", () => {
    expect(filled("{operator}\n{project}, {operator}", VALUES)).toBe("Sample Operator\nSample Ltd, Sample Operator");
  });

  it("leaves out a line that would say nothing", () => {
    expect(filled("— {contact} —\nSample Ltd", VALUES)).toBe("Sample Ltd");
    expect(filled("Dear {contact},", VALUES)).toBe("Dear ,");
  });

  it("keeps what stands for nothing, and names it", () => {
    expect(filled("{surname}", VALUES)).toBe("{surname}");
    expect(unknown("{operator} {surname}")).toEqual(["surname"]);
  });
});
