"""Choices: by number, label, code, synonym or a beginning that only one has; two that fit are asked about."""

import re
from collections.abc import Iterator, Mapping, Sequence

from flows.answers.cleaning import plain, words_of
from flows.answers.reading import Context, NotUnderstood, Option, Raw, Reading, Understood, Unsure, refuse
from flows.phrases import Phrase

TEXT_LIMIT = 1_000
LIST_LIMIT = 100
LABEL_PIECES = 5
"""Commas and `and`s that a single label may have, and one more."""

PREFIX_LIMIT = 2
"""Letters a beginning needs: one letter alone is a slip more often than an answer."""

_NUMBER = re.compile(r"(?:#|no?|номер|вариант|пункт|option|number)? ?(\d{1,4})(?:[-‑]?(?:й|я|е|th|st|nd|rd))?[.)]?")
_BREAK = re.compile(r"[,;\n/+&]|(?<=\s)(?:и|and|а также|also|-)(?=\s)")


def read_choice(raw: Raw, context: Context) -> Reading:
    """The code of the one option that `raw` names."""
    texts = _given(raw, context)
    if isinstance(texts, NotUnderstood):
        return texts
    found = _one(texts[0], context)
    if len(texts) > 1 or (isinstance(found, NotUnderstood) and _names_several(texts[0], context)):
        return refuse(Phrase.ONE_OPTION_ONLY, context)
    if isinstance(found, NotUnderstood):
        return found
    doubt = isinstance(raw, str) and _is_another_number(texts[0], found, context)
    return Unsure(found.code, found.label) if doubt else Understood(found.code, found.label)


def read_choices(raw: Raw, context: Context) -> Reading:
    """The codes of the named options, in the order of the options, within `max` and `alone`."""
    texts = _given(raw, context)
    if isinstance(texts, NotUnderstood):
        return texts
    chosen: set[str] = set()
    doubt = False
    for text in texts:
        options = _listed(text, context)
        if isinstance(options, NotUnderstood):
            return options
        chosen.update(option.code for option in options)
        doubt = doubt or (
            isinstance(raw, str) and any(_has_another_number(text, option, context) for option in options)
        )
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


def _names_several(text: str, context: Context) -> bool:
    """Whether the text is a list of at least two options."""
    options = _listed(text, context)
    return not isinstance(options, NotUnderstood) and len({option.code for option in options}) > 1


def _is_another_number(text: str, option: Option, context: Context) -> bool:
    """Whether a label such as `3` was typed, which is also the number of another option."""
    number = plain(text)
    return (
        number.isdigit()
        and len(number) <= 4
        and 1 <= int(number) <= len(context.options)
        and (context.options[int(number) - 1] is not option)
    )


def _has_another_number(text: str, option: Option, context: Context) -> bool:
    """`_is_another_number` for a part of a list."""
    label = plain(option.label)
    return label.isdigit() and label in plain(text) and _is_another_number(label, option, context)


def _listed(text: str, context: Context) -> list[Option] | NotUnderstood:
    """The options in a list. The longest piece is tried first: a label may have a comma or an `and` of its own."""
    whole = _one(text, context)
    if isinstance(whole, Option):
        return [whole]
    padded = f" {text.strip()} "
    if _are_numbers(padded):
        padded = plain(padded).replace(" ", ",")
    spans = list(_pieces(padded))
    if len(spans) < 2:
        return whole
    exact = _exact_options(context)
    options: list[Option] = []
    while spans:
        option, used = _longest(padded, spans, exact, context)
        if isinstance(option, NotUnderstood):
            return option
        options.append(option)
        spans = spans[used:]
    return options


def _longest(
    text: str, spans: Sequence[tuple[int, int]], exact: Mapping[str, Option], context: Context
) -> tuple[Option | NotUnderstood, int]:
    """The option that the first pieces name together, and how many pieces that were."""
    for count in range(min(LABEL_PIECES, len(spans)), 1, -1):
        if option := exact.get(words_of(text[spans[0][0] : spans[count - 1][1]])):
            return option, count
    return _one(text[spans[0][0] : spans[0][1]], context), 1


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


def _exact_options(context: Context) -> dict[str, Option]:
    """Every folded name that belongs to exactly one option: labels before synonyms before codes."""
    names: dict[str, Option] = {}
    for candidates in (
        [(option.label, option) for option in context.options],
        [(word, option) for option in context.options for words in option.synonyms.values() for word in words],
        [(option.code, option) for option in context.options],
    ):
        rank: dict[str, Option | None] = {}
        for name, option in candidates:
            key = words_of(name)
            rank[key] = option if rank.get(key, option) is option else None
        for key, option_or_none in rank.items():
            if key and option_or_none is not None:
                names.setdefault(key, option_or_none)
    return names


def _one(text: str, context: Context) -> Option | NotUnderstood:
    """The one option that `text` names as a whole."""
    shown = plain(text)
    exact_label = [option for option in context.options if plain(option.label) == shown]
    if len(exact_label) == 1:
        return exact_label[0]
    key = words_of(text)
    if key and (option := _exact_options(context).get(key)):
        return option
    if match := _NUMBER.fullmatch(shown.casefold()):
        number = int(match[1])
        if 1 <= number <= len(context.options):
            return context.options[number - 1]
        return refuse(Phrase.NO_SUCH_OPTION_NUMBER, context, count=len(context.options))
    return _by_beginning(key, context)


def _by_beginning(key: str, context: Context) -> Option | NotUnderstood:
    """The only option of which a name begins with `key`, or `1. label` with its number."""
    number, _, label = key.partition(" ")
    if number.isdigit() and label and 1 <= int(number[:4]) <= len(context.options):
        option = context.options[int(number[:4]) - 1]
        if words_of(option.label) == label:
            return option
    if len(key) < PREFIX_LIMIT:
        return refuse(Phrase.NO_SUCH_OPTION, context)
    fitting = [option for option in context.options if _begins(option, key)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        labels = ", ".join(option.label for option in fitting)
        return refuse(Phrase.SEVERAL_OPTIONS_FIT, context, labels=labels)
    return refuse(Phrase.NO_SUCH_OPTION, context)


def _begins(option: Option, key: str) -> bool:
    names = [option.label, *(word for words in option.synonyms.values() for word in words)]
    return any(words_of(name).startswith(key) for name in names)
