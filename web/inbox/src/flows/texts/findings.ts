/**
 * What a check finds, in Russian, by the finding's stable `code`. The hub's own sentence is the English one; the names it
 * puts in backquotes stand here as `{0}`, `{1}` in their order. A code without an entry is shown as the hub says it.
 */
import type { Problem } from "@/flows/types";
import type { Locale } from "@/i18n";

const SENTENCES: Record<string, string> = {
  after_without_start: "`after` откладывает `start`, а его здесь нет.",
  alias: "Ссылки вида `*name` не читаются.",
  anchor: "Якоря вида `&name` не читаются.",
  bad_character: "Такого знака в YAML быть не может.",
  bad_code: "`{0}` не годится в код варианта: нужны a-z, 0-9 и _.",
  bad_id: "`{0}` не годится в имя.",
  bad_key: "Список или словарь не может быть ключом.",
  bad_name: "`{0}` не годится в имя.",
  bad_placeholder: "Фигурная скобка не закрыта.",
  button_too_long: "Подпись `{0}` не помещается на кнопку.",
  command_without_do: "Команда `{0}` ничего не делает.",
  duplicate_key: "Ключ `{0}` стоит дважды.",
  duplicate_text: "Такой же текст уже есть.",
  duplicate_word: "Слово `{0}` занято другой командой.",
  else_missing: "Последним исходом должен быть `else`.",
  empty: "Условие пустое.",
  empty_list: "`{0}` — пустой список.",
  empty_step: "Шаг пустой.",
  empty_text: "Здесь нужен текст.",
  faq_incomplete: "Записи `faq` нужны `words` и `say`.",
  key_not_for_type: "Ключ `{0}` этому типу вопроса не подходит.",
  label_is_command: "Подпись `{0}` — это слово команды.",
  max_above_options: "`max` больше числа вариантов.",
  min_above_max: "Начало диапазона больше конца.",
  missing_translation: "Нет перевода `{0}`.",
  name_missing: "У опроса нет имени.",
  name_taken: "Имя `{0}` занято.",
  nested_escalate: "`away` — это когда никого нет: передавать некому.",
  no_questions: "Опрос ни о чём не спрашивает.",
  not_a_list: "Файл должен быть списком.",
  not_a_mapping: "Файл должен состоять из строк `ключ: значение`.",
  not_allowed: "Этого в условиях нет.",
  options_missing: "У вопроса нет вариантов.",
  own_translation: "Это перевод на язык самого опроса.",
  range_missing: "Оценке нужна шкала.",
  reserved_code: "`{0}` не может быть кодом варианта.",
  reserved_id: "`{0}` — слово языка, имя нужно другое.",
  several_documents: "В файле один опрос.",
  start_word_is_command: "Слово `{0}` — уже команда.",
  start_word_is_label: "`{0}` — ещё и подпись варианта: пока вопрос открыт, это ответ.",
  synonym_clash: "Синоним `{0}` означает и другой вариант.",
  synonym_is_command: "Синоним `{0}` — это слово команды.",
  syntax: "Условие не читается.",
  tag: "Метки вида `!tag` не читаются.",
  too_deep: "Слишком глубокая вложенность.",
  too_large: "Файл слишком большой.",
  too_long: "Слишком длинно.",
  too_many_steps: "Слишком много шагов.",
  unknown_code: "Нет варианта `{0}`.",
  unknown_effect: "Нет действия `{0}`.",
  unknown_flow: "Нет опроса `{0}`.",
  unknown_id: "Нет вопроса `{0}`.",
  unknown_key: "Ключа `{0}` здесь нет.",
  unknown_language: "На языке `{0}` движок не говорит.",
  unknown_outcome: "Нет исхода `{0}`.",
  unknown_placeholder: "Нечего подставить вместо `{0}`.",
  unknown_translation: "В опросе нет текста `{0}`.",
  unknown_type: "Нет типа `{0}`.",
  unreachable_outcome: "До исхода `{0}` дело никогда не дойдёт.",
  use_cycle: "`use` ходит по кругу.",
  use_too_deep: "Опросы вложены слишком глубоко.",
  words_missing: "У `{0}` нет слов.",
  wrong_order: "Напоминания идут не по порядку.",
  wrong_value: "Здесь это значение не подходит.",
  yaml_syntax: "Это не YAML.",
};

const SUGGESTIONS: [RegExp, string][] = [
  [/^Did you mean (.+)\?$/, "Может быть, $1?"],
  [/^Write (`.+`), and last (`.+`)\.$/, "Напишите $1, последним $2."],
  [/^Write (`.+`)\.$/, "Напишите $1."],
  [/^Add (`.+`) at the end\.$/, "Добавьте $1 в конце."],
  [/^Add (`[^`]+`) to (\S+)\.$/, "Добавьте $1 в $2."],
  [/^Add (`.+`)\.$/, "Добавьте $1."],
  [/^Begin with (`.+`)\.$/, "Начните с $1."],
  [/^Remove (`.+`)\.$/, "Уберите $1."],
  [/^Remove it\b.*$/, "Уберите."],
  [/^The options are (.+)\.$/, "Есть: $1."],
  [/^One of:? (.+)\.$/, "Одно из: $1."],
  [/^Choose another.*$/, "Возьмите другое."],
  [/^Use a-z, 0-9 and _\.$/, "Только a-z, 0-9 и _."],
  [/^Check the indentation.*$/, "Проверьте отступы, двоеточия и кавычки рядом."],
  [/^Write what the contact reads\.$/, "Напишите, что прочтёт контакт."],
  [/^Give this one another id\.$/, "Дайте этому другой id."],
  [/^Say what is different.*$/, "Скажите, чем этот вопрос отличается."],
  [/^Word it differently.*$/, "Скажите иначе или смените слова команды."],
  [/^Shorten it.*$/, "Сократите: кириллическая буква считается за две."],
  [/^Move it up.*$/, "Поднимите его, измените условие или уберите."],
  [/^Write the smaller end first\.$/, "Сначала меньшее."],
  [/^Compare the brackets.*$/, "Сверьте скобки и знаки."],
  [/^Cut it\.$|^Split it.*$/, "Сократите или разделите."],
];

/** The finding in the language of the screen. */
export function wordsOf(problem: Problem, locale: Locale): { sentence: string; suggestion: string | null } {
  const { code, sentence, suggestion } = problem;
  if (locale !== "ru") return { sentence, suggestion };
  const names = [...sentence.matchAll(/`([^`]+)`|"([^"]*)"/g)].map((match) => match[1] ?? match[2] ?? "");
  const template = SENTENCES[code];
  const known = template && [...template.matchAll(/\{(\d)\}/g)].every((match) => names[Number(match[1])] !== undefined);
  return {
    sentence: known ? template.replace(/\{(\d)\}/g, (_, at: string) => names[Number(at)] ?? "") : sentence,
    suggestion: suggestion && suggested(suggestion),
  };
}

function suggested(suggestion: string): string {
  const found = SUGGESTIONS.find(([pattern]) => pattern.test(suggestion));
  return found ? suggestion.replace(found[0], found[1]) : suggestion;
}
