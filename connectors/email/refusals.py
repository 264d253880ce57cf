"""What a mail server's refusal means: come again later, and when, or never. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.base import Later
from connectors.email.mime import text_of
from connectors.errors import ChannelUnavailable, ContactUnreachable, MessageDeferred, MessageRejected
from connectors.reasons import why
from hub.model.why import Why

NO_UTF8 = "the mail server lacks SMTPUTF8"
ENDS = frozenset({421, 432})
"""The server, or Microsoft's count of connections, has no room for us at all: that passes sooner than a deferral."""
LONGEST_SAID_S = 6 * 3600.0
SPARE_S = 5.0
"""Its clock and ours may differ by so much: who comes a second too early may have to wait anew."""
_STATUS = re.compile(r"\b5\.(1\.[1236]|1\.10|2\.1)\b")
KINDS = (
    (re.compile(r"\b5\.2\.2\b"), "smtp_mailbox_full"),
    (re.compile(r"\b5\.(2\.3|3\.4)\b"), "smtp_too_big"),
    (re.compile(r"\b5\.7\.\d"), "smtp_policy"),
    (re.compile(r"^552\b.*\b(quota|full|storage)\b", re.IGNORECASE), "smtp_mailbox_full"),
    (re.compile(r"^552\b.*\b(size|large|big)\b", re.IGNORECASE), "smtp_too_big"),
)
"""What a refusal says by its enhanced code (RFC 3463), or else in words, and which of our reasons that is."""
_AGAIN = re.compile(
    r"\b(?:again|back|retry|wait)\b[^0-9]{0,30}\b(?:(\d{1,2}):(\d\d):(\d\d)|(\d{1,5})\s*(s|m|h)(?:ec|in|our|r)?[a-z]*)\b",
    re.IGNORECASE,
)
"""As greylisting servers say it: "try again in 300 seconds", "please come back in 00:05:00", "retry in 5 min"."""
_UNITS_S = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True)
class Handed:
    """A mail that was handed over: why copies never get it, which are to come again with, and which were taken."""

    refused: tuple[Why, ...] = ()
    later: Later | None = None
    copied: tuple[str, ...] = ()


def handed(copies: Sequence[str], refused: Mapping[str, tuple[int, str]]) -> Handed:
    """What became of the copies. 4xx comes again later, 5xx never, as with the recipient."""
    copied = tuple(copy for copy in copies if copy not in refused)
    later = {copy: said for copy, (code, said) in refused.items() if 400 <= code < 500}
    lost = tuple(_lost(copy, said) for copy, (_, said) in refused.items() if copy not in later)
    if not later:
        return Handed(lost, copied=copied)
    whys = tuple(why("copy_waits", in_short(said), copy=copy) for copy, said in later.items())
    when = max((seconds for said in later.values() if (seconds := again_s(said)) is not None), default=None)
    return Handed(lost, Later(tuple(later), whys, when), copied)


def _lost(copy: str, said: str) -> Why:
    return (
        why("letters_of_recipient", address=copy) if said == NO_UTF8 else why("copy_refused", in_short(said), copy=copy)
    )


def refusal(
    code: int, message: str, recipient: str
) -> MessageRejected | ContactUnreachable | MessageDeferred | ChannelUnavailable:
    """What a refusal means: 4xx comes again later, 5xx never; an address that is itself at fault is given up."""
    said = in_short(message)
    if code in ENDS:
        return ChannelUnavailable(why("smtp_later", said, status=code))
    if 400 <= code < 500:
        return MessageDeferred(why("smtp_deferred", said, status=code), again_s(said))
    if _STATUS.search(said):
        return ContactUnreachable(why("smtp_unknown_address", said, recipient=recipient))
    kind = next((kind for pattern, kind in KINDS if pattern.search(f"{code} {said}")), "smtp_refused")
    reason = Why(code=kind, facts={"recipient": recipient, "status": str(code)}, said=said)
    return MessageRejected(f"smtp_{code}", reason)


def again_s(said: str) -> float | None:
    """In how many seconds a server wants to be asked again; None where it does not say, or says what is no time."""
    found = _AGAIN.search(said)
    if found is None:
        return None
    hours, minutes, seconds, number, unit = found.groups()
    if number is not None:
        wanted_s = int(number) * _UNITS_S[unit.lower()]
    else:
        wanted_s = int(hours) * 3600 + int(minutes) * 60 + int(seconds)
    return wanted_s + SPARE_S if 0 < wanted_s <= LONGEST_SAID_S else None


def in_short(message: str) -> str:
    """What a server says, which is in its own charset at times: the library hands those bytes on as surrogates."""
    return " ".join(text_of(message.encode("utf-8", "surrogateescape"), None).split())[:300]
