/** Every word the widget says, in each language, and how it writes times and sizes. */

const en = {
  chat: "Chat",
  open: "Open chat",
  close: "Close chat",
  unread: "new",
  online: "We are online",
  away: "We are away and answer later",
  hello: "How can we help?",
  helloMore: "Write, the answer comes here.",
  log: "Messages",
  you: "You",
  bot: "Assistant",
  operator: "Operator",
  write: "Write a message…",
  send: "Send",
  attach: "Attach files",
  drop: "Drop files here",
  remove: "Remove",
  limits: (size: string) => `Up to 10 files of ${size} each.`,
  notUploaded: "Not uploaded",
  empty_file: "The file is empty",
  rate: "Too many files",
  left: "Characters left:",
  sending: "Sending…",
  later: "Goes out when you are online",
  soon: (seconds: number) => `Goes out in ${seconds} s`,
  sent: "Sent",
  read: "Read",
  failed: "Not sent.",
  retry: "Retry",
  too_long: "The text is too long.",
  attachment_unknown: "A file is gone.",
  typing: "is typing…",
  lost: "No connection. Trying again…",
  barred: "The chat is not available here.",
  first: "Tell us a little about you first.",
  firstAway: "Leave a message, we will answer.",
  message: "Your message",
  start: "Start the chat",
  optional: "optional",
  need: "Please fill this in.",
  invalid: "Please check this.",
  email: "For example name@example.com.",
  phone: "7 to 15 digits.",
  newer: "New messages",
  place: "Share my location",
};

export type Words = typeof en;

const ru: Words = {
  chat: "Чат",
  open: "Открыть чат",
  close: "Закрыть чат",
  unread: "новых",
  online: "Мы на связи",
  away: "Сейчас нас нет, ответим позже",
  hello: "Чем помочь?",
  helloMore: "Напишите нам, ответ придёт сюда.",
  log: "Сообщения",
  you: "Вы",
  bot: "Помощник",
  operator: "Оператор",
  write: "Напишите сообщение…",
  send: "Отправить",
  attach: "Прикрепить файлы",
  drop: "Отпустите файлы здесь",
  remove: "Убрать",
  limits: (size) => `До 10 файлов, каждый до ${size}.`,
  notUploaded: "Не загружен",
  empty_file: "Файл пуст",
  rate: "Слишком много файлов",
  left: "Осталось символов:",
  sending: "Отправляется…",
  later: "Отправим при связи",
  soon: (seconds) => `Отправим через ${seconds} с`,
  sent: "Отправлено",
  read: "Прочитано",
  failed: "Не отправлено.",
  retry: "Повторить",
  too_long: "Текст слишком длинный.",
  attachment_unknown: "Файла больше нет.",
  typing: "печатает…",
  lost: "Нет связи. Пробуем снова…",
  barred: "Здесь чат недоступен.",
  first: "Сначала немного о вас.",
  firstAway: "Оставьте сообщение, и мы ответим.",
  message: "Ваше сообщение",
  start: "Начать чат",
  optional: "необязательно",
  need: "Заполните это поле.",
  invalid: "Проверьте это поле.",
  email: "Например, name@example.com.",
  phone: "От 7 до 15 цифр.",
  newer: "Новые сообщения",
  place: "Отправить моё место",
};

export type Locale = "en" | "ru";
export const tables: Record<Locale, Words> = { en, ru };

/** The first of the language tags we speak; English if none. */
export function pickLocale(tags: readonly (string | null | undefined)[]): Locale {
  const found = tags.map((tag) => tag?.slice(0, 2).toLowerCase()).find((tag) => tag === "ru" || tag === "en");
  return (found as Locale | undefined) ?? "en";
}

export function fileSize(bytes: number, locale: Locale): string {
  const [unit, divisor] = bytes < 1e6 ? ["kilobyte", 1e3] : ["megabyte", 1e6];
  return new Intl.NumberFormat(locale, { style: "unit", unit: unit as string, maximumFractionDigits: 1 }).format(
    bytes / (divisor as number),
  );
}

export function clock(at: string, locale: Locale): string {
  return new Date(at).toLocaleTimeString(locale, { timeStyle: "short" });
}

/** "today", "yesterday", or the date. */
export function dayMark(at: string, now: number, locale: Locale): string {
  const days = Math.round((new Date(now).setHours(0, 0, 0, 0) - new Date(at).setHours(0, 0, 0, 0)) / 864e5);
  if (days < 2) return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(-days, "day");
  return new Date(at).toLocaleDateString(locale, { dateStyle: "long" });
}
