"""Marks to HTML and back, and texts cut in parts, counted as Telegram counts."""

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from connectors.telegram.entities import Mark, Marked, from_html, read_marked, split_marked, to_html, units, written

_TEXT = st.text(alphabet=st.sampled_from("ab c.\n😀é<&>"), max_size=60)


@st.composite
def _marked(draw: st.DrawFn) -> Marked:
    text = draw(_TEXT)
    places = st.integers(0, len(text))
    kinds = st.sampled_from(["bold", "italic", "code", "text_link", "mention"])
    marks = []
    for _ in range(draw(st.integers(0, 4))):
        start, end = sorted((draw(places), draw(places)))
        if start < end:
            kind = draw(kinds)
            marks.append(Mark(kind, start, end, "https://example.org/" if kind == "text_link" else None))
    return Marked(text, tuple(sorted(marks, key=lambda mark: (mark.start, -mark.end))))


@given(_marked())
def test_written_marks_are_read_as_they_were(marked: Marked) -> None:
    assert read_marked(marked.text, written(marked)) == marked


@given(_marked())
def test_html_holds_the_text_and_nothing_of_it_as_markup(marked: Marked) -> None:
    """Without our own tags the HTML is the escaped text, and they are closed in their order."""
    source = to_html(marked)
    if source is None:
        return
    tags = re.findall(r"</?[a-z]+(?: href=\"[^\"]*\")?>", source)
    assert html.unescape(re.sub("|".join(map(re.escape, set(tags))), "", source)) == marked.text
    opened: list[str] = []
    for tag in tags:
        name = re.sub(r"[</>]", "", tag).partition(" ")[0]
        if tag.startswith("</"):
            assert opened.pop() == name
        else:
            opened.append(name)
    assert not opened


@given(_marked())
def test_html_that_we_made_gives_the_text_back(marked: Marked) -> None:
    source = to_html(marked)
    if source is not None:
        assert from_html(source).text == marked.text


@given(st.text(max_size=80))
def test_any_html_becomes_a_text_with_marks_inside_of_it(source: str) -> None:
    """Rendering cannot fail, whatever somebody wrote."""
    marked = from_html(source)
    for entity in written(marked):
        assert entity["offset"] >= 0
        assert entity["length"] > 0
        assert entity["offset"] + entity["length"] <= units(marked.text)


@given(_marked(), st.integers(4, 40))
def test_parts_fit_and_lose_white_space_only(marked: Marked, limit: int) -> None:
    parts = split_marked(marked, limit)
    assert all(0 < units(part.text) <= limit for part in parts)
    assert "".join("".join(part.text.split()) for part in parts) == "".join(marked.text.split())
    for part in parts:
        assert all(0 <= mark.start < mark.end <= len(part.text) for mark in part.marks)


@given(_marked(), st.integers(4, 40))
def test_marks_go_on_in_the_next_part(marked: Marked, limit: int) -> None:
    """Every visible character keeps the marks it had."""

    def of(part: Marked) -> list[tuple[str, frozenset[str]]]:
        return [
            (character, frozenset(mark.kind for mark in part.marks if mark.start <= place < mark.end))
            for place, character in enumerate(part.text)
            if not character.isspace()
        ]

    assert [one for part in split_marked(marked, limit) for one in of(part)] == of(marked)


def test_a_text_is_cut_between_words_and_not_through_a_link() -> None:
    text = "one two three four"
    link = Mark("text_link", 4, 13, "https://example.org/")
    assert [part.text for part in split_marked(Marked(text), 10)] == ["one two", "three four"]
    assert [part.text for part in split_marked(Marked(text, (link,)), 20)] == [text]
    longer = Marked("aaaa bbbb " + text, (Mark("text_link", 14, 23, "https://example.org/"),))
    parts = split_marked(longer, 20)
    assert [part.text for part in parts] == ["aaaa bbbb one", "two three four"]
    assert parts[1].marks == (Mark("text_link", 0, 9, "https://example.org/"),)


def test_emoji_count_twice_and_are_not_cut() -> None:
    assert units("😀a") == 3
    assert [part.text for part in split_marked(Marked("😀" * 5), 4)] == ["😀😀", "😀😀", "😀"]
    assert [part.text for part in split_marked(Marked("👨‍👩‍👧 👨‍👩‍👧"), 9)] == ["👨‍👩‍👧", "👨‍👩‍👧"]


def test_ten_thousand_characters_are_cut_at_the_limit() -> None:
    parts = split_marked(Marked("word " * 2_500), 4096)
    assert [units(part.text) for part in parts][:-1] == [4094, 4094, 4094]
