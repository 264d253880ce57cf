"""Phone numbers: any writing that the country's numbering plan allows, stored as E.164."""

import re

from flows.answers.cleaning import plain
from flows.answers.numbering import plan_before
from flows.answers.reading import Context, Raw, Reading, Understood, Unsure, refuse
from flows.phrases import Phrase

TEXT_LIMIT = 250  # the longest that phonenumbers reads
MANY = 5
_EXTENSION = re.compile(r"(?i)(?:\bдоб(?:авочный)?|\bвнутр(?:енний)?|\bext(?:ension)?|\bx)\.? ?[:#]? ?(\d{1,7})\b")
_INTERNATIONAL = re.compile(r"\+\d[\d ()-]{5,22}\d", re.ASCII)
_IN_FULL = re.compile(r"\+[1-9](?:[ -]?\(?[0-9]\)?){6,14}")
_AROUND_FIGURES = str.maketrans("", "", "+ -()")


def read_phone(raw: Raw, context: Context) -> Reading:
    """The one number in `raw`. An extension is kept as `;ext=12` (RFC 3966)."""
    if not isinstance(raw, str):
        return refuse(Phrase.WRONG_KIND, context)
    return read_in_full(raw) or search(raw, context)


def read_in_full(raw: str) -> Understood | None:
    """A number with its country and nothing around it, as most are: the one that `search` finds, without a search.

    None: not such a one, or it takes the library's parser, which knows extensions, carriers and trunk prefixes.
    """
    if not _IN_FULL.fullmatch(raw):
        return None
    digits = raw.translate(_AROUND_FIGURES)
    plan = plan_before(digits)
    if plan is None:
        return None
    figures = digits.removeprefix(str(plan.code))
    if figures[0] == "0" or (plan.trunk and plan.trunk.match(figures)) or not plan.has(figures):
        return None
    shown = plan.shown(figures)
    return Understood(f"+{digits}", shown, repeat=shown != raw)


def search(raw: str, context: Context) -> Reading:
    """The one number among whatever else was written."""
    import phonenumbers

    text = plain(raw[: TEXT_LIMIT + 1])
    if not text:
        return refuse(Phrase.EMPTY, context)
    digits = sum(map(str.isdigit, text))
    if len(text) > TEXT_LIMIT or digits < 3:
        return refuse(Phrase.NOT_A_PHONE, context)
    if _INTERNATIONAL.fullmatch(text) and isinstance(reading := _whole(text, None, context), Understood):
        return reading  # nothing to be searched for: the search takes longer than the reading
    extension = _EXTENSION.search(text)
    if extension:
        text = text[: extension.start()] + text[extension.end() :]
    found: dict[str, str] = {}
    for match in phonenumbers.PhoneNumberMatcher(text, context.region, max_tries=MANY):
        shown = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        found[phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)] = shown
    if not found:
        return _whole(text, extension, context)
    if len(found) > 1:
        return refuse(Phrase.SEVERAL_PHONES, context, values=", ".join(found.values()))
    (value, shown), *_ = found.items()
    return _taken(value, shown, extension, text, context)


def show_phone(value: str, lang: str) -> str:
    """A stored number as people write it."""
    import phonenumbers

    number, _, extension = value.partition(";ext=")
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return value
    shown = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    if not extension:
        return shown
    return f"{shown} {'доб.' if lang == 'ru' else 'ext.'} {extension}"


def _whole(text: str, extension: re.Match[str] | None, context: Context) -> Reading:
    """The text as one number: what the search for numbers inside a text passed over."""
    import phonenumbers

    digits = "".join(filter(str.isdigit, text))
    for written, doubt in ((text, False), (f"+{digits}", True)):
        try:
            number = phonenumbers.parse(written, context.region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number) and _only_a_number(text):
            value = f"+{number.country_code}{phonenumbers.national_significant_number(number)}"  # E.164
            shown = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
            return _taken(value, shown, extension, text, context, doubt=doubt)
    return refuse(Phrase.NO_SUCH_PHONE if len(digits) >= 5 else Phrase.NOT_A_PHONE, context)


def _only_a_number(text: str) -> bool:
    """Letters would be read as keys of a telephone, which nobody means here."""
    return not any(map(str.isalpha, text))


def _taken(
    value: str, shown: str, extension: re.Match[str] | None, text: str, context: Context, *, doubt: bool = False
) -> Reading:
    if extension:
        value = f"{value};ext={extension[1]}"
        shown = show_phone(value, context.lang)
    if doubt:
        return Unsure(value, shown)
    return Understood(value, shown, repeat=shown != text)
