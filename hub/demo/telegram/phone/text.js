// Texts with entities. Offsets are UTF-16 code units, as JavaScript counts.

import { h } from "../shared/elements.js";

const SAFE = /^(https?:|mailto:|tel:)/i;

// A fragment with the text. `onCommand` is called with a command that is clicked.
export function rich(text, entities, onCommand) {
  const root = document.createDocumentFragment();
  const sorted = [...(entities ?? [])].sort((a, b) => a.offset - b.offset || b.length - a.length);
  fill(root, text, 0, text.length, sorted, onCommand);
  return root;
}

function fill(parent, text, start, end, entities, onCommand) {
  let at = start;
  const left = [...entities];
  while (left.length > 0) {
    const entity = left.shift();
    const from = Math.max(at, entity.offset);
    const to = Math.min(end, entity.offset + entity.length);
    if (to <= from) continue;
    parent.append(text.slice(at, from));
    const inside = [];
    while (left.length > 0 && left[0].offset < to) inside.push(left.shift());
    const element = wrap(entity, text.slice(from, to), onCommand);
    fill(element, text, from, to, inside, onCommand);
    parent.append(element);
    // A block ends its line by itself.
    at = /^(PRE|BLOCKQUOTE)$/.test(element.tagName) && text[to] === "\n" && to < end ? to + 1 : to;
  }
  parent.append(text.slice(at, end));
}

function wrap(entity, piece, onCommand) {
  switch (entity.type) {
    case "bold":
      return h("strong");
    case "italic":
      return h("em");
    case "underline":
      return h("u");
    case "strikethrough":
      return h("s");
    case "code":
      return h("code");
    case "pre":
      return h("pre", { "data-language": entity.language });
    case "blockquote":
    case "expandable_blockquote":
      return h("blockquote");
    case "spoiler":
      return h("span", {
        class: "spoiler", role: "button", tabIndex: 0,
        onclick: (event) => event.currentTarget.classList.add("open"),
        onkeydown: (event) => event.key === "Enter" && event.currentTarget.classList.add("open"),
      });
    case "text_link":
      return link(entity.url);
    case "url":
      return link(/^[a-z]+:/i.test(piece) ? piece : `http://${piece}`);
    case "email":
      return link(`mailto:${piece}`);
    case "phone_number":
      return link(`tel:${piece}`);
    case "bot_command":
      return h("button", { type: "button", class: "command", onclick: () => onCommand?.(piece) });
    case "mention":
    case "hashtag":
    case "cashtag":
    case "text_mention":
      return h("span", { class: "mention" });
    default:
      return h("span");
  }
}

function link(url) {
  if (!SAFE.test(url)) return h("span", { class: "mention" });
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" });
}
