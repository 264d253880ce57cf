// What the page says, in Russian and English.

import { recall, remember } from "../shared/kept.js";

const RU = {
  title: "Почта покупателей",
  about: "Пишите магазину от имени покупателей. Письма идут через настоящий почтовый канал по IMAP и SMTP, серверы свои, на этой машине.",
  inbox: "Окно оператора",
  language: "English",
  dark: "Тёмная тема",
  light: "Светлая тема",
  boxes: "Ящики",
  letters: "Письма",
  write: "Написать",
  noLetters: "Писем ещё нет. Напишите магазину, и хаб заберёт письмо через мгновение.",
  choose: "Выберите письмо слева или напишите новое.",
  noSubject: "Без темы",
  you: "Вы",
  back: "Назад",
  newLetter: "Новое письмо",
  to: "Кому",
  cc: "Копия",
  subject: "Тема",
  text: "Текст письма",
  attach: "Прикрепить файл",
  sample: "Готовое фото",
  takeAway: "Убрать",
  send: "Отправить",
  sending: "Отправляем…",
  discard: "Не отправлять",
  reply: "Ответить",
  replyAll: "Ответить всем",
  forward: "Переслать",
  forwarded: "Пересылаемое сообщение",
  from: "От кого",
  date: "Дата",
  showQuote: "Показать цитату",
  hideQuote: "Скрыть цитату",
  asHtml: "Как разметил автор",
  asText: "Простым текстом",
  unsubscribe: "Отписаться",
  automatic: "отправлено автоматически",
  files: "Вложения",
  unread: "не прочитано",
  sent: "Письмо отправлено",
  failed: "Не получилось",
  away: "Связь с хабом потеряна. Подключаемся…",
  wrote: (date, who) => `${date}, ${who}:`,
  tooBig: "Вложения вместе больше 10 МБ",
  bytes: ["Б", "КБ", "МБ"],
};

const EN = {
  title: "Customers' mail",
  about: "Write to the shop as its customers. Letters travel through the real e-mail channel by IMAP and SMTP; both servers are our own, on this machine.",
  inbox: "Operator's inbox",
  language: "Русский",
  dark: "Dark theme",
  light: "Light theme",
  boxes: "Mailboxes",
  letters: "Letters",
  write: "Write",
  noLetters: "No letters yet. Write to the shop: the hub fetches the letter within a moment.",
  choose: "Choose a letter on the left, or write a new one.",
  noSubject: "No subject",
  you: "You",
  back: "Back",
  newLetter: "New letter",
  to: "To",
  cc: "Cc",
  subject: "Subject",
  text: "Text of the letter",
  attach: "Attach a file",
  sample: "Sample photo",
  takeAway: "Take away",
  send: "Send",
  sending: "Sending…",
  discard: "Discard",
  reply: "Reply",
  replyAll: "Reply to all",
  forward: "Forward",
  forwarded: "Forwarded message",
  from: "From",
  date: "Date",
  showQuote: "Show the quotation",
  hideQuote: "Hide the quotation",
  asHtml: "As its author marked it",
  asText: "As plain text",
  unsubscribe: "Unsubscribe",
  automatic: "sent automatically",
  files: "Attachments",
  unread: "unread",
  sent: "The letter is sent",
  failed: "That did not work",
  away: "The hub cannot be reached. Connecting…",
  wrote: (date, who) => `On ${date}, ${who} wrote:`,
  tooBig: "The attachments are larger than 10 MB together",
  bytes: ["B", "KB", "MB"],
};

let language = recall("mail-language") ?? (navigator.language.startsWith("ru") ? "ru" : "en");

export const word = (key) => (language === "ru" ? RU : EN)[key];
export const locale = () => language;

export function setLanguage(next) {
  language = next;
  remember("mail-language", next);
}

export const shortTime = (seconds) => {
  const at = new Date(seconds * 1000);
  const today = at.toDateString() === new Date().toDateString();
  return at.toLocaleString(language, today ? { hour: "2-digit", minute: "2-digit" } : { day: "numeric", month: "short" });
};

export const longTime = (seconds) =>
  new Date(seconds * 1000).toLocaleString(language, { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });

export function size(bytes) {
  const power = bytes < 1024 ? 0 : bytes < 1024 ** 2 ? 1 : 2;
  const value = bytes / 1024 ** power;
  return `${value.toLocaleString(language, { maximumFractionDigits: power && value < 10 ? 1 : 0 })} ${word("bytes")[power]}`;
}
