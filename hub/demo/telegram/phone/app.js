// The phone: a list of sample customers, and the chat of each of them with the shop's bot.

import { h } from "../shared/elements.js";
import { recall, remember } from "../shared/kept.js";
import { follow, loadState } from "../shared/line.js";
import { Composer } from "./composer.js";
import { ask, look, menu, toast } from "./dialogs.js";
import { button } from "./dom.js";
import { bubble, day, summary, time } from "./messages.js";
import { locale, setLanguage, word } from "./words.js";

const EMOJIS = ["👍", "❤", "🔥", "😁", "🙏", "👎"];
const TYPING_MS = 5000; // https://core.telegram.org/bots/api#sendchataction
const WAIT_FOR_ANSWER_MS = 15_000;
const HUES = [212, 150, 24, 284, 340];

const screens = document.getElementById("screens");
const state = { link: new URLSearchParams(location.search).get("start"), bot: null, chats: new Map(), open: null, lost: false, unread: new Map() };
const waiting = new Map(); // buttons that were pressed and wait for the bot, by message and data
let view = null;

// The page around the phone -------------------------------------------------------------------------------------------

function drawPage() {
  document.documentElement.lang = locale();
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = word(element.dataset.word);
  document.getElementById("language").textContent = word("language");
  document.getElementById("scheme").textContent = word(isDark() ? "light" : "dark");
}

const isDark = () => document.documentElement.dataset.scheme === "dark";

function setScheme(scheme) {
  document.documentElement.dataset.scheme = scheme;
  remember("phone-scheme", scheme);
}

function switchLanguage() {
  setLanguage(locale() === "ru" ? "en" : "ru");
  drawPage();
  show();
}

function switchScheme() {
  setScheme(isDark() ? "light" : "dark");
  drawPage();
}

function tick() {
  document.getElementById("clock").textContent = time(Date.now() / 1000);
}

// The list of chats ---------------------------------------------------------------------------------------------------

function chatList() {
  const chats = [...state.chats.values()].sort((a, b) => lastDate(b) - lastDate(a));
  const rows = chats.map((chat) => {
    const last = chat.messages.at(-1);
    const unread = state.unread.get(chat.id) ?? 0;
    return h("button", { type: "button", class: "chat-row", onclick: () => openChat(chat.id) },
      avatar(chat.name, chat.id),
      h("span", { class: "lines" },
        h("b", {}, chat.name),
        h("span", { class: "preview" }, last ? `${last.own ? `${word("you")}: ` : ""}${summary(last)}` : word("noMessages"))),
      h("span", { class: "side" }, last && h("time", {}, time(last.date)), unread > 0 && h("span", { class: "badge" }, String(unread))));
  });
  return h("div", { class: "screen list" },
    h("header", { class: "bar" }, h("h2", {}, word("chats")),
      h("span", { class: "small-switches" },
        h("button", { type: "button", onclick: switchLanguage }, word("language")),
        h("button", { type: "button", onclick: switchScheme }, word(isDark() ? "light" : "dark")))),
    lostLine(),
    state.link && h("p", { class: "hint" }, word("linked")),
    h("div", { class: "rows" }, ...rows));
}

const lastDate = (chat) => chat.messages.at(-1)?.date ?? 0;

function avatar(name, id) {
  const letters = name.split(/\s+/).map((part) => part[0]).join("").slice(0, 2).toUpperCase();
  const element = h("span", { class: "avatar", "aria-hidden": "true" }, letters);
  element.style.setProperty("--hue", HUES[id % HUES.length]);
  return element;
}

const lostLine = () => (state.lost ? h("div", { class: "lost" }, word("away")) : null);

// One chat ------------------------------------------------------------------------------------------------------------

class ChatView {
  constructor(chat) {
    this.chat = chat;
    this.composer = new Composer(chat, state);
    this.log = h("div", { class: "log", role: "log", "aria-label": chat.name, tabIndex: 0, onscroll: () => this.scrolled() });
    this.subtitle = h("small", {});
    this.down = button("down", word("scrollDown"), () => this.toEnd(), { class: "to-end", hidden: true });
    this.element = h("div", { class: "screen chat" },
      h("header", { class: "bar" },
        button("back", word("back"), () => openChat(null)),
        avatar(state.bot.name, 0),
        h("span", { class: "lines" }, h("b", {}, state.bot.name), this.subtitle),
        button("more", word("menu"), () => this.menu())),
      lostLine(), h("div", { class: "paper" }, this.log, this.down), this.composer.element);
    this.idle();
    this.fill();
  }

  idle() {
    clearTimeout(this.typingTimer);
    this.subtitle.textContent = `${word("bot")} · ${word("youAre")} ${this.chat.name}`;
    this.subtitle.classList.remove("typing");
  }

  typing() {
    this.subtitle.textContent = word("typing");
    this.subtitle.classList.add("typing");
    clearTimeout(this.typingTimer);
    this.typingTimer = setTimeout(() => this.idle(), TYPING_MS);
  }

  fill() {
    const rows = [];
    let before = null;
    for (const group of groups(this.chat.messages)) {
      const date = day(group[0].date);
      if (date !== before) rows.push(h("div", { class: "day" }, h("span", {}, date)));
      before = date;
      rows.push(bubble(group, this));
    }
    if (rows.length === 0) rows.push(h("div", { class: "nothing" }, avatar(state.bot.name, 0), h("p", {}, word("empty"))));
    if (this.chat.blocked) rows.push(h("div", { class: "day" }, h("span", {}, word("blocked"))));
    const end = this.atEnd();
    this.log.replaceChildren(...rows);
    if (end) this.toEnd();
  }

  update(chat) {
    this.chat = chat;
    this.composer.update(chat);
    this.fill();
  }

  atEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80;
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    requestAnimationFrame(() => { this.log.scrollTop = this.log.scrollHeight; });
  }

  scrolled() {
    this.down.hidden = this.atEnd();
  }

  // What clicks on a message do

  command(text) {
    this.composer.run("say", { text });
  }

  jump(number) {
    const row = this.log.querySelector(`[data-id="${number}"]`);
    row?.scrollIntoView({ block: "center", behavior: "smooth" });
    row?.classList.add("flash");
    setTimeout(() => row?.classList.remove("flash"), 1200);
  }

  look(source, text) {
    look(source, text);
  }

  react(message, emojis) {
    this.composer.run("react", { message: message.message_id, emojis });
  }

  press(message, one, element) {
    if (!one.callback_data) {
      toast(word("unsupported"));
      return;
    }
    element.classList.add("waiting");
    clearTimeout(waiting.get(this.chat.id)?.timer);
    const done = () => element.classList.remove("waiting");
    waiting.set(this.chat.id, { done, timer: setTimeout(done, WAIT_FOR_ANSWER_MS) });
    this.composer.run("press", { message: message.message_id, data: one.callback_data });
  }

  menu(message) {
    if (!message) {
      this.chatMenu();
      return;
    }
    const text = message.text ?? message.caption;
    const items = [{ icon: "reply", label: word("reply"), act: () => this.composer.answer(message) }];
    if (text) items.push({ icon: "copy", label: word("copy"), act: () => navigator.clipboard?.writeText(text) });
    items.push({ icon: "forward", label: word("forward"), act: () => this.composer.run("forward", { message: message.message_id }) });
    if (message.own && text) items.push({ icon: "pencil", label: word("edit"), act: () => this.composer.change(message) });
    items.push({ icon: "trash", label: word("remove"), danger: true, act: () => this.composer.run("delete", { message: message.message_id }) });
    if (this.chat.blocked || !this.chat.started) items.splice(0, items.length - 1);
    const own = message.reactions?.find((one) => one.own)?.emoji;
    menu(word("actions"), items, this.chat.blocked ? [] : EMOJIS, (emoji) => this.react(message, emoji === own ? [] : [emoji]));
  }

  chatMenu() {
    const items = [{ icon: "link", label: word("startWith"), act: () => this.startWith() }];
    if (this.chat.blocked) items.push({ icon: "check", label: word("unblock"), act: () => this.composer.run("unblock") });
    else if (this.chat.started) items.push({ icon: "stop", label: word("block"), danger: true, act: () => this.composer.run("block") });
    menu(word("menu"), items);
  }

  async startWith() {
    const given = await ask(word("payload"), [{ name: "payload", label: "?start=", value: "sample" }], word("start"));
    if (given) await this.composer.run("start", given);
  }
}

// Messages, those of an album together.
function groups(messages) {
  const result = [];
  for (const message of messages) {
    const last = result.at(-1);
    const album = message.media_group_id;
    if (album && last?.[0].media_group_id === album && last[0].own === message.own) last.push(message);
    else result.push([message]);
  }
  return result;
}

// Moving --------------------------------------------------------------------------------------------------------------

function openChat(id) {
  state.open = id;
  if (id !== null) state.unread.delete(id);
  history.replaceState(null, "", id === null ? location.pathname : `#${id}`);
  show();
  if (id !== null) view.composer.field?.focus({ preventScroll: true });
}

function show() {
  const chat = state.chats.get(state.open);
  view = chat ? new ChatView(chat) : null;
  screens.replaceChildren(view ? view.element : chatList());
  view?.toEnd();
}

function onChange(change) {
  const chat = state.chats.get(change.chat);
  if (!chat) return;
  const open = view?.chat.id === chat.id;
  switch (change.what) {
    case "message":
    case "edited":
      put(chat, change.payload, change.what === "message");
      if ("keyboard" in change) chat.keyboard = change.keyboard;
      if (change.what === "message" && !change.payload.own && !open) state.unread.set(chat.id, (state.unread.get(chat.id) ?? 0) + 1);
      if (open && change.what === "message" && !change.payload.own) view.idle();
      break;
    case "deleted":
      chat.messages = chat.messages.filter((one) => !change.payload.message_ids.includes(one.message_id));
      break;
    case "chat":
      state.chats.set(chat.id, change.payload);
      break;
    case "typing":
      if (open) view.typing();
      return;
    case "toast":
      answered(chat, change.payload);
      return;
  }
  if (open) view.update(state.chats.get(chat.id));
  else if (!view) show();
}

function put(chat, message, isNew) {
  const index = chat.messages.findIndex((one) => one.message_id === message.message_id);
  if (index >= 0) chat.messages[index] = message;
  else if (isNew) chat.messages.push(message);
  if (isNew) chat.started ||= message.own;
}

async function answered(chat, answer) {
  const pressed = waiting.get(chat.id);
  pressed?.done();
  clearTimeout(pressed?.timer);
  waiting.delete(chat.id);
  if (!answer.text) return;
  if (answer.show_alert) await ask(answer.text, [], word("ok"), { cancel: false });
  else toast(answer.text);
}

async function load() {
  const given = await loadState();
  state.bot = given.bot;
  state.chats = new Map(given.chats.map((chat) => [chat.id, chat]));
  state.lost = false;
  const asked = Number(location.hash.slice(1));
  if (state.open === null && state.chats.has(asked)) state.open = asked;
  const typed = view?.composer.field?.value;
  show();
  if (typed && view?.composer.field) {
    view.composer.field.value = typed;
    view.composer.grow();
  }
}

function lost() {
  if (state.lost) return;
  state.lost = true;
  if (state.bot) show();
}

setScheme(recall("phone-scheme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
drawPage();
tick();
setInterval(tick, 10_000);
document.getElementById("signal").append(h("i"), h("i"), h("i"), h("i"));
document.getElementById("language").addEventListener("click", switchLanguage);
document.getElementById("scheme").addEventListener("click", switchScheme);
follow({ onChange, onLost: lost, onBack: () => load().catch(lost) });
