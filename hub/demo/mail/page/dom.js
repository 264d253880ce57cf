// Small tools for building the page. Text is always text, never markup.

// An element: h("button", { class: "send", title: "Send", onclick }, child, "text")
export function h(name, fields = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(fields)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "class") element.className = value;
    else if (key in element && !key.startsWith("aria")) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

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
