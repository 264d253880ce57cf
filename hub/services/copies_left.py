"""Copies that are left: what is kept and told of further recipients who are to be tried again. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from connectors.base import Later, Sent
from connectors.reasons import why
from hub.model.message import CopiesDue
from hub.model.why import Why
from hub.services.back_off import deferral_s
from hub.services.reasons import cleaned


def due_copies(
    later: Later, now: datetime, *, tries: int = 1, deferred: int = 1, refused: Sequence[Why] = ()
) -> CopiesDue:
    """What is kept of copies whose servers have now asked `deferred` times to come later."""
    due_at = now + timedelta(seconds=deferral_s(deferred, later.after_s))
    waits = tuple(cleaned(reason) for reason in later.whys)
    return CopiesDue(
        addresses=later.copies, due_at=due_at, tries=tries, deferred=deferred, waits=waits, refused=tuple(refused)
    )


def told(due: CopiesDue) -> Sequence[Why]:
    """What the operator reads beside a message with copies that are still tried."""
    return (*due.refused, *due.waits)


def after_sending(sent: Sent, now: datetime) -> tuple[Sequence[Why], CopiesDue | None]:
    """What the operator reads of a message that was sent, and which of its copies are to be tried again."""
    refused = tuple(cleaned(reason) for reason in sent.but)
    if sent.later is None:
        return refused, None
    due = due_copies(sent.later, now, refused=refused)
    return told(due), due


def deferred_again(due: CopiesDue, reason: Why) -> CopiesDue:
    """As `due`, after one answer for all of them asked to come later."""
    waits = tuple(cleaned(why("copy_waits", reason.said, copy=copy)) for copy in due.addresses)
    return due.model_copy(update={"deferred": due.deferred + 1, "waits": waits})


def given_up(due: CopiesDue) -> Sequence[Why]:
    """What is told when their time is over."""
    said = {reason.facts.get("copy"): reason.said for reason in due.waits}
    return (*due.refused, *(why("copy_given_up", said.get(copy, ""), copy=copy) for copy in due.addresses))
