"""What holds of every reader, whatever people send."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.answers import READERS, NotUnderstood, read
from flows.phrases import EXAMPLES, LANGUAGES, TEXTS, Phrase, example, phrase
from tests.flows.answers.said import OPTIONS, context

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
