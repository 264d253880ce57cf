"""Text: cleaned and cut so that nothing breaks and nothing is lost."""

import re
import unicodedata

import regex
from hypothesis import given
from hypothesis import strategies as st

from connectors.text import clean_name, clean_text, cut, split_text, with_numbered_lines
from hub.model.message import Button

ANY_TEXT = st.text(st.characters(), max_size=300)  # with surrogates
WORDS = st.lists(st.sampled_from(["a", "bc", "e\u0301", " ", ". ", "\n", "\n\n", "👩‍👧", "🇷🇺"]), max_size=120).map(
    "".join
)


@given(ANY_TEXT)
def test_cleaned_text_can_be_stored(text: str) -> None:
    """What is left encodes as UTF-8, holds no NUL, and cleaning again changes nothing."""
    clean = clean_text(text)
    clean.encode("utf-8")
    assert "\0" not in clean
    assert clean_text(clean) == clean


def test_cleaning_keeps_what_people_write() -> None:
    """Newlines, tabs, emoji sequences and right-to-left text stay."""
    text = "Привет\n\tשלום 👩‍👧‍👦 e\u0301"
    assert clean_text(text) == text
    assert clean_text("a\r\nb\rc") == "a\nb\nc"


@given(ANY_TEXT)
def test_a_clean_name_is_one_visible_line(name: str) -> None:
    """No line break, no format character (bidi, zero width), at most 128 characters."""
    clean = clean_name(name)
    assert len(clean) <= 128
    assert len(clean.splitlines()) <= 1
    assert not [c for c in clean if unicodedata.category(c) in ("Cf", "Cc", "Cs")]


def test_a_name_cannot_turn_the_line_around() -> None:
    """A right-to-left override is gone."""
    assert clean_name("Sample \u202egpj.exe\u200b") == "Sample gpj.exe"


@given(WORDS, st.integers(1, 60))
def test_parts_are_short_and_lose_only_white_space(text: str, limit: int) -> None:
    """Each part fits, none is empty, and put together they hold every character that is no white space."""
    parts = split_text(text, limit)
    assert all(0 < len(part) <= limit for part in parts)
    assert re.sub(r"\s", "", "".join(parts)) == re.sub(r"\s", "", text)


@given(WORDS, st.integers(12, 60))
def test_no_visible_character_is_cut(text: str, limit: int) -> None:
    """The visible characters of the parts are those of the text."""
    whole = [g for g in regex.findall(r"\X", text) if not g.isspace()]
    parts = [g for part in split_text(text, limit) for g in regex.findall(r"\X", part) if not g.isspace()]
    assert parts == whole


def test_words_and_paragraphs_stay_whole() -> None:
    """The break is at the paragraph when there is one, else at the word."""
    assert split_text("one two three\n\nfour five", 16) == ["one two three", "four five"]
    assert split_text("aaaa bbbb cccc", 10) == ["aaaa bbbb", "cccc"]


@given(ANY_TEXT, st.integers(1, 50))
def test_a_cut_text_fits(text: str, limit: int) -> None:
    """At most `limit` characters; one that fits is unchanged."""
    shorter = cut(text, limit)
    assert len(shorter) <= limit
    if len(text) <= limit:
        assert shorter == text


def test_buttons_become_numbered_lines() -> None:
    """A channel without buttons shows what can be answered."""
    buttons = [Button(label="Yes", value="y"), Button(label="No", value="n")]
    assert with_numbered_lines("Sure?", buttons) == "Sure?\n\n1. Yes\n2. No"
    assert with_numbered_lines("", buttons) == "1. Yes\n2. No"
    assert with_numbered_lines("Sure?", []) == "Sure?"
