import { expect, test } from "vitest";
import { factsOf } from "./facts";
import { keepRules, relevant } from "./form";

function formOf(html: string): HTMLFormElement {
  document.body.innerHTML = `<form>${html}</form>`;
  return document.querySelector("form") as HTMLFormElement;
}

const box = (value: string, checked = false) => `<input type="checkbox" value="${value}" ${checked ? "checked" : ""}>`;

test("reads what is filled in as conditions compare it", () => {
  const form = formOf(
    `<div data-question="staff" data-type="number"><input value="1 500,5"></div>
     <fieldset data-question="tools" data-type="choices">${box("crm", true)}${box("mail")}</fieldset>
     <fieldset data-question="agree" data-type="consent"><input type="radio" value="yes" checked></fieldset>
     <div data-question="none" data-type="text"><input value=" "></div>`,
  );
  expect(factsOf(form, { none: "before" })).toEqual({ staff: 1500.5, tools: ["crm"], agree: true });
});

test("shows and hides what depends on an answer, also through another hidden one", () => {
  const form = formOf(
    `<fieldset data-question="role" data-type="choice"><input type="radio" value="other"><input type="radio" value="cfo"></fieldset>
     <div data-question="text" data-type="text" data-if='["==", ["answer", "role"], "other"]'><input value="x"></div>
     <div data-question="more" data-type="text" data-if='["answered", "text"]'><input></div>`,
  );
  const [other] = form.querySelectorAll<HTMLInputElement>("input[type=radio]");
  relevant(form, {});
  const shows = () => [...form.querySelectorAll<HTMLElement>("[data-if]")].map((part) => !part.hidden);
  expect(shows()).toEqual([false, false]);
  if (other) other.checked = true;
  relevant(form, {});
  expect(shows()).toEqual([true, true]);
});

test("keeps ticks within their rules", () => {
  const form = formOf(`<fieldset data-alone='["none"]' data-max="2">${box("a")}${box("b")}${box("none")}</fieldset>`);
  const field = form.querySelector("fieldset") as HTMLElement;
  const [a, b, none] = [...field.querySelectorAll("input")] as [HTMLInputElement, HTMLInputElement, HTMLInputElement];
  a.checked = b.checked = true;
  keepRules(field, b);
  expect(none.disabled).toBe(true);
  b.checked = false;
  keepRules(field, b);
  none.checked = true;
  keepRules(field, none);
  expect([a.checked, none.checked]).toEqual([false, true]);
});
