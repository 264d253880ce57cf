// What lies over the phone's screen: toasts, alerts, questions, menus, one picture.

import { h } from "../shared/elements.js";
import { button, icon } from "./dom.js";
import { word } from "./words.js";

const glass = () => document.getElementById("glass");
const TOAST_MS = 3500;

export function toast(text) {
  const line = h("div", { class: "toast" }, text);
  document.getElementById("toasts").append(line);
  setTimeout(() => line.remove(), TOAST_MS);
}

// A dialog with fields; gives their values, or null when it is left. fields: [{ name, label, value, type }]
export function ask(title, fields = [], accept = word("ok"), { cancel = true } = {}) {
  return new Promise((resolve) => {
    const inputs = fields.map((field) => h("input", {
      name: field.name, value: field.value ?? "", type: field.type ?? "text", required: true, step: "any",
      maxLength: 200, autocomplete: "off",
    }));
    const before = document.activeElement;
    const close = (value) => {
      shade.remove();
      before?.focus?.();
      resolve(value);
    };
    const form = h("form", {
      onsubmit: (event) => {
        event.preventDefault();
        close(Object.fromEntries(inputs.map((input) => [input.name, input.value])));
      },
    },
      h("p", {}, title),
      ...fields.map((field, index) => h("label", {}, field.label, inputs[index])),
      h("div", { class: "dialog-buttons" },
        cancel && h("button", { type: "button", onclick: () => close(null) }, word("cancel")),
        h("button", { type: "submit", class: "main" }, accept)),
    );
    const dialog = h("div", { class: "dialog", role: "dialog", "aria-modal": "true", "aria-label": title }, form);
    const shade = h("div", {
      class: "shade", onkeydown: (event) => event.key === "Escape" && close(null),
      onclick: (event) => event.target === shade && cancel && close(null),
    }, dialog);
    glass().append(shade);
    (inputs[0] ?? form.querySelector(".main")).focus();
    inputs[0]?.select();
  });
}

// A menu called `title` of [{ icon, label, act, danger }] with a row of emojis above, near nothing: at the bottom of the screen.
export function menu(title, items, emojis = [], onEmoji = () => {}) {
  const before = document.activeElement;
  const close = () => {
    shade.remove();
    before?.focus?.();
  };
  const sheet = h("div", { class: "sheet" },
    emojis.length > 0 && h("div", { class: "emojis" }, ...emojis.map((emoji) =>
      h("button", { type: "button", "aria-label": `${word("react")} ${emoji}`, onclick: () => { close(); onEmoji(emoji); } }, emoji))),
    ...items.map((item) => h("button", {
      type: "button", class: item.danger ? "danger" : "", onclick: () => { close(); item.act(); },
    }, icon(item.icon), h("span", {}, item.label))),
  );
  sheet.setAttribute("role", "dialog");
  sheet.setAttribute("aria-modal", "true");
  sheet.setAttribute("aria-label", title);
  const shade = h("div", {
    class: "shade bottom", onkeydown: (event) => event.key === "Escape" && close(),
    onclick: (event) => event.target === shade && close(),
  }, sheet);
  glass().append(shade);
  sheet.querySelector("button").focus();
}

export function look(source, text) {
  const close = () => viewer.remove();
  const viewer = h("div", { class: "viewer", onclick: close, onkeydown: (event) => event.key === "Escape" && close() },
    h("img", { src: source, alt: text }), button("close", word("cancel"), close));
  glass().append(viewer);
  viewer.querySelector("button").focus();
}
