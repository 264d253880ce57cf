"""Amounts: what figures and number words in a text are worth. An ambiguous separator gives several values."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from flows.answers.number_words import ABOUT, BOUNDS, DOUBT, HALVES, MULTIPLIERS, SMALL, VAGUE, WHOLE
from flows.phrases import Phrase

_TOKEN = re.compile(r"\d+(?:[.,'٫٬]\d+)*|[^\W\d_]+(?:[-'][^\W\d_]+)*|[^\w\s]|_")
_SILENT = set("$€£¥₽₴₸₹₺₩¢№%~≈≃=:.+#([{«\"'“„*")
"""Signs before a number that change nothing: currencies, brackets, quotes."""
_GROUP = re.compile(r"\d{3}(?:[.,٫]\d+)?")
_SEPARATOR = re.compile(r"[.,'٫]")
HUNDRED = "hundred"
ONE_OF = {
    HUNDRED,
    "десяток",
    "дюжина",
    "дюжину",
    "dozen",
    "сотня",
    "сотню",
    "тысяча",
    "тысячу",
    "миллион",
    "миллиард",
    "thousand",
    "million",
    "billion",
}
"""Multipliers that are a number without one before them."""
HALF_MORE = "половиной"
JOINING = {"и", "and", "с", "a", "of", "."}
UNIT_WORDS = 3
"""Words after a number that are taken for its unit (`штатных сотрудников сейчас`)."""


class Token(NamedTuple):
    """A piece of the answer, and whether a space stands before it."""

    text: str
    apart: bool


@dataclass(frozen=True, slots=True)
class Amount:
    """A number in the text: each of its possible values, likeliest first, and the tokens before and after it."""

    values: tuple[Decimal, ...]
    before: Sequence[Token]
    after: Sequence[Token]

    @property
    def doubtful(self) -> bool:
        """Whether the words around the number ask for a confirmation."""
        before = [token.text for token in self.before]
        after = [token.text for token in self.after]
        if DOUBT & {*before, *after} or "?" in after:
            return True
        strange = any(
            word not in ABOUT and word not in _SILENT and not (word == "-" and index)
            for index, word in enumerate(before)
        )
        return strange or sum(word[0].isalpha() for word in after) > UNIT_WORDS


class Unreadable(Exception):
    """The text holds no single number. `code` says why."""

    def __init__(self, code: Phrase) -> None:
        super().__init__(code)
        self.code = code


def find_amount(text: str, lang: str) -> Amount:
    """The one number in folded `text`. Raises `Unreadable`."""
    tokens = list(_tokens(text))
    found = [index for index, token in enumerate(tokens) if _starts_number(token.text)]
    if any(_is_range(token.text) for token in tokens):
        raise Unreadable(Phrase.NOT_ONE_NUMBER)
    if not found:
        raise Unreadable(Phrase.NOT_A_NUMBER)
    start, end = found[0], _end_of_number(tokens, found[0])
    before, after = tokens[:start], tokens[end:]
    around = {token.text for token in before + after}
    second = any(_is_numeric(token.text) for token in after)
    if VAGUE & {token.text for token in before}:
        raise Unreadable(Phrase.NOT_A_NUMBER)
    if around & BOUNDS or (second and _only_dashes(after)) or (after and after[0].text in "+<>") or around & {"<", ">"}:
        raise Unreadable(Phrase.NOT_ONE_NUMBER)
    if second:
        raise Unreadable(Phrase.SEVERAL_NUMBERS)
    values = _value(tokens[start:end], lang)
    if before and before[-1].text in {".", ","} and not tokens[start].apart and tokens[start].text.isdigit():
        values, before = (Decimal(f"0.{tokens[start].text}"),), before[:-1]
    if before and (before[-1].text in {"минус", "minus"} or _is_minus(before, tokens[start])):
        values = tuple(-value for value in values)
        before = before[:-1]
    return Amount(values, before, after)


def _tokens(text: str) -> Iterator[Token]:
    end = 0
    for match in _TOKEN.finditer(text):
        yield Token(match.group(), match.start() > end)
        end = match.end()


def _is_numeric(word: str) -> bool:
    if not word:
        return False
    return word[0].isdigit() or word in SMALL or word in HALVES or word in WHOLE or _hyphenated(word) is not None


def _starts_number(word: str) -> bool:
    return _is_numeric(word) or word in ONE_OF


def _hyphenated(word: str) -> int | None:
    """`twenty-five`."""
    tens, hyphen, ones = word.partition("-")
    if hyphen and SMALL.get(tens, 0) in range(20, 100) and SMALL.get(ones, 0) in range(1, 10):
        return SMALL[tens] + SMALL[ones]
    return None


def _is_range(word: str) -> bool:
    """`три-четыре`, which is no `twenty-five`."""
    first, hyphen, second = word.partition("-")
    return bool(hyphen) and first in SMALL and second in SMALL and _hyphenated(word) is None


def _is_minus(before: Sequence[Token], number: Token) -> bool:
    """A dash that belongs to the number: at the beginning, or right before it and not hanging on a word."""
    if before[-1].text != "-":
        return False
    return len(before) == 1 or (not number.apart and (before[-1].apart or before[-2].text in _SILENT))


def _only_dashes(after: Sequence[Token]) -> bool:
    """Whether nothing but a dash or dots stands before the next number."""
    between = []
    for token in after:
        if _is_numeric(token.text):
            break
        between.append(token.text)
    return bool(between) and all(word in {"-", ".", "…"} for word in between)


def _end_of_number(tokens: Sequence[Token], start: int) -> int:
    """The index after the last token that still belongs to the number which starts at `start`."""
    end = start + 1
    while end < len(tokens):
        word = tokens[end].text
        following = tokens[end + 1].text if end + 1 < len(tokens) else ""
        if _goes_on(word, tokens[end - 1].text, following):
            end += 1
        elif word == "с" and following == HALF_MORE:
            end += 2
        elif word in {"a", "of"} and following in MULTIPLIERS:
            end += 1
        else:
            break
    return end


def _value(tokens: Sequence[Token], lang: str) -> tuple[Decimal, ...]:
    """What a run of figures and number words may be worth. Raises `Unreadable` for two numbers side by side."""
    parts = list(_parts(tokens, lang))
    for (_, larger), (readings, factor) in pairwise(parts):
        if len(readings) > 1 or readings[0] * factor >= larger:
            raise Unreadable(Phrase.SEVERAL_NUMBERS)
    (readings, factor), *rest = parts
    if factor > 1:
        readings = tuple(sorted(readings))  # `1.234 mln` is hardly 1234 millions
    return tuple(reading * factor + sum((values[0] * of for values, of in rest), Decimal(0)) for reading in readings)


def _goes_on(word: str, previous: str, following: str) -> bool:
    """Whether `word` belongs to the number before it: another part, `тыс.` with its dot, `hundred and five`."""
    if word in MULTIPLIERS or word == HUNDRED or _is_numeric(word):
        return True
    if word == ".":
        return previous in MULTIPLIERS
    return word in {"и", "and"} and following != "" and _is_numeric(following) and not following[0].isdigit()


def _parts(tokens: Sequence[Token], lang: str) -> Iterator[tuple[tuple[Decimal, ...], int]]:
    """What stands before each multiplier, with it: `1 млн 200 тыс` is 1 of a million and 200 of a thousand."""
    part: list[Token] = []
    for token in tokens:
        factor = MULTIPLIERS.get(token.text)
        if factor is None:
            part.append(token)
        elif token.text in WHOLE:
            yield (Decimal(factor),), 1
        else:
            yield _below_multiplier(part, lang) or (Decimal(1),), factor
            part = []
    if readings := _below_multiplier(part, lang):
        yield readings, 1


def _below_multiplier(part: Sequence[Token], lang: str) -> tuple[Decimal, ...]:
    """The readings of figures or of small words; empty when there are only joining words."""
    tokens = [token for token in part if token.text not in JOINING]
    if tokens and tokens[0].text[0].isdigit():
        literal, used = _grouped(tokens)
        readings = _readings(literal, lang)
        tokens = tokens[used:]
    else:
        words = [token.text for token in tokens]
        used = next((index for index, word in enumerate(words) if word[0].isdigit() or word == HALF_MORE), len(words))
        readings = _small_words(words[:used])
        tokens = tokens[used:]
    if tokens and tokens[0].text == HUNDRED and len(readings) == 1:
        readings, tokens = (readings[0] * 100,), tokens[1:]
    if tokens and tokens[0].text == HALF_MORE and len(readings) == 1:
        readings, tokens = (readings[0] + Decimal("0.5"),), tokens[1:]
    if tokens:
        raise Unreadable(Phrase.SEVERAL_NUMBERS)
    return readings


def _small_words(words: Sequence[str]) -> tuple[Decimal, ...]:
    """`двести сорок пять`, `two hundred five`: each word must fit below the one before it."""
    if not words:
        return ()
    if words[0] in HALVES and len(words) == 1:
        return (HALVES[words[0]],)
    total, room = 0, 1_000
    for word in words:
        if word == HUNDRED:
            if total >= 10:
                raise Unreadable(Phrase.SEVERAL_NUMBERS)
            total, room = (total or 1) * 100, 100
            continue
        value = SMALL.get(word, _hyphenated(word))
        if value is None or value >= room or (total and value == 0):
            raise Unreadable(Phrase.SEVERAL_NUMBERS)
        total, room = total + value, _room_below(value)
    return (Decimal(total),)


def _room_below(value: int) -> int:
    """What may follow a word: after `двести` less than 100, after `двадцать` less than 10, after `пять` nothing."""
    if value >= 100:
        return 100
    return 10 if value >= 20 and value % 10 == 0 else 0


def _grouped(tokens: Sequence[Token]) -> tuple[str, int]:
    """Figures joined over spaces where each further group has three of them (`1 500,50`); how many tokens it took."""
    literal, used = tokens[0].text, 1
    if literal.isdigit() and len(literal) <= 3:
        for token in tokens[1:]:
            if not _GROUP.fullmatch(token.text) or not literal.isdigit():
                break
            literal, used = literal + token.text, used + 1
    return (literal + "\0" if used > 1 else literal), used


def _readings(literal: str, lang: str) -> tuple[Decimal, ...]:
    """What figures with separators may mean, likeliest first. Raises `Unreadable` for what is no number."""
    spaced = literal.endswith("\0")
    literal = literal.rstrip("\0").replace("٬", "'")
    separators = [character for character in literal if not character.isdigit()]
    if not separators:
        return (Decimal(literal),)
    last = separators[-1]
    whole, _, tail = literal.rpartition(last)
    groups_alone = set(separators) == {last} and _are_groups(literal)
    if last == "'" or (groups_alone and len(separators) > 1):
        if not _are_groups(literal):
            raise Unreadable(Phrase.NOT_A_NUMBER)
        return (Decimal(_only_digits(literal)),)
    if separators.count(last) > 1 or (len(separators) > 1 and not _are_groups(whole)):
        raise Unreadable(Phrase.NOT_A_NUMBER)
    fraction = Decimal(f"{_only_digits(whole)}.{tail}")
    if spaced or last == "٫" or not groups_alone or whole.startswith("0") or len(separators) > 1:
        return (fraction,)
    grouped = Decimal(_only_digits(literal))
    decimal_first = last == ("," if lang == "ru" else ".")
    return (fraction, grouped) if decimal_first and tail.strip("0") else (grouped, fraction)


def _are_groups(literal: str) -> bool:
    """Whether every separator stands before three figures, and one to three come first."""
    first, *others = _SEPARATOR.split(literal)
    return 1 <= len(first) <= 3 and all(len(group) == 3 for group in others)


def _only_digits(literal: str) -> str:
    return "".join(character for character in literal if character.isdigit())
