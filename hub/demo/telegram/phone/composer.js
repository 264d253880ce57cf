// The lower end of a chat: the field, what can be attached, and the bot's keyboard.

import { h } from "../shared/elements.js";
import { samplePhoto } from "../shared/sample.js";
import { act, sendFile } from "./api.js";
import { ask, menu, toast } from "./dialogs.js";
import { button, icon } from "./dom.js";
import { summary } from "./messages.js";
import { word } from "./words.js";

const PLACES = { ru: ["55.751244", "37.618423"], en: ["51.507351", "-0.127758"] };
const ALBUM_LIMIT = 10;

export class Composer {
  // `state.link` is the payload of the link that has brought the person here, until Start is pressed.
  constructor(chat, state) {
    this.chat = chat;
    this.state = state;
    this.replyTo = null;
    this.editing = null;
    this.shut = false; // the bot's keyboard is folded away
    this.element = h("div", { class: "composer" });
    this.draw();
  }

  update(chat) {
    this.chat = chat;
    if (JSON.stringify(chat.keyboard) !== this.keyboardBefore) this.shut = false;
    if (this.parts() !== this.drawn) this.draw();
  }

  // What decides how the lower end looks; the chat's object itself is changed in place.
  parts() {
    const { keyboard, blocked, started, commands } = this.chat;
    return JSON.stringify([keyboard, blocked, started, commands]);
  }

  async run(what, more = {}) {
    try {
      await act(this.chat.id, what, more);
      return true;
    } catch (error) {
      toast(`${word("failed")}: ${error.message}`);
      return false;
    }
  }

  draw() {
    const typed = this.field?.value ?? "";
    const focused = document.activeElement === this.field;
    this.drawn = this.parts();
    this.keyboardBefore = JSON.stringify(this.chat.keyboard);
    if (this.chat.blocked || !this.chat.started) {
      if (this.chat.blocked) this.big(word("unblock"), () => this.run("unblock"));
      else this.big(word("start"), () => this.begin());
      return;
    }
    if (this.state.link) {
      this.big(word("start"), () => this.begin());
      return;
    }
    this.field = h("textarea", {
      rows: 1, placeholder: this.chat.keyboard?.input_field_placeholder ?? word("message"), "aria-label": word("message"),
      maxLength: 4096, value: typed, oninput: () => this.grow(),
      onkeydown: (event) => this.key(event),
    });
    this.go = button("send", word("send"), () => this.submit(), { class: "go" });
    this.element.replaceChildren(...[
      this.context(),
      h("div", { class: "line" },
        this.chat.commands.length > 0 && button("menu", word("commands"), () => this.commands(), { class: "commands" }),
        button("clip", word("attach"), () => this.attach()),
        this.field,
        this.chat.keyboard?.keyboard && button("keyboard", word(this.shut ? "showKeyboard" : "hideKeyboard"), () => {
          this.shut = !this.shut;
          this.draw();
        }, { "aria-expanded": String(!this.shut) }),
        this.go),
      this.keyboard(),
    ].filter(Boolean));
    this.grow();
    if (focused) this.field.focus();
  }

  big(label, onclick) {
    this.field = null;
    this.element.replaceChildren(h("button", { type: "button", class: "big", onclick }, label));
  }

  async begin() {
    const payload = this.state.link;
    this.state.link = null;
    await this.run("start", payload ? { payload } : {});
    this.draw();
  }

  grow() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, 120)}px`;
    this.go.classList.toggle("ready", this.field.value.trim() !== "");
  }

  key(event) {
    if (event.key === "Escape") this.leave();
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.submit();
  }

  async submit() {
    const text = this.field.value.trim();
    if (!text) return;
    const editing = this.editing;
    const reply = this.reply();
    this.field.value = "";
    this.leave();
    this.grow();
    const sent = editing
      ? await this.run("edit", { message: editing.message_id, text })
      : await (text === "🎲" ? this.run("dice") : this.run("say", { text, ...reply }));
    if (sent || !this.field || this.field.value) return;
    this.field.value = text;
    this.grow();
  }

  reply() {
    return this.replyTo ? { reply_to: this.replyTo.message_id } : {};
  }

  answer(message) {
    this.leave();
    this.replyTo = message;
    this.draw();
    this.field?.focus();
  }

  change(message) {
    this.leave();
    this.editing = message;
    this.draw();
    this.field.value = message.text ?? message.caption ?? "";
    this.grow();
    this.field.focus();
  }

  leave() {
    if (!this.replyTo && !this.editing) return;
    if (this.editing && this.field) this.field.value = "";
    this.replyTo = this.editing = null;
    this.draw();
  }

  context() {
    const message = this.replyTo ?? this.editing;
    if (!message) return null;
    return h("div", { class: "context" }, icon(this.editing ? "pencil" : "reply"),
      h("span", {}, h("b", {}, this.editing ? word("edit") : word("reply")), h("small", {}, summary(message))),
      button("close", word("cancel"), () => this.leave()));
  }

  // The bot's keyboard ------------------------------------------------------------------------------------------------

  keyboard() {
    const rows = this.chat.keyboard?.keyboard;
    if (!rows || this.shut) return null;
    return h("div", { class: `keys${this.chat.keyboard.resize_keyboard ? " low" : ""}` }, ...rows.map((row) =>
      h("div", {}, ...row.map((one) => h("button", { type: "button", onclick: () => this.pressKey(one) }, one.text)))));
  }

  async pressKey(one) {
    if (one.request_contact) {
      if (await ask(word("shareContact"), [], word("share"))) await this.run("share_contact", this.reply());
    } else if (one.request_location) {
      if (await ask(word("shareLocation"), [], word("share"))) await this.run("location", this.place());
    } else {
      const reply = this.reply();
      this.leave();
      await this.run("say", { text: one.text, ...reply });
    }
  }

  place() {
    const [latitude, longitude] = PLACES[this.chat.language] ?? PLACES.en;
    return { latitude, longitude };
  }

  // Attaching ---------------------------------------------------------------------------------------------------------

  commands() {
    menu(word("commands"), this.chat.commands.map((one) => ({
      icon: "send", label: `/${one.command}  ${one.description}`, act: () => this.run("say", { text: `/${one.command}` }),
    })));
  }

  attach() {
    menu(word("attach"), [
      { icon: "photo", label: word("photo"), act: () => this.pick("image/*,video/*", true, (file) => (file.type.startsWith("video/") ? "video" : "photo")) },
      { icon: "sparkle", label: word("sample"), act: () => this.sample() },
      { icon: "file", label: word("file"), act: () => this.pick("", true, () => "document") },
      { icon: "mic", label: word("voice"), act: () => this.pick("audio/*", false, () => "voice") },
      { icon: "person", label: word("ownContact"), act: () => this.run("share_contact") },
      { icon: "person", label: word("otherContact"), act: () => this.otherContact() },
      { icon: "pin", label: word("location"), act: () => this.location() },
    ]);
  }

  pick(accept, multiple, kindOf) {
    const input = h("input", {
      type: "file", accept, multiple, hidden: true, onchange: async () => {
        await this.files([...input.files].slice(0, ALBUM_LIMIT), kindOf);
        input.remove();
      },
    });
    this.element.append(input);
    input.click();
  }

  async files(files, kindOf) {
    const caption = this.field?.value.trim() ?? "";
    if (this.field) this.field.value = "";
    const more = { ...this.reply(), ...(files.length > 1 ? { album: String(Date.now()) } : {}) };
    this.leave();
    for (const [index, file] of files.entries()) {
      try {
        await sendFile(this.chat.id, kindOf(file), file, index === 0 && caption ? { ...more, caption } : more);
      } catch (error) {
        toast(`${word("failed")}: ${error.message}`);
      }
    }
    if (this.field) this.grow();
  }

  async sample() {
    await this.files([await samplePhoto()], () => "photo");
  }

  async otherContact() {
    const given = await ask(word("otherContact"), [
      { name: "name", label: word("name"), value: "Sample Colleague" },
      { name: "phone", label: word("phone"), value: "+79000000042", type: "tel" },
    ], word("send"));
    if (given) await this.run("contact", given);
  }

  async location() {
    const { latitude, longitude } = this.place();
    const given = await ask(word("location"), [
      { name: "latitude", label: word("latitude"), value: latitude, type: "number" },
      { name: "longitude", label: word("longitude"), value: longitude, type: "number" },
    ], word("send"));
    if (given) await this.run("location", given);
  }
}
