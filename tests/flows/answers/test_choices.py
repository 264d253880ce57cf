"""Yes and no, one option, several: two that fit are never guessed at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.answers import Option, Understood, read
from flows.phrases import Phrase
from tests.flows.answers.said import OPTIONS, context, say


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
        ("Телефн", ("?", "phone")),
        ("телефноы", Phrase.NO_SUCH_OPTION),
        ("пчота", ("?", "mail")),
        ("полта", ("?", "mail")),
        ("ничего", Phrase.NO_SUCH_OPTION),
        ("телеграма", ("?", "wire")),
        ("crm и epr", ("?", "crm")),
        ("telegam", ("?", "tg")),
        ("crn", Phrase.NO_SUCH_OPTION),
        (["telegam"], Phrase.NO_SUCH_OPTION),
    ],
)
def test_a_slip_is_asked_about(text: object, meant: object) -> None:
    """One letter of a word, two of a long one; never where two options are as near, or from a form's code."""
    assert say("choice", text, options=OPTIONS) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("квартиру", ("?", "flat")),
        ("квартира", ("?", "flat")),
        ("комнату", Phrase.NO_SUCH_OPTION),
        ("планирую", Phrase.NO_SUCH_OPTION),
        ("всю", "flat"),
    ],
)
def test_a_word_of_one_label_is_asked_about(text: object, meant: object) -> None:
    """Never a word that two labels have, or that a label denies."""
    options = (Option("flat", "Всю квартиру"), Option("one", "Одну комнату"), Option("two", "Две комнаты"),
               Option("no", "Не планирую"))  # fmt: skip
    assert say("choice", text, options=options) == meant


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


@given(numbers=st.sets(st.sampled_from(range(len(OPTIONS))), min_size=1))
def test_shown_choices_read_back_as_themselves(numbers: set[int]) -> None:
    """The labels joined by commas, as the contact is shown them."""
    codes = tuple(option.code for number, option in enumerate(OPTIONS) if number in numbers)
    reading = read("choices", list(codes), context(options=OPTIONS))
    assert isinstance(reading, Understood)
    assert reading.value == codes
    assert say("choices", reading.echo, options=OPTIONS) == codes
