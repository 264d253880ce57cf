"""Texts and files."""

from flows.answers.reading import RAW_LIMIT
from flows.events import GivenFile
from flows.phrases import Phrase
from tests.flows.answers.said import say


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


def test_a_text_keeps_what_people_write() -> None:
    """Lines, emoji sequences and any script stay; what cannot be stored or seen goes."""
    assert say("text", " Две\r\nстроки 👩‍👧 ") == "Две\nстроки 👩‍👧"
    assert say("text", "a\0b\ud800c\u202ed") == "abcd"
    assert say("text", "\u200b\u200d\n") == Phrase.EMPTY
    assert say("text", "abc", limits=(5, None)) == Phrase.TOO_SHORT
    assert say("text", "abc", limits=(None, 2)) == Phrase.TOO_LONG
    assert say("text", "a" * (RAW_LIMIT + 1)) == Phrase.TOO_LONG
