/** What a form does where scripts run: shows what is relevant, keeps ticks within their rules, finds a place, fits a frame. */
import { evaluate, type Facts, type Tree } from "@switchboard/conditions";
import { factsOf } from "./facts";
import { prove } from "./proof";
import "./form.css";

/** Hides what is not relevant, in the order of the page: whether one is relevant may depend on those before it. */
export function relevant(form: HTMLFormElement, known: Facts): void {
  for (const part of form.querySelectorAll<HTMLElement>("[data-if]"))
    part.hidden = !evaluate(JSON.parse(part.dataset.if ?? "true") as Tree, factsOf(form, known));
}

/** A tick that stands alone clears the others, and any other clears it; no more than allowed. */
export function keepRules(field: HTMLElement, changed: HTMLInputElement): void {
  const alone: string[] = JSON.parse(field.dataset.alone ?? "[]");
  const boxes = [...field.querySelectorAll<HTMLInputElement>("input[type=checkbox]")];
  if (changed.checked)
    for (const box of boxes)
      if (box !== changed && (alone.includes(changed.value) || alone.includes(box.value))) box.checked = false;
  const most = Number(field.dataset.max) || Number.POSITIVE_INFINITY;
  const full = boxes.filter((box) => box.checked).length >= most;
  for (const box of boxes) box.disabled = full && !box.checked;
}

function locate(button: HTMLButtonElement): void {
  const input = button.parentElement?.querySelector("input");
  navigator.geolocation?.getCurrentPosition(({ coords }) => {
    if (input) input.value = `${coords.latitude.toFixed(5)}, ${coords.longitude.toFixed(5)}`;
  });
}

/** Tells the page around a frame how high this one is. The body's height: the document's is never less than the frame's. */
function fit(): void {
  if (window.parent === window) return;
  const { offsetHeight } = document.body;
  const { marginTop, marginBottom } = getComputedStyle(document.body);
  const height = Math.ceil(offsetHeight + Number.parseFloat(marginTop) + Number.parseFloat(marginBottom));
  window.parent.postMessage({ switchboardForm: { height } }, "*");
}

function start(form: HTMLFormElement): void {
  prove(form);
  form.querySelector("input[name=shown]")?.remove(); // only a page without scripts says what it has shown
  const known = JSON.parse(form.dataset.known ?? "{}") as Facts;
  form.addEventListener("input", ({ target }) => {
    const field = (target as Element).closest<HTMLElement>("[data-question]");
    if (field && target instanceof HTMLInputElement && target.type === "checkbox") keepRules(field, target);
    relevant(form, known);
    fit();
  });
  form.addEventListener("submit", () => {
    // A second press sends nothing; a page that comes back from the history can be sent again.
    const button = form.querySelector<HTMLButtonElement>("button[type=submit]");
    setTimeout(() => {
      if (button) button.disabled = true;
    });
    addEventListener("pageshow", () => {
      if (button) button.disabled = false;
    });
  });
  for (const button of form.querySelectorAll<HTMLButtonElement>(".locate")) {
    button.hidden = !navigator.geolocation;
    button.addEventListener("click", () => locate(button));
  }
  for (const field of form.querySelectorAll<HTMLElement>("[data-alone],[data-max]"))
    for (const box of field.querySelectorAll<HTMLInputElement>("input:checked")) keepRules(field, box);
  relevant(form, known);
  form.querySelector<HTMLElement>("#summary")?.focus();
}

if (window.parent !== window) document.documentElement.classList.add("framed");
const form = document.querySelector("form");
if (form) start(form);
if (typeof ResizeObserver !== "undefined") new ResizeObserver(fit).observe(document.body);
