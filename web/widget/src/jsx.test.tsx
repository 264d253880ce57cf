import { createElement, render as preactRender } from "preact";
import { describe, expect, it } from "vitest";
import { Fragment, jsx, render } from "./jsx";

type Make = (type: never, props: Record<string, unknown>, key?: string) => unknown;

const ours: Make = (type, props, key) => jsx(type, props, key);
const preacts: Make = (type, { children, ...props }, key) =>
  createElement(type, { ...props, ...(key && { key }) } as never, ...([children].flat() as never[]));

const Name = ({ name }: { name: string }) => name.toUpperCase();

/** A tree as the components make them: keyed rows, holes, texts, attributes that come and go. */
function tree(make: Make, keys: string[], on: boolean): unknown {
  const el = make as (type: unknown, props: Record<string, unknown>, key?: string) => unknown;
  return el("div", {
    class: on ? "on" : "off",
    children: [
      on && el("p", { children: "hole" }),
      el("ul", { children: keys.map((key) => el("li", { title: key, children: ["item ", key] }, key)) }),
      el("textarea", { rows: 1, "aria-invalid": on, disabled: !on, value: on ? "x" : "" }),
      null,
      el("svg", { viewBox: "0 0 1 1", children: el("path", { d: on ? "M0 0" : "M1 1" }) }),
      el(Name, { name: "end" }),
    ],
  });
}

/** One markup for the order of attributes and for texts that stand side by side. */
function markup(root: Element): string {
  for (const node of root.querySelectorAll("*")) {
    const attributes = [...node.attributes].map(({ name, value }) => [name, value] as const).sort();
    for (const [name] of attributes) node.removeAttribute(name);
    for (const [name, value] of attributes) node.setAttribute(name, value);
  }
  return root.innerHTML;
}

describe("the part of Preact that the widget uses", () => {
  it("makes the same elements as Preact, change after change", () => {
    const [mine, theirs] = [document.createElement("div"), document.createElement("div")];
    const steps: [string[], boolean][] = [
      [["a", "b"], true],
      [["b", "a", "c"], false],
      [[], true],
      [["d", "a", "b", "c"], true],
      [["c", "b"], false],
      [["b", "c", "d"], true],
    ];
    for (const [keys, on] of steps) {
      render(tree(ours, keys, on), mine);
      preactRender(tree(preacts, keys, on) as never, theirs);
      expect(markup(mine)).toBe(markup(theirs));
    }
  });

  it("keeps an element, and the focus in it, when something comes before it", () => {
    const root = document.body.appendChild(document.createElement("div"));
    render(tree(ours, ["a"], false), root);
    const area = root.querySelector("textarea") as HTMLTextAreaElement;
    area.disabled = false;
    area.focus();
    render(tree(ours, ["c", "a", "b"], true), root);
    expect(root.querySelector("textarea")).toBe(area);
    expect(document.activeElement).toBe(area);
  });

  it("never reads a text as HTML", () => {
    const root = document.createElement("div");
    render(<p title={'"><b>'}>{"<img src=x onerror=alert(1)>"}</p>, root);
    expect(root.querySelector("img, b")).toBeNull();
  });

  it("gives a select the value of an option that came in the same breath", () => {
    const root = document.createElement("div");
    const options = ["x", "y"].map((value) => <option value={value}>{value}</option>);
    render(<select value="y">{options}</select>, root);
    expect(root.querySelector("select")?.value).toBe("y");
  });

  it("puts a fragment's children in its place", () => {
    const root = document.createElement("div");
    render(jsx(Fragment as never, { children: ["a", jsx("i", {})] }), root);
    expect(root.innerHTML).toBe("a<i></i>");
  });
});
