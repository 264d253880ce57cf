/**
 * What the hub refuses, in Russian, by the problem's stable `code`. The hub's own sentence is the English one, and what a code
 * without an entry is shown as: it may name things that only the hub knows.
 */
export const russianRefusals: Record<string, string> = {
  attachment_unknown: "Одного из файлов больше нет. Прикрепите его ещё раз.",
  changed_meanwhile: "Кто-то уже изменил это. Откройте ещё раз и повторите изменение.",
  email_taken: "На этот адрес уже есть учётная запись.",
  empty: "Напишите что-нибудь или прикрепите файл.",
  empty_file: "Файл пуст.",
  expires_in_the_past: "Срок токена уже прошёл бы.",
  internal: "В хабе произошла ошибка. Сообщите администратору: подробности в журнале.",
  no_bot: "У этого канала нет бота. Верните разговор в очередь.",
  no_snippet: "На страницу ставится только чат для сайта.",
  nobody_named: "Укажите оператора или команду.",
  not_allowed: "Ваша роль этого не позволяет.",
  not_found: "Этого больше нет.",
  not_in_future: "Это время уже прошло.",
  not_outgoing: "Повторить можно только сообщение клиенту.",
  operator_unknown: "Такого сотрудника в проекте нет.",
  password_common: "Этот пароль легко угадать. Выберите другой.",
  password_length: "Пароль слишком короткий или слишком длинный.",
  still_unreadable: "Прочитать теперь можно, а сохранить нет. Событие осталось в отложенных.",
  team_unknown: "Такой команды в проекте нет.",
  too_many_attempts: "Слишком много запросов. Подождите немного.",
  too_many_tokens: "Токенов слишком много. Удалите лишние.",
  totp_changed: "Это уже начали в другом браузере. Начните заново.",
  totp_on: "Второй фактор включён. Сначала выключите его.",
  unavailable: "Хаб сейчас не может ничего сохранить. Попробуйте через несколько секунд.",
  wrong_code: "Код не подошёл. Проверьте часы телефона и введите следующий.",
  wrong_password: "Текущий пароль неверен.",
};
