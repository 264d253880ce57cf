"""E-mail addresses, as they stand in answers: with a display name, in another script, or with a slip of the finger."""

import re

import idna

from flows.answers.cleaning import plain
from flows.answers.reading import Context, Raw, Reading, Understood, Unsure, refuse
from flows.phrases import Phrase

TEXT_LIMIT = 500
ADDRESS_LIMIT = 254  # RFC 5321 4.5.3.1.3, as erratum 1690 counts it
LOCAL_LIMIT = 64

_PLAIN = re.compile(r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@((?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+[a-z]{2,})")
PLAIN_LIMIT = LOCAL_LIMIT - 1  # no part of so short an address is too long
_WORD = re.compile(r"[^\s<>()\[\]\"';:,|@]+@[^\s<>()\[\]\"';:,|@]+")
_LOCAL = re.compile(r"[^\s<>()\[\]\"';:,|@\\]+")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_BEFORE = re.compile(r"(?i)^(?:mailto:|(?:e-?mail|почта)(?::|\s)\s*)")
_AT = re.compile(r"(?i)\s*(?:\(at\)|\[at\]|\{at\}|\(собака\)| собака )\s*")
_DOT = re.compile(r"(?i)\s*(?:\(dot\)|\[dot\]|\(точка\)| точка )\s*")
_SPLIT_NAME = re.compile(r"^[a-z0-9._-]+ [a-z0-9._-]+@[^@ ]+$", re.IGNORECASE)

_LATIN, _CYRILLIC = re.compile(r"[a-z]", re.IGNORECASE), re.compile(r"[а-яё]", re.IGNORECASE)
LOOKALIKES = str.maketrans("асеорхуіАСЕОРХУІВКМНТ", "aceopxyiACEOPXYIBKMHT")

SLIPS = {
    "gmial.com": "gmail.com", "gmai.com": "gmail.com", "gmal.com": "gmail.com", "gmail.co": "gmail.com",
    "gmail.con": "gmail.com", "gmail.ru": "gmail.com", "gamil.com": "gmail.com", "gmail.cm": "gmail.com",
    "gnail.com": "gmail.com", "gmaill.com": "gmail.com", "mail.ry": "mail.ru", "maill.ru": "mail.ru",
    "meil.ru": "mail.ru", "mail.r": "mail.ru", "yandex.ry": "yandex.ru", "yandx.ru": "yandex.ru",
    "yadex.ru": "yandex.ru", "yandex.r": "yandex.ru", "jandex.ru": "yandex.ru", "hotmial.com": "hotmail.com",
    "hotmai.com": "hotmail.com", "hotmail.con": "hotmail.com", "outlok.com": "outlook.com",
    "outlook.con": "outlook.com", "yaho.com": "yahoo.com", "yahoo.con": "yahoo.com", "icloud.con": "icloud.com",
}  # fmt: skip
"""Domains of big mail services as fingers miss them."""


def read_email(raw: Raw, context: Context) -> Reading:
    """The one address in `raw`; its domain in lower case, and in ASCII when it has another script."""
    if not isinstance(raw, str):
        return refuse(Phrase.WRONG_KIND, context)
    return read_plain(raw) or search(raw, context)


def read_plain(raw: str) -> Understood | None:
    """An address alone, without a sign that could be a slip, as most are; None for any other text.

    It is the one that `search` finds, without a search.
    """
    match = _PLAIN.fullmatch(raw) if len(raw) <= PLAIN_LIMIT else None
    return Understood(raw, raw) if match and match[1] not in SLIPS else None


def search(raw: str, context: Context) -> Reading:
    """The one address among whatever else was written."""
    text = plain(raw[: TEXT_LIMIT + 1])
    if not text:
        return refuse(Phrase.EMPTY, context)
    if len(text) > TEXT_LIMIT:
        return refuse(Phrase.NOT_AN_EMAIL, context)
    text, slipped = _in_one_script(_BEFORE.sub("", text))
    found = _addresses(text)
    if len(found) > 1:
        return refuse(Phrase.SEVERAL_EMAILS, context, values=", ".join(found))
    if found and text.count("@") == 1:
        address = found[0]
        mended = _mended_domain(address)
        if mended != address:
            return Unsure(mended, mended)
        if slipped or _SPLIT_NAME.search(text) or address.rpartition("@")[0] not in _LOCAL.findall(text):
            return Unsure(address, address)
        if _cut_by_comma(text):
            return _with_slips_mended(text, context)
        return Understood(address, address, repeat=address != text)
    return _with_slips_mended(text, context)


def _in_one_script(text: str) -> tuple[str, bool]:
    """A Cyrillic letter among Latin ones is a slip of the keyboard, or a trap; whether there was one."""
    words = text.split(" ")
    mended = [
        word.translate(LOOKALIKES) if "@" in word and _LATIN.search(word) and _CYRILLIC.search(word) else word
        for word in words
    ]
    kept = [new if new.isascii() else old for new, old in zip(mended, words, strict=True)]
    return " ".join(kept), kept != words


def _addresses(text: str) -> list[str]:
    checked = (_checked(match.group()) for match in _WORD.finditer(text))
    return list(dict.fromkeys(address for address in checked if address))


def _checked(word: str) -> str | None:
    """`word` as an address in one spelling, or None."""
    local, _, domain = word.rpartition("@")
    local, domain = local.strip("."), domain.rstrip(".!?").lower()
    try:
        domain = idna.encode(domain, uts46=True).decode("ascii") if not domain.isascii() else domain
    except UnicodeError:
        return None
    labels = domain.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        return None
    if len(labels[-1]) < 2 or not _LOCAL.fullmatch(local) or ".." in local or len(local) > LOCAL_LIMIT:
        return None
    return f"{local}@{domain}" if len(local) + 1 + len(domain) <= ADDRESS_LIMIT else None


def _mended_domain(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local}@{SLIPS.get(domain, domain)}"


def _cut_by_comma(text: str) -> bool:
    """`name@mail.example,com`: the comma stands where a dot would."""
    return bool(re.search(r"@[^\s,@]+,[a-z]{2,6}$", text.lower()))


def _with_slips_mended(text: str, context: Context) -> Reading:
    """What an obvious slip was meant to be, to be confirmed: a comma or a space for the dot, a written-out sign."""
    mended = _DOT.sub(".", _AT.sub("@", f" {text} ")).strip()
    mended = re.sub(r" ?[,;] ?| ?\. ?", ".", mended)
    mended = re.sub(r"(?i)(@\S+) ([a-z]{2,4})$", r"\1.\2", mended)
    mended = re.sub(r" ?@+ ?", "@", mended).replace("..", ".").rstrip(".")
    found = _addresses(mended)
    if len(found) == 1 and found[0].casefold() == mended.casefold():
        address = _mended_domain(found[0])
        return Unsure(address, address)
    return refuse(Phrase.NOT_AN_EMAIL, context)
