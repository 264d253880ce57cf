import { expect, it } from "vitest";
import { pieces } from "./links";

/** The addresses found in a text. */
const found = (text: string) => pieces(text).filter((_, n) => n % 2);

it("gives the text back unchanged", () => {
  const text = "a <b> https://example.test/x?y=1&z=2, (http://a.test) end";
  expect(pieces(text).join("")).toBe(text);
});

it.each([
  ["see https://example.test.", "https://example.test"],
  ["https://example.test/a_(b), then", "https://example.test/a_(b)"],
  ["(https://example.test/a)", "https://example.test/a"],
  ["«https://пример.test/каталог»", "https://пример.test/каталог"],
  ["HTTP://EXAMPLE.TEST/!", "HTTP://EXAMPLE.TEST/"],
])("leaves the punctuation of the sentence outside: %s", (text, address) => {
  expect(found(text)).toEqual([address]);
});

it.each(["javascript:alert(1)", "data:text/html,x", "ftp://example.test", "www.example.test", "https://"])(
  "makes no link of %s",
  (text) => {
    expect(found(text)).toEqual([]);
  },
);

it("is quick on a text made to be slow", () => {
  const started = performance.now();
  pieces(`https://${"(a".repeat(20_000)}${")".repeat(20_000)}`);
  pieces(`https://${".".repeat(40_000)}`);
  expect(performance.now() - started).toBeLessThan(2000);
});
