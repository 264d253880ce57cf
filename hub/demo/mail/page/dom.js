// What this page is built of: buttons, toasts, texts with links.

import { h } from "../shared/elements.js";

export const button = (label, onclick, more = {}) => h("button", { type: "button", onclick, ...more }, label);

export function toast(text) {
  const line = h("p", { class: "toast" }, text);
  document.getElementById("toasts").append(line);
  setTimeout(() => line.remove(), 6000);
}

// Text with its web addresses as links.
export function linked(text) {
  const pieces = text.split(/(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}])/);
  return pieces.map((piece, index) =>
    index % 2 ? h("a", { href: piece, target: "_blank", rel: "noopener noreferrer" }, piece) : piece);
}
