"""Reasons as they are kept: their English sentence, and what they are said from in other languages."""

from collections.abc import Sequence
from typing import Any

from connectors.reasons import REASONS, sentence, why
from connectors.text import clean_text
from hub.model.message import Delivery
from hub.model.why import Why

EXPIRED, UNCERTAIN, UNREACHABLE = "expired", "uncertain", "unreachable"
"""Codes of a delivery that have a sentence. The first two are said beside the reason that was behind it."""


def cleaned(reason: Why) -> Why:
    """The reason as it can be stored: a service may say anything."""
    facts = {name: clean_text(fact) for name, fact in reason.facts.items()}
    return Why(code=reason.code, facts=facts, said=clean_text(reason.said))


def kept(reason: Why, code: str | None = None) -> dict[str, Any]:
    """What stands in a delivery, under its `code` where it has failed: the two always change together."""
    reason = cleaned(reason)
    beside = [sentence(why(UNCERTAIN))] if code == UNCERTAIN else []
    return {
        "reason": " ".join((*beside, sentence(reason))),
        "why": reason.model_dump() if reason.code else None,
    }


def kept_text(text: str | None) -> dict[str, Any]:
    """What stands in a delivery where there are words only."""
    return {"reason": text, "why": None}


def kept_several(reasons: Sequence[Why]) -> dict[str, Any]:
    """What stands in the delivery of a message that was sent: what of it did not work."""
    reasons = [cleaned(reason) for reason in reasons]
    return {
        "reason": " ".join(sentence(reason) for reason in reasons) or None,
        "why": None,
        "whys": [reason.model_dump() for reason in reasons],
    }


def in_words(delivery: Delivery, language: str) -> str | None:
    """Why a message was not delivered, in a language; None where that is not known in it."""
    reasons = [why(code) for code in (EXPIRED, UNCERTAIN) if code == delivery.code]
    if delivery.why is not None and delivery.why.code != delivery.code:
        reasons.append(delivery.why)
    elif delivery.why is None and delivery.code == UNREACHABLE:
        reasons.append(why(UNREACHABLE))
    return " ".join(sentence(one, language) for one in reasons if one.code in REASONS) or None


def told(notices: Sequence[Why]) -> tuple[str | None, Sequence[Why]]:
    """What stands in a channel's health of what does not work beside it."""
    notices = [cleaned(notice) for notice in notices]
    return "\n".join(sentence(notice) for notice in notices) or None, notices
