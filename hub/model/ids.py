"""Identifiers: one NewType per kind of thing, made at random or derived from what they stand for."""

import hashlib
import os
import time
from typing import NewType

ProjectId = NewType("ProjectId", str)
TeamId = NewType("TeamId", str)
OperatorId = NewType("OperatorId", str)
ChannelId = NewType("ChannelId", str)
ContactId = NewType("ContactId", str)
AddressId = NewType("AddressId", str)
ConversationId = NewType("ConversationId", str)
MessageId = NewType("MessageId", str)
TurnId = NewType("TurnId", str)
TimerId = NewType("TimerId", str)
AttachmentId = NewType("AttachmentId", str)
ParkedId = NewType("ParkedId", str)
TaskId = NewType("TaskId", str)

ID_PATTERN = r"^[0-9a-f]{32}$"


def new_id() -> str:
    """A fresh identifier of 32 hex digits.

    The leading 12 digits are the time in milliseconds, so that new keys land at one end of an index. They are
    never used for order: order is position, seq or the feed's token (`docs/architecture.md`).
    """
    return f"{time.time_ns() // 1_000_000:012x}{os.urandom(10).hex()}"


def derived_id(*parts: str | int) -> str:
    """The identifier, of 32 hex digits, of the thing that `parts` determine: the same parts give the same id.

    Whatever a Turn causes has such an id, so that doing it a second time meets the first.
    """
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        raw = str(part).encode()
        digest.update(len(raw).to_bytes(4, "big"))
        digest.update(raw)
    return digest.hexdigest()
