"""Numbers and ratings: what people write, and what is asked about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.answers import NotUnderstood, Understood, read
from flows.answers.numbers import show_number
from flows.phrases import LANGUAGES, Phrase
from tests.flows.answers.said import context, say


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


@given(
    value=st.one_of(st.integers(-(10**14), 10**14), st.floats(-1e9, 1e9).map(lambda value: round(value, 5))),
    lang=st.sampled_from(LANGUAGES),
)
def test_a_shown_number_reads_back_as_itself(value: float, lang: str) -> None:
    """What the contact is shown, typed again, is understood without a question."""
    reading = read("number", show_number(value, lang), context(lang))
    assert isinstance(reading, Understood)
    assert reading.value == value
