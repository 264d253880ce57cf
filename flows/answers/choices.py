"""Choices: by number, label, code, synonym or a beginning that only one has; two that fit are asked about."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from flows.answers.cleaning import name_of, plain, plain_label, words_of
from flows.answers.reading import Context, NotUnderstood, Option, Raw, Reading, Understood, Unsure, refuse
from flows.phrases import Phrase

TEXT_LIMIT = 1_000
LIST_LIMIT = 100
LABEL_PIECES = 5
"""Commas and `and`s that a single label may have, and one more."""

ALL = {"все", "все варианты", "все сразу", "все перечисленное", "all", "all of them", "everything"}
"""Everything but what stands alone."""

PREFIX_LIMIT = 2
"""Letters a beginning needs: one letter alone is a slip more often than an answer."""

NEAR_LENGTHS = (4, 64)
"""Letters of words whose slips are looked for: shorter ones are too alike, longer ones are sentences."""
LONG_WORD = 9
"""Letters from which two slips are one word's; with one it is asked either way, never guessed."""

WORD_LENGTH = 5
"""Letters of a word within a label that may stand for the label, as `flat` in "The whole flat" does not yet."""
DENIALS = frozenset({"не", "нет", "ни", "без", "кроме", "no", "not", "none", "without", "except", "never"})

_NUMBER = re.compile(r"(?:#|no?|номер|вариант|пункт|option|number)? ?(\d{1,4})(?:[-‑]?(?:й|я|е|th|st|nd|rd))?[.)]?")
_BREAK = re.compile(r"[,;\n/+&]|(?<=\s)(?:и|and|а также|also|-)(?=\s)")


def read_choice(raw: Raw, context: Context) -> Reading:
    """The code of the one option that `raw` names."""
    texts = _given(raw, context)
    if isinstance(texts, NotUnderstood):
        return texts
    names = Names(context)
    found = names.one(texts[0])
    if len(texts) > 1 or (isinstance(found, NotUnderstood) and _names_several(texts[0], names)):
        return refuse(Phrase.ONE_OPTION_ONLY, context)
    if isinstance(found, NotUnderstood):
        meant = names.nearly(texts[0]) if isinstance(raw, str) and found.code == Phrase.NO_SUCH_OPTION.value else None
        return Unsure(meant.code, meant.label) if meant else found
    doubt = isinstance(raw, str) and names.is_another_number(texts[0], found)
    return Unsure(found.code, found.label) if doubt else Understood(found.code, found.label)


def read_choices(raw: Raw, context: Context) -> Reading:
    """The codes of the named options, in the order of the options, within `max` and `alone`."""
    texts = _given(raw, context)
    if isinstance(texts, NotUnderstood):
        return texts
    names = Names(context)
    if len(texts) == 1 and words_of(texts[0]) in ALL and names.exact(words_of(texts[0])) is None:
        texts = [option.code for option in context.options if option.code not in context.alone]
    chosen: set[str] = set()
    doubt = False
    for text in texts:
        options = _listed(text, names)
        if isinstance(options, NotUnderstood):
            return options
        chosen.update(option.code for option in options)
        doubt = doubt or (isinstance(raw, str) and any(names.has_another_number(text, option) for option in options))
    picked = [option for option in context.options if option.code in chosen]
    for option in picked:
        if option.code in context.alone and len(picked) > 1:
            return refuse(Phrase.OPTION_STANDS_ALONE, context, label=option.label)
    if context.max is not None and len(picked) > context.max:
        return refuse(Phrase.TOO_MANY_OPTIONS, context, max=context.max)
    codes, labels = tuple(option.code for option in picked), ", ".join(option.label for option in picked)
    return Unsure(codes, labels) if doubt else Understood(codes, labels)


def _given(raw: Raw, context: Context) -> list[str] | NotUnderstood:
    """The texts to read: one that was written, or the codes that a form sends."""
    if isinstance(raw, str):
        texts = [raw]
    elif isinstance(raw, Sequence) and all(isinstance(item, str) for item in raw):
        texts = [item for item in raw if isinstance(item, str)]
    else:
        return refuse(Phrase.WRONG_KIND, context)
    if sum(map(len, texts)) > TEXT_LIMIT or len(texts) > LIST_LIMIT:
        return refuse(Phrase.NO_SUCH_OPTION, context)
    return texts if any(text.strip() for text in texts) else refuse(Phrase.EMPTY, context)


def _names_several(text: str, names: "Names") -> bool:
    """Whether the text is a list of at least two options."""
    options = _listed(text, names)
    return not isinstance(options, NotUnderstood) and len({option.code for option in options}) > 1


def _listed(text: str, names: "Names") -> list[Option] | NotUnderstood:
    """The options in a list. The longest piece is tried first: a label may have a comma or an `and` of its own."""
    whole = names.one(text)
    if isinstance(whole, Option):
        return [whole]
    padded = f" {text.strip()} "
    if _are_numbers(padded):
        padded = plain(padded).replace(" ", ",")
    spans = list(islice(_pieces(padded), LIST_LIMIT + 1))
    if not 2 <= len(spans) <= LIST_LIMIT:
        return whole
    options: list[Option] = []
    while spans:
        option, used = _longest(padded, spans, names)
        if isinstance(option, NotUnderstood):
            return option
        options.append(option)
        spans = spans[used:]
    return options


def _longest(text: str, spans: Sequence[tuple[int, int]], names: "Names") -> tuple[Option | NotUnderstood, int]:
    """The option that the first pieces name together, and how many pieces that were."""
    for count in range(min(LABEL_PIECES, len(spans)), 1, -1):
        if option := names.exact(words_of(text[spans[0][0] : spans[count - 1][1]])):
            return option, count
    return names.one(text[spans[0][0] : spans[0][1]]), 1


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Where the pieces of a list stand in `text`."""
    start = 0
    for match in _BREAK.finditer(text):
        if text[start : match.start()].strip(" ."):
            yield start, match.start()
        start = match.end()
    if text[start:].strip(" ."):
        yield start, len(text)


def _are_numbers(text: str) -> bool:
    """`1 3 4`: nothing but numbers of options."""
    words = plain(text).split(" ")
    return len(words) > 1 and all(word.isdigit() and len(word) <= 3 for word in words)


def number_in(text: str) -> int | None:
    """The number that `text` is as a whole: `2`, `№2`, `option 2`, `2nd`; None for anything else."""
    match = _NUMBER.fullmatch(plain(text).casefold())
    return int(match[1]) if match else None


class Names:
    """Every name by which the options of a question can be meant."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._options = context.options
        self._exact = self._exact_names()

    def one(self, text: str) -> Option | NotUnderstood:
        """The one option that `text` names as a whole."""
        shown = plain(text)
        exact_label = [option for option in self._options if plain_label(option.label) == shown]
        if len(exact_label) == 1:
            return exact_label[0]
        key = words_of(text)
        if option := self.exact(key):
            return option
        if (number := number_in(shown)) is not None:
            if 1 <= number <= len(self._options):
                return self._options[number - 1]
            return refuse(Phrase.NO_SUCH_OPTION_NUMBER, self._context, count=len(self._options))
        return self._by_beginning(key)

    def exact(self, key: str) -> Option | None:
        """The option that has this whole folded name."""
        return self._exact.get(key)

    def is_another_number(self, text: str, option: Option) -> bool:
        """Whether a label such as `3` was typed, which is also the number of another option."""
        number = plain(text)
        if not number.isdigit() or len(number) > 4 or not 1 <= int(number) <= len(self._options):
            return False
        return self._options[int(number) - 1] is not option

    def has_another_number(self, text: str, option: Option) -> bool:
        """`is_another_number` for a part of a list."""
        label = plain_label(option.label)
        return label.isdigit() and label in plain(text) and self.is_another_number(label, option)

    def _exact_names(self) -> dict[str, Option]:
        """Every folded name that belongs to exactly one option: labels before synonyms before codes."""
        names: dict[str, Option] = {}
        for candidates in (
            [(option.label, option) for option in self._options],
            [(word, option) for option in self._options for words in option.synonyms.values() for word in words],
            [(option.code, option) for option in self._options],
        ):
            rank: dict[str, Option | None] = {}
            for name, option in candidates:
                key = name_of(name)
                rank[key] = option if rank.get(key, option) is option else None
            for key, only in rank.items():
                if key and only is not None:
                    names.setdefault(key, only)
        return names

    def _by_beginning(self, key: str) -> Option | NotUnderstood:
        """The only option of which a name begins with `key`, or `1. label` with its number."""
        number, _, label = key.partition(" ")
        if number.isdigit() and label and 1 <= int(number[:4]) <= len(self._options):
            option = self._options[int(number[:4]) - 1]
            if name_of(option.label) == label:
                return option
        if len(key) < PREFIX_LIMIT:
            return refuse(Phrase.NO_SUCH_OPTION, self._context)
        fitting = [option for option in self._options if _begins(option, key)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            labels = ", ".join(option.label for option in fitting)
            return refuse(Phrase.SEVERAL_OPTIONS_FIT, self._context, labels=labels)
        return refuse(Phrase.NO_SUCH_OPTION, self._context)

    def nearly(self, text: str) -> Option | None:
        """The only option of which a name was misspelt; None for anything farther away, and where two are as near."""
        key = words_of(text)
        if not NEAR_LENGTHS[0] <= len(key) <= NEAR_LENGTHS[1] or any(letter.isdigit() for letter in key):
            return None
        bound = 1 if len(key) < LONG_WORD else 2
        near = [option for option in self._options if any(_is_slip(key, name, bound) for name in _names_of(option))]
        if not near and " " not in key and len(key) >= WORD_LENGTH:
            near = [
                option for option in self._options if any(_is_slip(key, word, 1) for word in _telling_words(option))
            ]
        return near[0] if len(near) == 1 else None


def _telling_words(option: Option) -> list[str]:
    """Words of the label that may stand for all of it; none of one that denies something ("not planned")."""
    words = name_of(option.label).split()
    return [] if DENIALS.intersection(words) else [word for word in words if len(word) >= WORD_LENGTH]


def _names_of(option: Option) -> list[str]:
    return [name_of(word) for word in (option.label, *(one for words in option.synonyms.values() for one in words))]


def _is_slip(written: str, meant: str, bound: int) -> bool:
    """Whether at most `bound` letters were left out, put in, changed, or swapped with their neighbour."""
    if abs(len(written) - len(meant)) > bound or len(meant) < NEAR_LENGTHS[0]:
        return False
    older: list[int] = []
    old = list(range(len(meant) + 1))
    for row, letter in enumerate(written, 1):
        new = [row]
        for column, other in enumerate(meant, 1):
            cost = min(old[column] + 1, new[-1] + 1, old[column - 1] + (letter != other))
            if row > 1 and column > 1 and letter == meant[column - 2] and written[row - 2] == other:
                cost = min(cost, older[column - 2] + 1)
            new.append(cost)
        older, old = old, new
    return old[-1] <= bound


def _begins(option: Option, key: str) -> bool:
    names = [option.label, *(word for words in option.synonyms.values() for word in words)]
    return any(name_of(name).startswith(key) for name in names)
