// One message as a bubble.

import { h } from "../shared/elements.js";
import { fileUrl } from "./api.js";
import { button, icon } from "./dom.js";
import { rich } from "./text.js";
import { locale, word } from "./words.js";

export const time = (seconds) =>
  new Intl.DateTimeFormat(locale(), { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(new Date(seconds * 1000));

export function day(seconds) {
  const date = new Date(seconds * 1000);
  if (date.toDateString() === new Date().toDateString()) return word("today");
  return new Intl.DateTimeFormat(locale(), { day: "numeric", month: "long" }).format(date);
}

// A line for the list of chats and for quotes.
export function summary(message) {
  if (message.text) return message.text;
  if (message.caption) return message.caption;
  if (message.photo) return word("photoWord");
  if (message.video || message.video_note || message.animation) return word("videoWord");
  if (message.voice) return word("voiceWord");
  if (message.audio) return message.audio.title ?? message.audio.file_name ?? word("voiceWord");
  if (message.document) return message.document.file_name ?? word("file");
  if (message.sticker) return `${message.sticker.emoji ?? ""} ${word("stickerWord")}`.trim();
  if (message.contact) return word("contactWord");
  if (message.location) return word("locationWord");
  if (message.poll) return message.poll.question;
  if (message.dice) return message.dice.emoji;
  return word("unsupported");
}

const nameOf = (user) => [user?.first_name, user?.last_name].filter(Boolean).join(" ");

// The element of one message, or of an album (several messages). `on` holds what clicks do.
export function bubble(messages, on) {
  const message = messages[0];
  const captioned = messages.find((one) => one.caption) ?? message;
  const media = messages.length > 1 ? album(messages, on) : single(message, on);
  const text = message.text ?? captioned.caption;
  const bare = !text && (message.sticker || message.dice || message.video_note);
  const body = h(
    "div",
    { class: `bubble${media?.classList.contains("picture") ? " has-picture" : ""}${bare ? " bare" : ""}` },
    forwardedFrom(message),
    quoted(message, on),
    media,
    text && h("div", { class: "text", dir: "auto" },
      rich(text, message.entities ?? captioned.caption_entities, on.command), spacer()),
    foot(messages.at(-1)),
  );
  const column = h("div", { class: "column" }, body, inlineKeyboard(message, on), reactions(message, on));
  const actions = button("down", word("actions"), (event) => on.menu(message, event.currentTarget), { class: "actions" });
  const row = h("div", { class: `row ${message.own ? "own" : "other"}`, "data-id": message.message_id }, column, actions);
  row.addEventListener("contextmenu", (event) => {
    if (event.target.closest("a, img")) return;
    event.preventDefault();
    on.menu(message, actions);
  });
  return row;
}

// Space for the time at the end of the last line.
const spacer = () => h("span", { class: "spacer", "aria-hidden": "true" });

function foot(message) {
  const marks = [h("time", {}, time(message.date))];
  if (message.edit_date) marks.unshift(h("span", {}, word("edited")));
  if (message.own) {
    const state = message.seen ? "seen" : "sent";
    marks.push(h("span", { class: `ticks ${state}`, role: "img", "aria-label": word(state), title: word(state) },
      icon(message.seen ? "checks" : "check")));
  }
  return h("div", { class: "foot" }, ...marks);
}

function forwardedFrom(message) {
  const origin = message.forward_origin;
  if (!origin) return null;
  return h("div", { class: "forwarded" }, `${word("forwarded")} `, h("b", {}, nameOf(origin.sender_user) || origin.sender_user_name || ""));
}

function quoted(message, on) {
  const reply = message.reply_to_message;
  if (!reply) return null;
  return h("button", { type: "button", class: "quote", onclick: () => on.jump(reply.message_id) },
    h("b", {}, nameOf(reply.from)), h("span", {}, message.quote?.text ?? summary(reply)));
}

function reactions(message, on) {
  if (!message.reactions?.length) return null;
  return h("div", { class: "reactions" }, ...message.reactions.map((one) =>
    h("button", { type: "button", class: one.own ? "mine" : "", onclick: () => on.react(message, one.own ? [] : [one.emoji]) }, one.emoji)));
}

function inlineKeyboard(message, on) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows) return null;
  return h("div", { class: "inline-keyboard" }, ...rows.map((row) => h("div", {}, ...row.map((one) => inlineButton(message, one, on)))));
}

function inlineButton(message, one, on) {
  if (one.url && /^https?:/i.test(one.url)) {
    return h("a", { class: "key", href: one.url, target: "_blank", rel: "noopener noreferrer" }, one.text, icon("link"));
  }
  const press = (event) => on.press(message, one, event.currentTarget);
  return h("button", { type: "button", class: "key", onclick: press }, one.text);
}

// Media ---------------------------------------------------------------------------------------------------------------

function album(messages, on) {
  const pictures = messages.every((one) => one.photo || one.video);
  return h("div", { class: pictures ? `picture album album-${Math.min(messages.length, 4)}` : "stack" },
    ...messages.map((one) => single(one, on)));
}

function single(message, on) {
  if (message.photo) return photo(message, on);
  if (message.animation) return video(message.animation, true);
  if (message.video) return video(message.video, false);
  if (message.video_note) return video(message.video_note, false, "round");
  if (message.voice) return audio(message.voice, word("voiceWord"));
  if (message.audio) return audio(message.audio, message.audio.title ?? message.audio.file_name ?? "");
  if (message.document) return documentCard(message.document);
  if (message.sticker) return sticker(message.sticker);
  if (message.contact) return contact(message.contact);
  if (message.venue) return place(message.venue.location, message.venue.title, message.venue.address);
  if (message.location) return place(message.location, word("locationWord"));
  if (message.poll) return poll(message.poll);
  if (message.dice) return h("div", { class: "dice", role: "img", "aria-label": `${message.dice.emoji} ${message.dice.value}` }, message.dice.emoji, h("sub", {}, String(message.dice.value)));
  return message.text ? null : h("div", { class: "unsupported" }, word("unsupported"));
}

function photo(message, on) {
  const size = message.photo.at(-1);
  const image = h("img", { src: fileUrl(size.file_id), alt: message.caption ?? word("photoWord"), width: size.width, height: size.height, loading: "lazy" });
  return h("button", { type: "button", class: "picture", "aria-label": word("photoWord"), onclick: () => on.look(image.src, image.alt) }, image);
}

function video(file, loops, shape = "") {
  const player = h("video", { src: fileUrl(file.file_id), controls: !loops, loop: loops, muted: loops, autoplay: loops, playsInline: true, preload: "metadata" });
  return h("div", { class: `picture ${shape}` }, player);
}

function audio(file, title) {
  const player = h("audio", { src: fileUrl(file.file_id), controls: true, preload: "none" });
  return h("div", { class: "audio" }, h("span", {}, title), player);
}

function documentCard(file) {
  const name = file.file_name ?? word("file");
  return h("a", { class: "card", href: fileUrl(file.file_id), download: name },
    h("span", { class: "disc" }, icon("file")), h("span", { class: "lines" }, h("b", {}, name), h("small", {}, bytes(file.file_size))));
}

const bytes = (size) => {
  if (!size) return "";
  const [value, unit] = size >= 1e6 ? [size / 1e6, "megabyte"] : size >= 1e3 ? [size / 1e3, "kilobyte"] : [size, "byte"];
  return new Intl.NumberFormat(locale(), { style: "unit", unit, maximumFractionDigits: 1 }).format(value);
};

function sticker(file) {
  return h("img", { class: "sticker", src: fileUrl(file.file_id), alt: file.emoji ?? word("stickerWord") });
}

function contact(one) {
  const name = nameOf(one) || one.phone_number;
  const number = one.phone_number.startsWith("+") ? one.phone_number : `+${one.phone_number}`;
  return h("div", { class: "card contact" }, h("span", { class: "disc" }, name.slice(0, 1).toUpperCase()),
    h("span", { class: "lines" }, h("b", {}, name), h("small", {}, number)));
}

function place(location, title, address) {
  return h("div", { class: "place" },
    h("div", { class: "map", role: "img", "aria-label": title }, h("span", { class: "drop" }, icon("pin"))),
    h("div", { class: "lines" }, h("b", {}, title), h("small", {}, address ?? `${location.latitude.toFixed(5)}, ${location.longitude.toFixed(5)}`)));
}

function poll(one) {
  return h("div", { class: "poll" }, h("b", {}, one.question), h("small", {}, word("poll")),
    ...one.options.map((option) => h("div", { class: "option" }, h("i", {}), option.text)));
}
