"""Words to search by: how a text is cut into them, what a person looks for, and which part of a line shows it.

Russian and English words lose their endings, so that one form finds another ("orders", "доставки"). The endings are few
and plain on purpose: both sides are cut alike, and what was cut too much finds a little more than it should.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

WORDS_OF_A_TEXT = 200  # different ones; of a longer text the first
TEXT_READ = 20_000  # characters
WORDS_WANTED = 8
LEAST = 2  # characters of a word, unless it is a number
WORD_LIMIT = 40  # characters: what is longer is no word, and begins alike
STEM_LEAST = 3  # characters that stay
LINE = 140  # characters of a line that is shown
BEFORE_THE_HIT = 40

_WORD = re.compile(r"[^\W_]+")
_CYRILLIC = re.compile(r"[а-я]+")
_LATIN = re.compile(r"[a-z]+")
_ENDINGS = """
а я о е и ы у ю ь й ия ие ий ии ию ья ье ьи ью ей ой ый ая яя ое ее ые ую юю ем ом им ым ам ям их ых ах ях ов ев
ами ями ими ыми ого его ому ему иям иях иями ием ией
ть ти ся ться тся л ла ло ли ал ала ало али ил ила ило или ел ела ели лся лась лось лись ет ит ют ут ят ат ешь
ишь ете ите ать ить еть
"""
_RUSSIAN_ENDINGS = tuple(sorted(_ENDINGS.split(), key=len, reverse=True))
_ENGLISH_ENDINGS = ("ings", "ing", "edly", "ed", "es", "s", "e")
_SMALL_WORDS = """
а без бы в вам вас во вот все вы да для до его ее если есть еще же за и из или им их к как ко когда ли мне мы на не
нет но ну о об он она они от по под при с со так там то тоже только у уже что чтобы это я
a an and are as at be but by do for from has have he i if in is it me my not of on or our so that the their there
they this to up was we were will with you your
"""
_COMMON = frozenset(_SMALL_WORDS.split())


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody looks for: all of `words`, as they are kept, and `beginning`, which may be half of a word.

    `beginning` is as it was written; `ended` is the same as a whole word.
    """

    words: tuple[str, ...]
    beginning: str
    ended: str


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a line that is shown. `hit`: it is what was looked for."""

    text: str
    hit: bool = False


def words_of(text: str) -> list[str]:
    """The different words of a text, each as it is kept, in the order in which they first come."""
    found: dict[str, None] = {}
    for written in dict.fromkeys(_WORD.findall(text[:TEXT_READ])):
        word = spelled(written)
        if (len(word) >= LEAST or word.isdigit()) and word not in _COMMON:
            found[stem(word)] = None
            if len(found) == WORDS_OF_A_TEXT:
                break
    return list(found)


def wanted(query: str) -> Wanted | None:
    """What `query` asks for; None when there is no word in it."""
    read = [word for _, word in _read(query)]
    read = [word for word in read if word not in _COMMON] or read
    if not read:
        return None
    *whole, last = read[-WORDS_WANTED:]
    return Wanted(tuple(dict.fromkeys(stem(word) for word in whole)), last, stem(last))


def line_of(text: str, looked_for: Wanted, length: int = LINE) -> tuple[Part, ...]:
    """A piece of `text` around the first place that was looked for, cut at words, with every such place marked."""
    flat = " ".join(text[:TEXT_READ].split())
    hits = [span for span, word in _read(flat, least=1) if _hits(word, looked_for)]
    begin = 0
    if hits and hits[0][1] > length:
        begin = flat.rfind(" ", 0, max(0, hits[0][0] - BEFORE_THE_HIT)) + 1
    end = len(flat) if len(flat) <= begin + length else max(flat.rfind(" ", begin, begin + length), begin + length // 2)
    parts = [Part("… ")] if begin else []
    at = begin
    for first, last in hits:
        if first >= at and last <= end:
            parts += [Part(flat[at:first]), Part(flat[first:last], hit=True)]
            at = last
    parts.append(Part(flat[at:end] + (" …" if end < len(flat) else "")))
    return tuple(part for part in parts if part.text)


def matches(text: str, looked_for: Wanted) -> bool:
    """Whether all that is looked for stands in `text`."""
    words = set(words_of(text)) | {word for _, word in _read(text[:TEXT_READ])}
    last = looked_for.ended in words or any(word.startswith(looked_for.beginning) for word in words)
    return last and all(word in words for word in looked_for.words)


def _hits(word: str, looked_for: Wanted) -> bool:
    kept = stem(word)
    return kept in looked_for.words or kept == looked_for.ended or kept.startswith(looked_for.beginning)


def _read(text: str, least: int = LEAST) -> Iterator[tuple[tuple[int, int], str]]:
    """Where the words of a text stand, and each in one spelling. Digits count however few."""
    for found in _WORD.finditer(text):
        word = spelled(found[0])
        if len(word) >= least or word.isdigit():
            yield found.span(), word


def spelled(word: str) -> str:
    """One spelling of a word: small letters, compatible forms as one, ё as е, not longer than a word is."""
    return unicodedata.normalize("NFKC", word).casefold().replace("ё", "е")[:WORD_LIMIT]


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A word without its ending; what has digits or other letters stays as it is."""
    if _CYRILLIC.fullmatch(word):
        return _cut(word, _RUSSIAN_ENDINGS)
    if _LATIN.fullmatch(word):
        if word.endswith("ies") and len(word) > STEM_LEAST + 2:
            return f"{word[:-3]}y"
        return word if word.endswith(("ss", "us", "is")) else _cut(word, _ENGLISH_ENDINGS)
    return word


def _cut(word: str, endings: Sequence[str]) -> str:
    for ending in endings:
        if word.endswith(ending) and len(word) - len(ending) >= STEM_LEAST:
            return word[: -len(ending)]
    return word
