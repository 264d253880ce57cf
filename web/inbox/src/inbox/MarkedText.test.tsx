import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import { MarkedText } from "@/inbox/MarkedText";

const drawn = (html: string) => renderToStaticMarkup(<MarkedText html={html} />);

test("marks are drawn as they nest", () => {
  expect(drawn("a <i>b <b>c</b></i> &lt;b&gt;")).toBe("a <i>b <b>c</b></i> &lt;b&gt;");
});

test("links open elsewhere", () => {
  expect(drawn('<a href="https://example.org/?a=1&amp;b=2">here</a>')).toContain(
    '<a href="https://example.org/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer nofollow">here</a>',
  );
});

test("what is not known is text, whatever it was meant to do", () => {
  expect(drawn('<img src=x onerror="alert(1)">a')).toBe("a");
  expect(drawn("<script>alert(1)</script>")).not.toContain("<script");
  expect(drawn('<a href="javascript:alert(1)">x</a>')).toBe("x");
  expect(drawn('<b onclick="alert(1)" style="position:fixed">x</b>')).toBe("<b>x</b>");
});
