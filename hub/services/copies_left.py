"""Copies that are left: what is kept and told of further recipients who are to be tried again. Pure."""

from datetime import datetime, timedelta

from connectors.base import Later, Sent
from connectors.text import clean_text
from hub.model.message import CopiesDue
from hub.services.back_off import deferral_s


def due_copies(later: Later, now: datetime, *, tries: int = 1, deferred: int = 1, lost: str | None = None) -> CopiesDue:
    """What is kept of copies whose servers have now asked `deferred` times to come later."""
    due_at = now + timedelta(seconds=deferral_s(deferred, later.after_s))
    return CopiesDue(
        addresses=later.copies, due_at=due_at, tries=tries, deferred=deferred, why=clean_text(later.why), lost=lost
    )


def told(due: CopiesDue) -> str:
    """What the operator reads beside a message with copies that are still tried."""
    return joined(due.lost, f"{due.why}. It is tried again.") or ""


def after_sending(sent: Sent, now: datetime) -> tuple[str | None, CopiesDue | None]:
    """What the operator reads of a message that was sent, and which of its copies are to be tried again."""
    lost = clean_text(sent.but) if sent.but is not None else None
    if sent.later is None:
        return lost, None
    due = due_copies(sent.later, now, lost=lost)
    return told(due), due


def joined(*sentences: str | None) -> str | None:
    """The sentences as one; None where there are none."""
    return "; ".join(sentence for sentence in sentences if sentence) or None
