"""Phrases: every sentence the engine itself says, in each language it speaks; the authors' texts are in the flows."""

from enum import StrEnum
from typing import NamedTuple

LANGUAGES = ("ru", "en")


class Phrase(StrEnum):
    """A sentence by its meaning. The value is the stable code under which a refused answer is reported."""

    # Buttons.
    SKIP = "skip"
    DONE = "done"
    BACK = "back"
    YES = "yes"
    NO = "no"
    NEXT_PAGE = "next_page"
    PREVIOUS_PAGE = "previous_page"
    SHARE_PHONE = "share_phone"
    SHARE_LOCATION = "share_location"
    TODAY = "today"
    TOMORROW = "tomorrow"
    IN_A_WEEK = "in_a_week"

    # How to answer.
    BY_NUMBER = "by_number"
    BY_NUMBERS = "by_numbers"
    BY_NUMBERS_MAX = "by_numbers_max"
    BY_YES_NO = "by_yes_no"
    TICK_AND_DONE = "tick_and_done"
    TYPE_TO_SEARCH = "type_to_search"
    DASH_SKIPS = "dash_skips"
    SCALE = "scale"
    MORE_AT = "more_at"
    SEND_FILES = "send_files"
    ANSWER_EACH = "answer_each"
    EXAMPLE = "example"

    # What was understood.
    CONFIRM = "confirm"
    NOTED = "noted"
    ALREADY_NOTED = "already_noted"
    ALREADY_ANSWERED = "already_answered"
    CHANGE = "change"
    ASK_ONCE_MORE = "ask_once_more"

    # The course of a session.
    NEEDS_AN_ANSWER = "needs_an_answer"
    NOTHING_BEFORE = "nothing_before"
    RESTARTED = "restarted"
    STOPPED = "stopped"
    RESUMED = "resumed"
    REMINDER = "reminder"
    TO_A_PERSON = "to_a_person"
    TO_A_PERSON_LATER = "to_a_person_later"
    COULD_NOT_READ = "could_not_read"
    FINISHED = "finished"
    REFUSED = "refused"
    OVER = "over"

    # Why an answer was not taken: any type.
    EMPTY = "empty"
    WRONG_KIND = "wrong_kind"
    WORDS_NEEDED = "words_needed"
    NAME_NEEDED = "name_needed"
    TOO_LONG = "too_long"
    TOO_SHORT = "too_short"

    # Numbers and ratings.
    NOT_A_NUMBER = "not_a_number"
    NOT_ONE_NUMBER = "not_one_number"
    SEVERAL_NUMBERS = "several_numbers"
    NUMBER_TOO_SMALL = "number_too_small"
    NUMBER_TOO_BIG = "number_too_big"
    NUMBER_TOO_LONG = "number_too_long"
    NOT_A_RATING = "not_a_rating"
    RATING_OUTSIDE = "rating_outside"

    # Dates.
    NOT_A_DATE = "not_a_date"
    NO_SUCH_DATE = "no_such_date"
    DAY_MISSING = "day_missing"
    SEVERAL_DATES = "several_dates"
    DATE_TOO_EARLY = "date_too_early"
    DATE_TOO_LATE = "date_too_late"

    # Phones and e-mail.
    NOT_A_PHONE = "not_a_phone"
    NO_SUCH_PHONE = "no_such_phone"
    SEVERAL_PHONES = "several_phones"
    NOT_AN_EMAIL = "not_an_email"
    SEVERAL_EMAILS = "several_emails"

    # Choices.
    NOT_YES_OR_NO = "not_yes_or_no"
    NO_SUCH_OPTION = "no_such_option"
    NO_SUCH_OPTION_NUMBER = "no_such_option_number"
    SEVERAL_OPTIONS_FIT = "several_options_fit"
    ONE_OPTION_ONLY = "one_option_only"
    TOO_MANY_OPTIONS = "too_many_options"
    OPTION_STANDS_ALONE = "option_stands_alone"

    # Files and places.
    NO_FILE = "no_file"
    FILE_KIND = "file_kind"
    TOO_MANY_FILES = "too_many_files"
    NOT_A_LOCATION = "not_a_location"


class Text(NamedTuple):
    """One phrase in every language of `LANGUAGES`."""

    ru: str
    en: str


TEXTS: dict[Phrase, Text] = {
    Phrase.SKIP: Text("Пропустить", "Skip"),
    Phrase.DONE: Text("Готово", "Done"),
    Phrase.BACK: Text("Назад", "Back"),
    Phrase.YES: Text("Да", "Yes"),
    Phrase.NO: Text("Нет", "No"),
    Phrase.NEXT_PAGE: Text("Ещё →", "More →"),
    Phrase.PREVIOUS_PAGE: Text("← Раньше", "← Earlier"),
    Phrase.SHARE_PHONE: Text("Отправить мой номер", "Share my number"),
    Phrase.SHARE_LOCATION: Text("Отправить моё местоположение", "Share my location"),
    Phrase.TODAY: Text("Сегодня", "Today"),
    Phrase.TOMORROW: Text("Завтра", "Tomorrow"),
    Phrase.IN_A_WEEK: Text("Через неделю", "In a week"),
    Phrase.BY_NUMBER: Text("Ответьте номером.", "Reply with a number."),
    Phrase.BY_NUMBERS: Text(
        "Ответьте номером (можно несколько через запятую).", "Reply with a number (several by commas)."
    ),
    Phrase.BY_NUMBERS_MAX: Text(
        "Ответьте номером (можно несколько через запятую, не больше {max}).",
        "Reply with a number (several by commas, at most {max}).",
    ),
    Phrase.BY_YES_NO: Text("Ответьте «да» или «нет».", "Reply “yes” or “no”."),
    Phrase.TICK_AND_DONE: Text("Отметьте подходящее и нажмите «Готово».", "Tick what fits, then press “Done”."),
    Phrase.TYPE_TO_SEARCH: Text(
        "Или напишите первые буквы названия.", "Or type the first letters of the one you look for."
    ),
    Phrase.DASH_SKIPS: Text("Чтобы пропустить, ответьте «-».", "To skip, reply with “-”."),
    Phrase.SCALE: Text("Число от {min} до {max}.", "A number from {min} to {max}."),
    Phrase.MORE_AT: Text("Подробнее: {link}", "Read more: {link}"),
    Phrase.SEND_FILES: Text("Подходят файлы: {accept}.", "These files are fine: {accept}."),
    Phrase.ANSWER_EACH: Text(
        "Ответьте на это письмо: номер вопроса и ответ, каждый с новой строки.",
        "Reply to this e-mail: the question's number and your answer, each on a line of its own.",
    ),
    Phrase.EXAMPLE: Text("Например: {example}", "For example: {example}"),
    Phrase.CONFIRM: Text("Правильно понимаю: {value}?", "I understood {value}. Right?"),
    Phrase.NOTED: Text("Записано: {value}.", "Noted: {value}."),
    Phrase.ALREADY_NOTED: Text("Этот ответ уже записан.", "This answer is already noted."),
    Phrase.ALREADY_ANSWERED: Text("Уже отвечено: {value}. Изменить?", "Already answered: {value}. Change?"),
    Phrase.CHANGE: Text("Изменить", "Change"),
    Phrase.ASK_ONCE_MORE: Text("Тогда напишите, пожалуйста, ещё раз.", "Then please write it once more."),
    Phrase.NEEDS_AN_ANSWER: Text("На этот вопрос нужен ответ.", "This question needs an answer."),
    Phrase.NOTHING_BEFORE: Text("Это первый вопрос: возвращаться некуда.", "This is the first question: no way back."),
    Phrase.RESTARTED: Text("Начинаем сначала.", "We start again."),
    Phrase.STOPPED: Text("Хорошо, больше не пишем.", "All right, we will not write any more."),
    Phrase.RESUMED: Text("Продолжим.", "Let us go on."),
    Phrase.REMINDER: Text("Остался неотвеченный вопрос:", "One question is still open:"),
    Phrase.TO_A_PERSON: Text(
        "Передаём разговор сотруднику: он ответит здесь.", "A colleague takes over and will answer here."
    ),
    Phrase.TO_A_PERSON_LATER: Text(
        "Сейчас все заняты или отдыхают. Сотрудник ответит здесь, как только сможет.",
        "Nobody is on duty right now. A colleague will answer here as soon as possible.",
    ),
    Phrase.COULD_NOT_READ: Text("Не получилось понять ответ.", "The answer could not be understood."),
    Phrase.FINISHED: Text("Спасибо за ответы!", "Thank you for your answers!"),
    Phrase.REFUSED: Text("Понимаем. Ответы не сохраняем.", "Understood. Your answers are not kept."),
    Phrase.OVER: Text("Эти вопросы уже закончены.", "These questions are over already."),
    Phrase.EMPTY: Text("Ответ пустой.", "The answer is empty."),
    Phrase.WRONG_KIND: Text("Такой ответ здесь не подходит.", "This kind of answer does not fit here."),
    Phrase.WORDS_NEEDED: Text(
        "Файл или голос здесь не прочесть: напишите, пожалуйста, словами.",
        "A file or a voice message cannot be read here: please write the answer.",
    ),
    Phrase.NAME_NEEDED: Text("Напишите, пожалуйста, имя.", "Please write your name."),
    Phrase.TOO_LONG: Text("Слишком длинно: не больше {max} знаков.", "Too long: at most {max} characters."),
    Phrase.TOO_SHORT: Text("Слишком коротко: не меньше {min} знаков.", "Too short: at least {min} characters."),
    Phrase.NOT_A_NUMBER: Text("Нужно число.", "A number is needed."),
    Phrase.NOT_ONE_NUMBER: Text("Нужно одно число, а не промежуток.", "One number is needed, not a range."),
    Phrase.SEVERAL_NUMBERS: Text("Здесь несколько чисел, а нужно одно.", "These are several numbers; one is needed."),
    Phrase.NUMBER_TOO_SMALL: Text("Число должно быть не меньше {min}.", "The number must be at least {min}."),
    Phrase.NUMBER_TOO_BIG: Text("Число должно быть не больше {max}.", "The number must be at most {max}."),
    Phrase.NUMBER_TOO_LONG: Text("Слишком много цифр в числе.", "The number has too many digits."),
    Phrase.NOT_A_RATING: Text(
        "Нужна оценка: целое число от {min} до {max}.", "A rating is needed: a whole number from {min} to {max}."
    ),
    Phrase.RATING_OUTSIDE: Text("Оценка должна быть от {min} до {max}.", "The rating must be from {min} to {max}."),
    Phrase.NOT_A_DATE: Text("Нужна дата.", "A date is needed."),
    Phrase.NO_SUCH_DATE: Text("Такой даты нет в календаре.", "There is no such date."),
    Phrase.DAY_MISSING: Text("Назовите, пожалуйста, точный день.", "Please name the exact day."),
    Phrase.SEVERAL_DATES: Text("Здесь несколько дат, а нужна одна.", "These are several dates; one is needed."),
    Phrase.DATE_TOO_EARLY: Text(
        "Получилось {value}, а дата должна быть не раньше {min}.",
        "That is {value}; the date must not be before {min}.",
    ),
    Phrase.DATE_TOO_LATE: Text(
        "Получилось {value}, а дата должна быть не позже {max}.", "That is {value}; the date must not be after {max}."
    ),
    Phrase.NOT_A_PHONE: Text("Нужен номер телефона.", "A phone number is needed."),
    Phrase.NO_SUCH_PHONE: Text(
        "Такого номера не бывает: проверьте цифры и код страны.",
        "No such number exists: please check the digits and the country code.",
    ),
    Phrase.SEVERAL_PHONES: Text(
        "Здесь несколько номеров: {values}. Какой из них записать?",
        "These are several numbers: {values}. Which one shall we note?",
    ),
    Phrase.NOT_AN_EMAIL: Text("Нужен адрес электронной почты.", "An e-mail address is needed."),
    Phrase.SEVERAL_EMAILS: Text(
        "Здесь несколько адресов: {values}. Какой из них записать?",
        "These are several addresses: {values}. Which one shall we note?",
    ),
    Phrase.NOT_YES_OR_NO: Text("Нужно «да» или «нет».", "“Yes” or “no” is needed."),
    Phrase.NO_SUCH_OPTION: Text("Такого варианта нет.", "There is no such option."),
    Phrase.NO_SUCH_OPTION_NUMBER: Text("Номер должен быть от 1 до {count}.", "The number must be from 1 to {count}."),
    Phrase.SEVERAL_OPTIONS_FIT: Text("Подходит несколько: {labels}. Какой?", "Several fit: {labels}. Which one?"),
    Phrase.ONE_OPTION_ONLY: Text("Выберите один вариант.", "Please choose one option."),
    Phrase.TOO_MANY_OPTIONS: Text("Можно выбрать не больше {max}.", "You can choose at most {max}."),
    Phrase.OPTION_STANDS_ALONE: Text(
        "«{label}» нельзя выбрать вместе с другими.", "“{label}” cannot be chosen together with others."
    ),
    Phrase.NO_FILE: Text("Пришлите, пожалуйста, файл.", "Please send a file."),
    Phrase.FILE_KIND: Text(
        "Такой файл не подойдёт. Подходят: {accept}.", "This file does not fit. Fine are: {accept}."
    ),
    Phrase.TOO_MANY_FILES: Text("Можно прислать не больше {max} файлов.", "You can send at most {max} files."),
    Phrase.NOT_A_LOCATION: Text("Нужен адрес или точка на карте.", "An address or a point on the map is needed."),
}

EXAMPLES: dict[str, Text] = {
    "consent": Text("да", "yes"),
    "yesno": Text("да", "yes"),
    "choice": Text("1", "1"),
    "choices": Text("1, 2", "1, 2"),
    "number": Text("1500 или 12 тыс.", "1500 or 12 thousand"),
    "rating": Text("8", "8"),
    "date": Text("15.12.2026 или «через неделю»", "15 December 2026 or “in a week”"),
    "phone": Text("+7 912 345-67-89", "+7 912 345 67 89"),
    "email": Text("name@example.org", "name@example.org"),
    "text": Text("несколько слов", "a few words"),
    "file": Text("документ или фотография", "a document or a photo"),
    "location": Text("город, улица, дом", "city, street, house"),
}
"""What the second re-ask shows, by the type of the question."""


def phrase(code: Phrase, lang: str, **values: object) -> str:
    """The sentence in `lang`; English for a language the engine does not speak (a check warns of those)."""
    text = TEXTS[code]
    return (text.ru if lang == "ru" else text.en).format(**values)


def example(kind: str, lang: str) -> str:
    """A whole sentence with a good answer to a question of type `kind`, for the second re-ask."""
    shown = EXAMPLES[kind]
    return phrase(Phrase.EXAMPLE, lang, example=shown.ru if lang == "ru" else shown.en)
