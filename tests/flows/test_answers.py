"""Reading answers: every type by its table of what people write, and properties that hold for whatever they write."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.answers import READERS, Context, NotUnderstood, Option, Understood, Unsure, read
from flows.answers.dates import show_date
from flows.answers.numbers import show_number
from flows.answers.reading import RAW_LIMIT
from flows.events import GivenFile
from flows.phrases import EXAMPLES, LANGUAGES, TEXTS, Phrase, example, phrase

WEDNESDAY_EVENING = datetime(2026, 11, 25, 20, tzinfo=UTC)
OPTIONS = (
    Option("phone", "Телефон"),
    Option("mail", "Почта", {"en": ["e-mail"], "ru": ["ящик"]}),
    Option("tg", "Telegram ✈️"),
    Option("wire", "Телеграмма"),
    Option("crm", "CRM и ERP"),
    Option("none", "Ничем"),
)


def context(lang: str = "ru", **changes: Any) -> Context:
    """A contact in Moscow, late on Wednesday, 25 November 2026."""
    return replace(Context(now=WEDNESDAY_EVENING, lang=lang, zone="Europe/Moscow"), **changes)


def say(kind: str, text: Any, lang: str = "ru", **changes: Any) -> Any:
    """The value; `?value` as a pair when it must be confirmed; the code of a refusal as `Phrase`."""
    match read(kind, text, context(lang, **changes)):
        case Understood(value=value):
            return value
        case Unsure(value=value):
            return ("?", value)
        case NotUnderstood(code=code, sentence=sentence):
            assert sentence == sentence.strip() != ""
            return Phrase(code)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1 500,50", 1500.5),
        ("1\u00a0500\u2009000", 1_500_000),
        ("0500", 500),
        ("12 000 000", 12_000_000),
        ("5 и", 5),
        ("12 тыс", 12_000),
        ("12 тыс.", 12_000),
        ("12к", 12_000),
        ("1,5 млн", 1_500_000),
        ("1 млн 200 тыс. руб.", 1_200_000),
        ("полтора миллиона", 1_500_000),
        ("два с половиной миллиона", 2_500_000),
        ("полмиллиона", 500_000),
        ("тысяча", 1_000),
        ("сто двадцать пять тысяч", 125_000),
        ("двадцать пять", 25),
        ("3,2", 3.2),
        ("3.2", 3.2),
        ("0,123", 0.123),
        ("٣٫٥", 3.5),
        ("١٬٢٣٤", 1_234),
        ("１２３", 123),
        ("1.234", ("?", 1_234)),
        ("1,234", ("?", 1.234)),
        ("1.234,56", 1234.56),
        ("1,234.56", 1234.56),
        ("1.000.000", 1_000_000),
        ("1'500", 1_500),
        ("$500", 500),
        ("1 000 000 ₽", 1_000_000),
        ("500р", 500),
        ("12,5 %", 12.5),
        ("−5", -5),
        ("минус 5", -5),
        ("около 50", 50),
        ("40 штатных сотрудников", 40),
        ("у нас 40 сотрудников", ("?", 40)),
        ("50?", ("?", 50)),
        ("не 5", ("?", 5)),
        ("10-20", Phrase.NOT_ONE_NUMBER),
        ("от 5 до 10", Phrase.NOT_ONE_NUMBER),
        ("больше 100", Phrase.NOT_ONE_NUMBER),
        ("100+", Phrase.NOT_ONE_NUMBER),
        ("5 или 6", Phrase.NOT_ONE_NUMBER),
        ("15 20", Phrase.SEVERAL_NUMBERS),
        ("5 человек и 3 филиала", Phrase.SEVERAL_NUMBERS),
        ("пять двадцать", Phrase.SEVERAL_NUMBERS),
        ("12,34,56", Phrase.NOT_A_NUMBER),
        ("15.12.2026", Phrase.NOT_A_NUMBER),
        (".5", 0.5),
        ("50 тр", 50_000),
        ("нас двое", 2),
        ("десяток", 10),
        ("пара десятков", Phrase.NOT_A_NUMBER),
        ("три-четыре", Phrase.NOT_ONE_NUMBER),
        ("Итого - 5", 5),
        ("--5", ("?", 5)),
        ("5 с лишним", ("?", 5)),
        ("«5»", 5),
        ("12 и", 12),
        ("не знаю", Phrase.NOT_A_NUMBER),
        ("1234567890123456789", Phrase.NUMBER_TOO_LONG),
        ("  ", Phrase.EMPTY),
    ],
)
def test_a_number_is_read_as_russians_write_it(text: str, meant: object) -> None:
    """An ambiguous separator is asked about; a fraction is never swallowed; two numbers are not one."""
    assert say("number", text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1,234", ("?", 1_234)),
        ("1.234", ("?", 1.234)),
        ("1,234,567.89", 1_234_567.89),
        ("twenty-five", 25),
        ("two hundred and five", 205),
        ("a thousand", 1_000),
        ("2 hundred", 200),
        ("3 dozen", 36),
        ("a few hundred", Phrase.NOT_A_NUMBER),
        ("USD 5", 5),
        ("half a million", 500_000),
        ("1.5M", 1_500_000),
        ("about 50 people", 50),
        ("less than 5", Phrase.NOT_ONE_NUMBER),
        ("I don't know", Phrase.NOT_A_NUMBER),
    ],
)
def test_a_number_is_read_as_english_is_written(text: str, meant: object) -> None:
    """The same rules with English words."""
    assert say("number", text, "en") == meant


def test_limits_settle_an_ambiguous_number() -> None:
    """Where only one reading is allowed there is nothing to ask; a value outside says the limit."""
    assert say("number", "1,234", limits=(100, 100_000)) == 1_234
    assert say("number", "1.234", limits=(0, 10)) == 1.234
    assert say("number", "5", limits=(10, 20)) == Phrase.NUMBER_TOO_SMALL
    assert say("number", "5000", limits=(10, 20)) == Phrase.NUMBER_TOO_BIG
    refusal = read("number", "2000000", context("ru", limits=(1, 100_000)))
    assert isinstance(refusal, NotUnderstood)
    assert refusal.sentence == "Число должно быть не больше 100\u00a0000."


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("сегодня", "2026-11-25"),
        ("завтра", "2026-11-26"),
        ("Завтра утром", "2026-11-26"),
        ("завтра в 10", "2026-11-26"),
        ("послезавтра в 15:00", "2026-11-27"),
        ("вчера", "2026-11-24"),
        ("15.12", "2026-12-15"),
        ("15.12.2026", "2026-12-15"),
        ("15.12.26", "2026-12-15"),
        ("15 декабря 2026 г.", "2026-12-15"),
        ("15-го декабря", "2026-12-15"),
        ("к 15 декабря", "2026-12-15"),
        ("1 марта", "2027-03-01"),
        ("пятнадцатого декабря", "2026-12-15"),
        ("29 февраля", "2028-02-29"),
        ("2026-12-15", "2026-12-15"),
        ("2026-12-15T10:00:00Z", "2026-12-15"),
        ("через неделю", "2026-12-02"),
        ("через две недели", "2026-12-09"),
        ("через 3 месяца", "2027-02-25"),
        ("через полгода", "2027-05-25"),
        ("3 дня назад", "2026-11-22"),
        ("в пятницу", "2026-11-27"),
        ("пятница, 27 ноября", "2026-11-27"),
        ("пятница, 28 ноября", ("?", "2026-11-28")),
        ("следующий вторник", "2026-12-01"),
        ("в следующую пятницу", ("?", "2026-12-04")),
        ("в пятницу на следующей неделе", "2026-12-04"),
        ("в среду", ("?", "2026-11-25")),
        ("до 15 декабря", ("?", "2026-12-15")),
        ("через пару дней", ("?", "2026-11-27")),
        ("в конце года", ("?", "2026-12-31")),
        ("двадцать пятое декабря", "2026-12-25"),
        ("15 12 2026", "2026-12-15"),
        ("15 12", ("?", "2026-12-15")),
        ("15122026", ("?", "2026-12-15")),
        ("20261215", ("?", "2026-12-15")),
        ("конец декабря", ("?", "2026-12-31")),
        ("через полтора месяца", Phrase.NOT_A_DATE),
        ("через три-четыре дня", Phrase.NOT_A_DATE),
        ("завтра или в пятницу", Phrase.SEVERAL_DATES),
        ("25 декабря или позже", ("?", "2026-12-25")),
        ("в выходные", Phrase.DAY_MISSING),
        ("15 числа", "2026-12-15"),
        ("15", ("?", "2026-12-15")),
        ("31.02", Phrase.NO_SUCH_DATE),
        ("32 декабря", Phrase.NO_SUCH_DATE),
        ("в декабре", Phrase.DAY_MISSING),
        ("12.2026", Phrase.DAY_MISSING),
        ("на следующей неделе", Phrase.DAY_MISSING),
        ("15-20 декабря", Phrase.SEVERAL_DATES),
        ("с 15 по 20 декабря", Phrase.SEVERAL_DATES),
        ("завтра или послезавтра", Phrase.SEVERAL_DATES),
        ("не знаю", Phrase.NOT_A_DATE),
        ("через 999999999 лет", Phrase.NOT_A_DATE),
        ("99999999999999999999", Phrase.NOT_A_DATE),
    ],
)
def test_a_date_is_read_as_russians_write_it(text: str, meant: object) -> None:
    """Seen from the contact's own day, the nearest in the future; never a guessed day of a month."""
    assert say("date", text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("tomorrow at 5pm", "2026-11-26"),
        ("the day after tomorrow", "2026-11-27"),
        ("in two weeks", "2026-12-09"),
        ("two weeks from now", "2026-12-09"),
        ("in half a year", "2027-05-25"),
        ("a month ago", "2026-10-25"),
        ("this Friday", "2026-11-27"),
        ("next Friday", ("?", "2026-12-04")),
        ("Monday next week", "2026-11-30"),
        ("last Friday", "2026-11-20"),
        ("Dec 15th, 2026", "2026-12-15"),
        ("the 15th of December", "2026-12-15"),
        ("twenty-first of December", "2026-12-21"),
        ("May 5", "2027-05-05"),
        ("12/15/2026", "2026-12-15"),
        ("05/06/2027", ("?", "2027-06-05")),
        ("by December 15", ("?", "2026-12-15")),
        ("a week from Friday", Phrase.NOT_A_DATE),
        ("Mon or Tue", Phrase.SEVERAL_DATES),
        ("in May", Phrase.DAY_MISSING),
        ("next week", Phrase.DAY_MISSING),
    ],
)
def test_a_date_is_read_as_english_is_written(text: str, meant: object) -> None:
    """A slash date that two orders allow is asked about."""
    assert say("date", text, "en") == meant


def test_a_day_begins_where_the_contact_is() -> None:
    """At 23:00 in Moscow it is the next day in Vladivostok; an unknown zone is UTC."""
    assert say("date", "завтра", zone="Europe/Moscow") == "2026-11-26"
    assert say("date", "завтра", zone="Asia/Vladivostok") == "2026-11-27"
    assert say("date", "завтра", zone="No/Where") == "2026-11-26"


def test_limits_choose_the_year_of_a_date() -> None:
    """The next one ahead, unless only the past is allowed; a date outside says which one was understood."""
    assert say("date", "15.12", limits=(None, date(2026, 11, 25))) == "2025-12-15"
    assert say("date", "15.12", limits=(date(2027, 1, 1), None)) == "2027-12-15"
    assert say("date", "05/06/2027", "en", limits=(date(2027, 6, 1), None)) == "2027-06-05"
    refusal = read("date", "вчера", context(limits=(date(2026, 11, 25), None)))
    assert isinstance(refusal, NotUnderstood)
    assert "24 ноября 2026" in refusal.sentence
    assert "25 ноября 2026" in refusal.sentence


def test_a_date_in_another_language_is_confirmed() -> None:
    """A flow may be translated into a language without rules of our own; one that nobody knows is no error."""
    assert say("date", "15 Dezember 2026", "de") == ("?", "2026-12-15")
    assert say("date", "15 décembre", "fr") == ("?", "2026-12-15")
    assert say("date", "15 Dezember 2026", "xx") == Phrase.NOT_A_DATE


def test_a_date_in_america_has_its_month_first() -> None:
    """The likelier order is offered first, and still asked about."""
    assert say("date", "05/06/2027", "en", region="US") == ("?", "2027-05-06")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("+7 912 345-67-89", "+79123456789"),
        ("8 (912) 345 67 89", "+79123456789"),
        ("9123456789", "+79123456789"),
        ("79123456789", "+79123456789"),
        ("мой номер 8-912-345-67-89, звоните", "+79123456789"),
        ("+1 650 253 0000", "+16502530000"),
        ("8 495 123-45-67 доб. 12", "+74951234567;ext=12"),
        ("380501234567", ("?", "+380501234567")),
        ("+7 912 345-67-89, 8 495 123-45-67", Phrase.SEVERAL_PHONES),
        ("+7 999 999 99 99 999", Phrase.NO_SUCH_PHONE),
        ("8 800 КУПИ ЭТО", Phrase.NOT_A_PHONE),
        ("нет", Phrase.NOT_A_PHONE),
    ],
)
def test_a_phone_is_stored_in_one_form(text: str, meant: object) -> None:
    """E.164, with the project's country as default; several numbers are asked about."""
    assert say("phone", text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a@example.org", "a@example.org"),
        ("A@Example.ORG", "A@example.org"),
        ("Sample Name <a@example.org>", "a@example.org"),
        ("mailto:a@example.org.", "a@example.org"),
        ("info@пример.рф", "info@xn--e1afmkfd.xn--p1ai"),
        ("me@gmail,com", ("?", "me@gmail.com")),
        ("me@gmial.com", ("?", "me@gmail.com")),
        ("a @ example.org", ("?", "a@example.org")),
        ("a b@example.org", ("?", "b@example.org")),
        ("me@example com", ("?", "me@example.com")),
        ("a собака example точка org", ("?", "a@example.org")),
        ("a@@example.org", ("?", "a@example.org")),
        ("me@ex\u0430mple.org", ("?", "me@example.org")),
        (".a@example.org", ("?", "a@example.org")),
        ("a@example.org спасибо", "a@example.org"),
        ("a@example.org, b@example.org", Phrase.SEVERAL_EMAILS),
        ("gmail,com", Phrase.NOT_AN_EMAIL),
        ("a@b", Phrase.NOT_AN_EMAIL),
        ("нет почты", Phrase.NOT_AN_EMAIL),
        ("a@" + "x" * 400 + ".org", Phrase.NOT_AN_EMAIL),
    ],
)
def test_an_email_is_read_and_slips_are_asked_about(text: str, meant: object) -> None:
    """One spelling of an address; an obvious slip is mended only with a question."""
    assert say("email", text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *[
            (text, True)
            for text in (
                "да",
                "Ага!",
                "ДА!!!",
                "Да, конечно",
                "yep",
                "Yes please",
                "👍",
                "👍🏽",
                "да 👍",
                "1",
                "+",
                "ну да",
                "почему бы и нет",
            )
        ],
        *[
            (text, False)
            for text in (
                "нет",
                "неа",
                "Нет, спасибо",
                "nope",
                "No thanks",
                "👎",
                "2",
                "-",
                "не согласен",
                "конечно нет",
            )
        ],
        *[
            (text, Phrase.NOT_YES_OR_NO)
            for text in ("не знаю", "да нет", "нет 👍", "👍👎", "возможно", "да?", "maybe", "не", "3", "?", "да " * 40)
        ],
        (True, True),
        ("", Phrase.EMPTY),
    ],
)
def test_yes_and_no_are_never_guessed(text: object, meant: object) -> None:
    """What is neither is refused; what is both too."""
    assert say("yesno", text) == meant
    assert say("consent", text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1", "phone"),
        ("2.", "mail"),
        ("№3", "tg"),
        ("1-й", "phone"),
        ("вариант 2", "mail"),
        ("телефон", "phone"),
        ("ПОЧТА!", "mail"),
        ("ящик", "mail"),
        ("E-Mail", "mail"),
        ("telegram", "tg"),
        ("3. Telegram", "tg"),
        ("телеф", "phone"),
        ("CRM", "crm"),
        ("crm и erp", "crm"),
        ("тел", Phrase.SEVERAL_OPTIONS_FIT),
        ("1,3", Phrase.ONE_OPTION_ONLY),
        ("crm и почта", Phrase.ONE_OPTION_ONLY),
        ("7", Phrase.NO_SUCH_OPTION_NUMBER),
        ("0", Phrase.NO_SUCH_OPTION_NUMBER),
        ("голубь", Phrase.NO_SUCH_OPTION),
        ("т", Phrase.NO_SUCH_OPTION),
        (["phone"], "phone"),
        (["phone", "mail"], Phrase.ONE_OPTION_ONLY),
        ([], Phrase.EMPTY),
    ],
)
def test_a_choice_is_read_by_any_name_that_one_option_has(text: object, meant: object) -> None:
    """Number, label, synonym, code, a beginning; two that fit are never guessed at."""
    assert say("choice", text, options=OPTIONS) == meant


def test_a_label_that_is_another_options_number_is_asked_about() -> None:
    """With the options 2, 3 and 5, a typed `2` may be the label or the second button."""
    options = (Option("two", "2"), Option("three", "3"), Option("five", "5"))
    assert say("choice", "2", options=options) == ("?", "two")
    assert say("choice", "5", options=options) == "five"
    assert say("choice", ["two"], options=options) == "two"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1,3", ("phone", "tg")),
        ("3 и 1", ("phone", "tg")),
        ("1 3", ("phone", "tg")),
        ("1;2", ("phone", "mail")),
        ("телефон\nпочта", ("phone", "mail")),
        ("1, почта и telegram", ("phone", "mail", "tg")),
        ("CRM и ERP, почта", ("mail", "crm")),
        ("почта и CRM и ERP", ("mail", "crm")),
        ("6", ("none",)),
        (["crm", "phone"], ("phone", "crm")),
        ("1,6", Phrase.OPTION_STANDS_ALONE),
        ("все", Phrase.TOO_MANY_OPTIONS),
        ("1,2,3,4", Phrase.TOO_MANY_OPTIONS),
        ("1, голубь", Phrase.NO_SUCH_OPTION),
        ("1,9", Phrase.NO_SUCH_OPTION_NUMBER),
        ("почта, тел", Phrase.SEVERAL_OPTIONS_FIT),
    ],
)
def test_several_choices_are_read_from_a_list(text: object, meant: object) -> None:
    """In the order of the options, within `max` and `alone`; a label keeps its own `and`."""
    assert say("choices", text, options=OPTIONS, alone=["none"], max=3) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("8", 8),
        ("10/10", 10),
        ("8 из 10", 8),
        ("8!", 8),
        ("восемь", 8),
        ("⭐⭐⭐", 3),
        ("11", Phrase.RATING_OUTSIDE),
        ("8/5", Phrase.NOT_A_RATING),
        ("7,5", Phrase.NOT_A_RATING),
        ("7-8", Phrase.NOT_ONE_NUMBER),
        ("отлично", Phrase.NOT_A_RATING),
    ],
)
def test_a_rating_is_a_whole_number_on_the_scale(text: str, meant: object) -> None:
    """Also as a fraction of the scale, in words, or in stars."""
    assert say("rating", text, limits=(0, 10)) == meant


def test_files_are_taken_by_what_they_are() -> None:
    """A name does not make a program a document."""
    letter = GivenFile("1", "brief.pdf", "application/pdf", 10)
    photo = GivenFile("2", "photo.jpeg", "image/jpeg", 10)
    program = GivenFile("3", "brief.pdf", "application/x-dosexec", 10)
    office = GivenFile("4", "brief.docx", "application/zip", 10)
    accept = ["pdf", "docx", "image"]
    assert say("file", [letter, photo], accept=accept) == (
        {"id": "1", "name": "brief.pdf", "type": "application/pdf", "size_bytes": 10},
        {"id": "2", "name": "photo.jpeg", "type": "image/jpeg", "size_bytes": 10},
    )
    assert say("file", [program], accept=accept) == Phrase.FILE_KIND
    assert say("file", [office], accept=accept)[0]["id"] == "4"
    assert say("file", [program])[0]["id"] == "3"
    assert say("file", "вот") == Phrase.NO_FILE
    assert say("file", []) == Phrase.NO_FILE
    assert say("file", [letter] * 11) == Phrase.TOO_MANY_FILES


def test_a_location_is_a_point_or_words() -> None:
    """Typed coordinates count as a point; a point outside the earth is refused."""
    assert say("location", (55.75, 37.62)) == {"latitude": 55.75, "longitude": 37.62}
    assert say("location", "55.75, 37.62") == {"latitude": 55.75, "longitude": 37.62}
    assert say("location", " Москва,\nТверская 1 ") == {"text": "Москва, Тверская 1"}
    assert say("location", (95.0, 0.0)) == Phrase.NOT_A_LOCATION
    assert say("location", "12345") == Phrase.NOT_A_LOCATION


def test_a_text_keeps_what_people_write() -> None:
    """Lines, emoji sequences and any script stay; what cannot be stored or seen goes."""
    assert say("text", " Две\r\nстроки 👩‍👧 ") == "Две\nстроки 👩‍👧"
    assert say("text", "a\0b\ud800c\u202ed") == "abcd"
    assert say("text", "\u200b\u200d\n") == Phrase.EMPTY
    assert say("text", "abc", limits=(5, None)) == Phrase.TOO_SHORT
    assert say("text", "abc", limits=(None, 2)) == Phrase.TOO_LONG
    assert say("text", "a" * (RAW_LIMIT + 1)) == Phrase.TOO_LONG


WORDS = [
    *("через", "неделю", "15", "декабря", "next", "friday", "in", "of", "2026", "завтра", "1,5", "млн", "12", "тыс"),
    *("и", "с", "половиной", "пол", "two", "hundred", "-", "/", ".", "0", "a", "@", "example.org", "+7", "из"),
]
ADVERSARIAL = st.one_of(
    st.text(st.characters(), max_size=300),
    st.text(st.sampled_from("0123456789.,- +'/@тысмлнkM½٣٫١２①Ⅳ²\u00a0\u2009\u202e\ud800\0👍из"), max_size=250),
    st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join),
    st.text(st.characters(), max_size=30).map(lambda part: part * 400),
)
ANYTHING = st.one_of(ADVERSARIAL, st.booleans(), st.lists(ADVERSARIAL, max_size=5), st.tuples(st.floats(), st.floats()))


@pytest.mark.parametrize("kind", sorted(READERS))
@given(raw=ANYTHING, lang=st.sampled_from(LANGUAGES))
def test_nothing_that_people_send_raises(kind: str, raw: Any, lang: str) -> None:
    """Every input of every shape gives a value or a sentence, and a value that can be stored."""
    reading = read(kind, raw, context(lang, options=OPTIONS, alone=["none"], max=2))
    if isinstance(reading, NotUnderstood):
        assert reading.sentence
        assert Phrase(reading.code)
    else:
        str(reading.value).encode()


@given(
    value=st.one_of(st.integers(-(10**14), 10**14), st.floats(-1e9, 1e9).map(lambda value: round(value, 5))),
    lang=st.sampled_from(LANGUAGES),
)
def test_a_shown_number_reads_back_as_itself(value: float, lang: str) -> None:
    """What the contact is shown, typed again, is understood without a question."""
    reading = read("number", show_number(value, lang), context(lang))
    assert isinstance(reading, Understood)
    assert reading.value == value


@given(day=st.dates(date(1900, 1, 1), date(2200, 12, 31)), lang=st.sampled_from(LANGUAGES))
def test_a_shown_date_reads_back_as_itself(day: date, lang: str) -> None:
    """In words as shown, in ISO, and in figures."""
    for text in (show_date(day, lang), day.isoformat(), f"{day:%d.%m.%Y}"):
        assert say("date", text, lang) == day.isoformat()


@given(numbers=st.sets(st.sampled_from(range(len(OPTIONS))), min_size=1))
def test_shown_choices_read_back_as_themselves(numbers: set[int]) -> None:
    """The labels joined by commas, as the contact is shown them."""
    codes = tuple(option.code for number, option in enumerate(OPTIONS) if number in numbers)
    reading = read("choices", list(codes), context(options=OPTIONS))
    assert isinstance(reading, Understood)
    assert reading.value == codes
    assert say("choices", reading.echo, options=OPTIONS) == codes


def test_every_phrase_speaks_every_language() -> None:
    """No phrase lacks a text, and both languages name the same values."""
    assert set(TEXTS) == set(Phrase)
    for code, text in TEXTS.items():
        ru, en = text
        assert ru, code
        assert en, code
        assert sorted(part.split("}")[0] for part in ru.split("{")[1:]) == sorted(
            part.split("}")[0] for part in en.split("{")[1:]
        ), code


def test_every_type_has_a_reader_and_an_example_that_reads() -> None:
    """The second re-ask shows an answer that would be taken."""
    assert set(EXAMPLES) == set(READERS)
    assert example("number", "ru") == "Например: 1500 или 12 тыс."
    assert phrase(Phrase.CONFIRM, "en", value="15 December 2026") == "I understood 15 December 2026. Right?"
