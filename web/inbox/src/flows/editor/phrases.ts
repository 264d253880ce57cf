/** What the editor itself says, in Russian; English is its own. */
import type { Locale } from "@/i18n";

const RUSSIAN = {
  Find: "Найти",
  Replace: "Заменить на",
  next: "дальше",
  previous: "назад",
  all: "все",
  "match case": "с учётом регистра",
  regexp: "рег. выражение",
  "by word": "слово целиком",
  replace: "заменить",
  "replace all": "заменить все",
  close: "закрыть",
  "Go to line": "Перейти к строке",
  go: "перейти",
  Completions: "Подсказки",
  Diagnostics: "Замечания",
  "No diagnostics": "Замечаний нет",
  "replaced $ matches": "заменено: $",
  "replaced match on line $": "заменено в строке $",
  "on line": "в строке",
  "current match": "найдено",
  "$ unchanged lines": "строк без изменений: $",
  "Revert this chunk": "Взять отсюда",
};

export function phrasesOf(locale: Locale): Record<string, string> {
  return locale === "ru" ? RUSSIAN : { "Revert this chunk": "Take this part" };
}
