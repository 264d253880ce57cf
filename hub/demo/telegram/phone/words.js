// What the page says, in Russian and English.

const RU = {
  title: "Телефон покупателя",
  about: "Здесь вы играете покупателей, которые пишут в Telegram магазина. Сообщения проходят через настоящий канал Telegram, только сервер Telegram свой, на этой машине: бот и токен выдуманы.",
  step1: "Выберите покупателя в телефоне и нажмите «Старт».",
  step2: "Напишите что-нибудь, пришлите фото, номер или место.",
  step3: "Ответьте ему в окне оператора: ответ придёт сюда.",
  inbox: "Открыть окно оператора",
  honest: "Настоящий Telegram отсюда не вызывается.",
  chats: "Чаты",
  linked: "Вы пришли по ссылке на бота. Кто её открыл?",
  language: "English",
  dark: "Тёмная тема",
  light: "Светлая тема",
  bot: "бот",
  youAre: "вы",
  typing: "печатает…",
  back: "К списку чатов",
  menu: "Меню чата",
  start: "Старт",
  startWith: "Старт по ссылке…",
  payload: "Что стоит в ссылке после ?start=",
  block: "Остановить и заблокировать",
  unblock: "Разблокировать",
  blocked: "Вы заблокировали бота.",
  message: "Сообщение",
  attach: "Прикрепить",
  send: "Отправить",
  showKeyboard: "Показать кнопки бота",
  hideKeyboard: "Скрыть кнопки бота",
  commands: "Команды бота",
  photo: "Фото или видео",
  sample: "Готовое фото",
  file: "Файл",
  voice: "Голосовое (звуковой файл)",
  ownContact: "Мой номер",
  otherContact: "Чужой контакт",
  location: "Место",
  name: "Имя",
  phone: "Телефон",
  latitude: "Широта",
  longitude: "Долгота",
  cancel: "Отмена",
  ok: "Хорошо",
  reply: "Ответить",
  edit: "Изменить",
  copy: "Копировать",
  forward: "Переслать боту",
  remove: "Удалить",
  actions: "Что сделать с сообщением",
  react: "Реакция",
  edited: "изменено",
  forwarded: "Переслано от",
  today: "Сегодня",
  empty: "Что умеет этот бот? Нажмите «Старт», и магазин узнает о вас.",
  noMessages: "Ещё не писал",
  shareContact: "Бот увидит ваш номер. Поделиться?",
  shareLocation: "Бот увидит ваше место. Поделиться?",
  share: "Поделиться",
  you: "Вы",
  sent: "Отправлено",
  seen: "Бот получил",
  poll: "Опрос",
  photoWord: "Фото",
  videoWord: "Видео",
  voiceWord: "Голосовое сообщение",
  stickerWord: "Стикер",
  locationWord: "Место",
  contactWord: "Контакт",
  away: "Связь с хабом потеряна. Подключаемся…",
  failed: "Не получилось",
  scrollDown: "К последним сообщениям",
  unsupported: "Этот вид сообщения телефон не показывает",
};

const EN = {
  title: "A customer's phone",
  about: "Here you play customers who write to the shop in Telegram. Messages travel through the real Telegram channel; only Telegram's server is our own, on this machine: the bot and its token are made up.",
  step1: "Pick a customer on the phone and press Start.",
  step2: "Write something, send a photo, a number or a place.",
  step3: "Answer in the operator's inbox: the answer arrives here.",
  inbox: "Open the operator's inbox",
  honest: "The real Telegram is never called from here.",
  chats: "Chats",
  linked: "You have followed a link to the bot. Who opens it?",
  language: "Русский",
  dark: "Dark theme",
  light: "Light theme",
  bot: "bot",
  youAre: "you are",
  typing: "typing…",
  back: "Back to the chats",
  menu: "Menu of the chat",
  start: "Start",
  startWith: "Start by a link…",
  payload: "What the link says after ?start=",
  block: "Stop and block",
  unblock: "Unblock",
  blocked: "You have blocked the bot.",
  message: "Message",
  attach: "Attach",
  send: "Send",
  showKeyboard: "Show the bot's buttons",
  hideKeyboard: "Hide the bot's buttons",
  commands: "Commands of the bot",
  photo: "Photo or video",
  sample: "Sample photo",
  file: "File",
  voice: "Voice (an audio file)",
  ownContact: "My number",
  otherContact: "Somebody's contact",
  location: "Place",
  name: "Name",
  phone: "Phone",
  latitude: "Latitude",
  longitude: "Longitude",
  cancel: "Cancel",
  ok: "OK",
  reply: "Reply",
  edit: "Edit",
  copy: "Copy",
  forward: "Forward to the bot",
  remove: "Delete",
  actions: "What to do with the message",
  react: "Reaction",
  edited: "edited",
  forwarded: "Forwarded from",
  today: "Today",
  empty: "What can this bot do? Press Start, and the shop will know of you.",
  noMessages: "Has not written yet",
  shareContact: "The bot will see your number. Share it?",
  shareLocation: "The bot will see your place. Share it?",
  share: "Share",
  you: "You",
  sent: "Sent",
  seen: "The bot has it",
  poll: "Poll",
  photoWord: "Photo",
  videoWord: "Video",
  voiceWord: "Voice message",
  stickerWord: "Sticker",
  locationWord: "Place",
  contactWord: "Contact",
  away: "The hub cannot be reached. Connecting…",
  failed: "That did not work",
  scrollDown: "To the newest messages",
  unsupported: "The phone does not show this kind of message",
};

const stored = (key) => {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is switched off
  }
};

export function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // storage is switched off: the choice lasts as long as the page
  }
}

export const recall = stored;

let language = stored("phone-language") ?? (navigator.language.startsWith("ru") ? "ru" : "en");

export const word = (key) => (language === "ru" ? RU : EN)[key];
export const locale = () => language;

export function setLanguage(next) {
  language = next;
  remember("phone-language", next);
}
