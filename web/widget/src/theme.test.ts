import { describe, expect, it } from "vitest";
import { contrast, foreground, legible, parseColour, properties, type Rgb, surfaces } from "./theme";

const accents = ["#2457d6", "#ffd400", "#ffffff", "#000000", "#808080", "#e91e63", "#00c853", "#ff7f50", "#777777"];

describe("colours", () => {
  it.each([undefined, "", "red", "#12", "#12345", "url(#)", "#2457d6;color:red"])("refuses %s", (text) => {
    expect(parseColour(text)).toBeUndefined();
  });

  it("reads a colour", () => {
    expect(parseColour("#2457D6")).toEqual([36, 87, 214]);
  });

  it("knows the contrast of black and white", () => {
    expect(contrast([0, 0, 0], [255, 255, 255])).toBeCloseTo(21, 1);
  });
});

describe.each(accents)("the accent %s", (text) => {
  const accent = parseColour(text) as Rgb;

  it("has words that can be read on it", () => {
    const fill = legible(accent, foreground(accent));
    expect(contrast(fill, foreground(fill))).toBeGreaterThanOrEqual(4.5);
  });

  it.each([false, true])("can be read on the panel and on its tint (dark: %s)", (dark) => {
    const colours = properties(accent, dark);
    const rgb = (name: string) => (colours[name] ?? "").match(/\d+/g)?.map(Number) as Rgb;
    expect(contrast(rgb("--ink"), rgb("--tint"))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(rgb("--ink"), surfaces[dark ? 1 : 0] as Rgb)).toBeGreaterThanOrEqual(4.5);
    expect(contrast(rgb("--on"), rgb("--accent"))).toBeGreaterThanOrEqual(4.5);
  });
});
