"""What a person is found by: each of their names from every word on, and where they can be reached, in one spelling."""

import re
import unicodedata
from collections.abc import Iterator

import phonenumbers

KEY_LIMIT = 100
NAME_WORDS = 10
PHONE_DIGITS = range(6, 16)  # E.164 has at most fifteen; fewer than six are no number that one is found by
_PHONE = re.compile(r"\+?[\d\s().-]+")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")
RUSSIAN_TRUNK = re.compile(r"8(\d{10})")


def name_keys(name: str | None) -> list[str]:
    """A name from each of its words on: what it is found by as one types."""
    words = _spelled(name or "").split(" ")[:NAME_WORDS]
    return [" ".join(words[first:])[:KEY_LIMIT] for first in range(len(words)) if words[first]]


def address_keys(value: str, *, username: bool = False) -> list[str]:
    """What an address or a fact is found by: an e-mail address, the digits of a phone, a name of an account.

    Nothing for what is none of these: a free text is no address.
    """
    plain = " ".join(value.split())[:KEY_LIMIT]
    if username:
        return [plain.removeprefix("@").casefold()] if plain else []
    if _EMAIL.fullmatch(plain):
        return [plain.casefold()]
    digits = re.sub(r"\D", "", plain)
    if _PHONE.fullmatch(plain) and len(digits) in PHONE_DIGITS:
        return list(dict.fromkeys([digits, *_national(plain, digits)]))
    return []


def people_key(query: str) -> str:
    """A query as keys of people are written: the digits of a phone, an address, a name of an account, a name."""
    plain = " ".join(query.split())[:KEY_LIMIT]
    digits = re.sub(r"\D", "", plain)
    if _PHONE.fullmatch(plain) and digits:
        # Russians write their numbers with the 8 of the long-distance network.
        trunk = RUSSIAN_TRUNK.fullmatch(digits)
        return f"7{trunk[1]}" if trunk and not plain.startswith("+") else digits
    if plain.startswith("@"):
        return plain[1:].casefold()
    return plain.casefold() if "@" in plain else _spelled(plain)


def _spelled(name: str) -> str:
    """One spelling of a name: small letters, compatible forms as one, ё as е, one space between words."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().replace("ё", "е").split())


def _national(plain: str, digits: str) -> Iterator[str]:
    """The number as it is written at home, without the code of its country."""
    try:
        parsed = phonenumbers.parse(plain if plain.startswith("+") else f"+{digits}", None)
    except phonenumbers.NumberParseException:
        return
    if phonenumbers.is_possible_number(parsed):
        yield str(parsed.national_number)
