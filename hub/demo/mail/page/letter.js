// One letter of a talk: who and when, the text with its quotation folded, the author's HTML in a frame, the files.

import { h } from "../shared/elements.js";
import { fileUrl, htmlUrl } from "./api.js";
import { button, linked } from "./dom.js";
import { longTime, size, word } from "./words.js";

const IMAGES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

const named = (box) => box.name ?? box.address;

export function letterView(box, letter, acts) {
  const author = letter.sent ? word("you") : letter.from ? named(letter.from) : "?";
  const people = (list) => list.map((one) => one.address).join(", ");
  const body = h("div", { class: "body" });
  showText(body, letter);
  return h("article", { class: letter.sent ? "letter own" : "letter", "aria-label": `${author}: ${letter.subject}` },
    h("header", {},
      h("b", {}, author),
      letter.automatic && h("span", { class: "mark" }, word("automatic")),
      letter.at && h("time", {}, longTime(letter.at)),
      h("small", {}, `${word("to")}: ${people(letter.to)}`, letter.cc.length > 0 && ` · ${word("cc")}: ${people(letter.cc)}`)),
    body,
    letter.files.length > 0 && h("ul", { class: "files", "aria-label": word("files") }, ...letter.files.map((file) => fileView(box, letter, file))),
    h("footer", {},
      button(word("reply"), () => acts("reply", letter)),
      letter.to.length + letter.cc.length > 1 && button(word("replyAll"), () => acts("all", letter)),
      button(word("forward"), () => acts("forward", letter)),
      letter.unsubscribe && unsubscribe(letter.unsubscribe),
      letter.html && htmlSwitch(box, letter, body)));
}

// As mail programs show it: a link of the header, opened where the person says so.
function unsubscribe(header) {
  const address = /<(https?:[^>]+)>/.exec(header)?.[1];
  return address && h("a", { class: "unsubscribe", href: address, target: "_blank", rel: "noopener noreferrer" }, word("unsubscribe"));
}

function showText(body, letter) {
  const quote = h("blockquote", { hidden: true }, ...linked(letter.quoted));
  const fold = letter.quoted && button(word("showQuote"), () => {
    quote.hidden = !quote.hidden;
    fold.textContent = word(quote.hidden ? "showQuote" : "hideQuote");
  }, { class: "fold" });
  body.replaceChildren(h("p", { class: "text" }, ...linked(letter.text)), ...(fold ? [fold, quote] : []));
}

function htmlSwitch(box, letter, body) {
  let marked = false;
  const change = button(word("asHtml"), () => {
    marked = !marked;
    change.textContent = word(marked ? "asText" : "asHtml");
    if (!marked) return showText(body, letter);
    // Cleaned by the server, and without scripts or an origin of its own here.
    const frame = h("iframe", { src: htmlUrl(box, letter.uid), title: word("asHtml") });
    frame.setAttribute("sandbox", "allow-popups allow-popups-to-escape-sandbox");
    body.replaceChildren(frame);
  });
  return change;
}

function fileView(box, letter, file) {
  const url = fileUrl(box, letter.uid, file.number);
  return h("li", {},
    IMAGES.includes(file.type) && h("img", { src: url, alt: file.name, loading: "lazy" }),
    h("a", { href: url, download: file.name }, file.name), h("small", {}, size(file.size)));
}
