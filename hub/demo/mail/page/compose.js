// Writing a letter: new, in answer to one, or passing one on, with the quotation that mail programs put below.

import { h } from "../shared/elements.js";
import { samplePhoto } from "../shared/sample.js";
import { sendLetter } from "./api.js";
import { button, toast } from "./dom.js";
import { longTime, size, word } from "./words.js";

const FILES_BYTES = 10 * 1024 * 1024;

const named = (box) => (box ? (box.name ? `${box.name} <${box.address}>` : box.address) : "?");

const prefixed = (prefix, subject) => (new RegExp(`^${prefix}:`, "i").test(subject) ? subject : `${prefix}: ${subject}`);

const whole = (letter) => [letter.text, letter.quoted].filter(Boolean).join("\n\n");

function quotation(letter) {
  const lines = whole(letter).split("\n").map((line) => (line ? `> ${line}` : ">"));
  const date = letter.at ? longTime(letter.at) : "";
  return `\n\n${word("wrote")(date, named(letter.from))}\n${lines.join("\n")}\n`;
}

function passedOn(letter) {
  const head = [
    `---------- ${word("forwarded")} ----------`,
    `${word("from")}: ${named(letter.from)}`,
    `${word("date")}: ${letter.at ? longTime(letter.at) : ""}`,
    `${word("subject")}: ${letter.subject}`,
    `${word("to")}: ${letter.to.map(named).join(", ")}`,
  ];
  return `\n\n${head.join("\n")}\n\n${whole(letter)}\n`;
}

// What stands in a letter before anybody has typed.
export function beginning(kind, { own, shop, letter }) {
  if (kind === "new") return { to: shop, cc: "", subject: "", text: "", answers: null };
  if (kind === "forward") return { to: shop, cc: "", subject: prefixed("Fwd", letter.subject), text: passedOn(letter), answers: null };
  const from = letter.sent ? letter.to : [letter.reply_to ?? letter.from];
  const others = kind === "all" ? [...letter.to, ...letter.cc].map((box) => box.address) : [];
  const to = from.filter(Boolean).map((box) => box.address);
  const cc = others.filter((address) => address !== own && !to.includes(address) && address !== letter.from?.address);
  return {
    to: to.join(", "), cc: [...new Set(cc)].join(", "), subject: prefixed("Re", letter.subject),
    text: quotation(letter), answers: letter.uid,
  };
}

const addresses = (text) => text.split(/[,;\s]+/).filter(Boolean);

async function encoded(file) {
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
  return { name: file.name, media_type: file.type, content: url.slice(url.indexOf(",") + 1) };
}

export class Compose {
  constructor({ title, box, start, onSent, onClose }) {
    Object.assign(this, { box, answers: start.answers, onSent, onClose, files: [] });
    this.to = h("input", { value: start.to, required: true, autocomplete: "off", spellcheck: false });
    this.cc = h("input", { value: start.cc, autocomplete: "off", spellcheck: false });
    this.subject = h("input", { value: start.subject, maxLength: 500, autocomplete: "off" });
    this.text = h("textarea", { value: start.text, rows: 12, "aria-label": word("text"), onkeydown: (event) => this.key(event) });
    this.chips = h("ul", { class: "chips", "aria-label": word("files"), hidden: true });
    this.picker = h("input", { type: "file", multiple: true, hidden: true, onchange: () => this.add([...this.picker.files]) });
    this.sendButton = h("button", { type: "submit", class: "main" }, word("send"));
    this.element = h("form", { class: "compose", "aria-label": title, onsubmit: (event) => this.submit(event) },
      h("h2", {}, title),
      h("label", {}, h("span", {}, word("to")), this.to),
      h("label", {}, h("span", {}, word("cc")), this.cc),
      h("label", {}, h("span", {}, word("subject")), this.subject),
      this.text, this.chips, this.picker,
      h("div", { class: "buttons" },
        this.sendButton,
        button(word("attach"), () => this.picker.click()),
        button(word("sample"), async () => this.add([await samplePhoto()])),
        button(word("discard"), () => this.onClose(), { class: "plain" })));
  }

  // The cursor above the quotation, as in most mail programs.
  focus() {
    const field = this.answers !== null || !this.to.value ? this.text : this.subject;
    field.focus();
    this.text.setSelectionRange(0, 0);
    this.text.scrollTop = 0;
  }

  get touched() {
    return this.files.length > 0 || this.text.value !== this.text.defaultValue;
  }

  key(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.element.requestSubmit();
  }

  add(files) {
    this.picker.value = "";
    const wanted = [...this.files, ...files];
    if (wanted.reduce((sum, file) => sum + file.size, 0) > FILES_BYTES) return toast(word("tooBig"));
    this.files = wanted;
    this.drawFiles();
  }

  drawFiles() {
    this.chips.hidden = this.files.length === 0;
    this.chips.replaceChildren(...this.files.map((file) => h("li", {},
      `${file.name} · ${size(file.size)}`,
      h("button", { type: "button", "aria-label": `${word("takeAway")}: ${file.name}`, onclick: () => this.take(file) }, "×"))));
  }

  take(file) {
    this.files = this.files.filter((one) => one !== file);
    this.drawFiles();
  }

  async submit(event) {
    event.preventDefault();
    this.sendButton.disabled = true;
    this.sendButton.textContent = word("sending");
    try {
      const letter = {
        box: this.box, to: addresses(this.to.value), cc: addresses(this.cc.value), subject: this.subject.value,
        text: this.text.value, answers: this.answers, files: await Promise.all(this.files.map(encoded)),
      };
      const sent = await sendLetter(letter);
      toast(word("sent"));
      this.onSent(sent.uid);
    } catch (error) {
      toast(`${word("failed")}: ${error.message}`);
      this.sendButton.disabled = false;
      this.sendButton.textContent = word("send");
    }
  }
}
