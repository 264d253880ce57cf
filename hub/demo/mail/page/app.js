// The webmail: mailboxes of sample customers, the talks in each, and the letters of a talk.

import { h } from "../shared/elements.js";
import { recall, remember } from "../shared/kept.js";
import { follow, loadState } from "../shared/line.js";
import { beginning, Compose } from "./compose.js";
import { button, toast } from "./dom.js";
import { letterView } from "./letter.js";
import { locale, setLanguage, shortTime, word } from "./words.js";

const HUES = [212, 150, 24, 284, 340];
const panes = document.getElementById("panes");
const state = { shop: null, boxes: [], box: recall("mail-box"), thread: null, compose: null, lost: false };
const seen = new Map(Object.entries(JSON.parse(recall("mail-seen") ?? "{}"))); // the newest UID that was looked at

const boxOf = (address) => state.boxes.find((box) => box.address === address);
const current = () => boxOf(state.box) ?? state.boxes[0];
const threadOf = (box) => box.threads.find((thread) => thread.letters.some((letter) => letter.uid === state.thread));
const newest = (thread) => thread.letters.at(-1);
const received = (thread) => thread.letters.filter((letter) => !letter.sent);
const unread = (box, thread) => received(thread).filter((letter) => letter.uid > (seen.get(`${box.address}:${thread.id}`) ?? 0)).length;

// The page ------------------------------------------------------------------------------------------------------------

const isDark = () => document.documentElement.dataset.scheme === "dark";

function drawTop() {
  document.documentElement.lang = locale();
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = word(element.dataset.word);
  document.getElementById("language").textContent = word("language");
  document.getElementById("scheme").textContent = word(isDark() ? "light" : "dark");
}

function setScheme(scheme) {
  document.documentElement.dataset.scheme = scheme;
  remember("mail-scheme", scheme);
  drawTop();
}

function draw() {
  const box = current();
  if (!box) return;
  const depth = state.compose || state.thread !== null ? "letters" : state.box ? "threads" : "boxes";
  panes.dataset.shows = depth;
  const lost = state.lost && h("p", { class: "lost" }, word("away"));
  panes.replaceChildren(...[lost, boxPane(box), threadPane(box), letterPane(box)].filter(Boolean));
}

function boxPane(open) {
  return h("nav", { class: "boxes", "aria-label": word("boxes") }, ...state.boxes.map((box, index) => {
    const count = box.threads.reduce((sum, thread) => sum + unread(box, thread), 0);
    return h("button", { type: "button", class: "box", "aria-current": box === open ? "true" : null, onclick: () => openBox(box) },
      avatar(box.name, index),
      h("span", { class: "lines" }, h("b", {}, box.name), h("small", {}, box.address)),
      count > 0 && h("span", { class: "badge", "aria-label": `${count} ${word("unread")}` }, String(count)));
  }));
}

function avatar(name, index) {
  const letters = name.split(/\s+/).map((part) => part[0]).join("").slice(0, 2).toUpperCase();
  const element = h("span", { class: "avatar", "aria-hidden": "true" }, letters);
  element.style.setProperty("--hue", HUES[index % HUES.length]);
  return element;
}

function threadPane(box) {
  const rows = box.threads.map((thread) => {
    const last = newest(thread);
    const count = unread(box, thread);
    const open = thread.letters.some((letter) => letter.uid === state.thread);
    return h("li", {}, h("button", { type: "button", class: count ? "thread new" : "thread", "aria-current": open ? "true" : null, onclick: () => openThread(box, thread) },
      h("span", { class: "lines" },
        h("b", {}, thread.subject || word("noSubject")),
        h("small", {}, `${last.sent ? `${word("you")}: ` : ""}${last.text.replaceAll("\n", " ").slice(0, 90)}`)),
      h("span", { class: "side" }, last.at && h("time", {}, shortTime(last.at)), count > 0 && h("span", { class: "badge", "aria-label": `${count} ${word("unread")}` }, String(count)))));
  });
  return h("section", { class: "threads", "aria-label": word("letters") },
    h("header", {},
      button("‹", () => openBox(null), { class: "back", "aria-label": word("back") }),
      h("h2", {}, box.name),
      button(word("write"), () => write("new", box), { class: "main" })),
    rows.length ? h("ul", {}, ...rows) : h("p", { class: "empty" }, word("noLetters")));
}

function letterPane(box) {
  const thread = threadOf(box);
  const pane = h("section", { class: "letters", "aria-label": thread?.subject || word("newLetter") });
  if (!thread && !state.compose) {
    pane.append(h("p", { class: "empty" }, word("choose")));
    return pane;
  }
  const title = thread ? thread.subject || word("noSubject") : word("newLetter");
  pane.append(h("header", {}, button("‹", () => close(), { class: "back", "aria-label": word("back") }), h("h2", {}, title)));
  const log = h("div", { class: "log" });
  if (thread) log.append(...thread.letters.map((letter) => letterView(box.address, letter, (kind, one) => write(kind, box, one))));
  if (state.compose) log.append(state.compose.element);
  pane.append(log);
  return pane;
}

// Acting --------------------------------------------------------------------------------------------------------------

function openBox(box) {
  Object.assign(state, { box: box?.address ?? null, thread: null, compose: null });
  remember("mail-box", state.box ?? "");
  draw();
}

function openThread(box, thread) {
  Object.assign(state, { box: box.address, thread: newest(thread).uid, compose: null });
  look(box, thread);
  draw();
  toEnd();
}

function look(box, thread) {
  seen.set(`${box.address}:${thread.id}`, newest(thread).uid);
  remember("mail-seen", JSON.stringify(Object.fromEntries(seen)));
}

function close() {
  Object.assign(state, { thread: null, compose: null });
  draw();
}

function write(kind, box, letter = null) {
  const start = beginning(kind, { own: box.address, shop: state.shop.address, letter });
  const title = word({ new: "newLetter", reply: "reply", all: "replyAll", forward: "forward" }[kind]);
  state.box = box.address;
  if (!letter) state.thread = null;
  state.compose = new Compose({ title, box: box.address, start, onSent: (uid) => sent(uid), onClose: () => stopWriting() });
  draw();
  state.compose.element.scrollIntoView({ block: "nearest" });
  state.compose.focus();
}

function stopWriting() {
  state.compose = null;
  draw();
}

async function sent(uid) {
  Object.assign(state, { compose: null, thread: uid });
  await reload();
  toEnd();
}

function toEnd() {
  const letters = panes.querySelectorAll(".letters .letter");
  letters[letters.length - 1]?.scrollIntoView({ block: "start" });
}

// Loading -------------------------------------------------------------------------------------------------------------

let loading = null;
let again = false;

// One load at a time; what changed while one was under way is loaded by the next.
async function reload() {
  again = true;
  loading ??= (async () => {
    while (again) {
      again = false;
      try {
        const { shop, boxes } = await loadState();
        Object.assign(state, { shop, boxes });
        arrived();
      } catch (error) {
        toast(`${word("failed")}: ${error.message}`);
      }
    }
    loading = null;
  })();
  await loading;
}

// A letter that comes must not take away what somebody is typing: the composer's element is drawn again as it is.
function arrived() {
  const box = current();
  const thread = box && threadOf(box);
  if (thread && document.visibilityState === "visible") look(box, thread);
  const active = document.activeElement;
  const inside = state.compose?.element.contains(active);
  const log = panes.querySelector(".letters .log");
  const at = log?.scrollTop;
  const atEnd = log && log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  draw();
  if (inside) active.focus({ preventScroll: true });
  const drawn = panes.querySelector(".letters .log");
  if (drawn && at !== undefined) drawn.scrollTop = at;
  if (atEnd && !state.compose) toEnd();
}

document.getElementById("language").addEventListener("click", () => {
  setLanguage(locale() === "ru" ? "en" : "ru");
  drawTop();
  draw();
});
document.getElementById("scheme").addEventListener("click", () => setScheme(isDark() ? "light" : "dark"));

setScheme(recall("mail-scheme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
if (!state.box) state.box = null;
follow({
  onChange: reload,
  onLost: () => {
    state.lost = true;
    draw();
  },
  onBack: () => {
    state.lost = false;
    reload();
  },
});
