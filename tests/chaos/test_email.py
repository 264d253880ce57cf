"""The crash test over e-mail: hub, database and mail server are killed at random while mails arrive."""

import hashlib
import sys

import pytest

from tests.chaos.email_run import check, run_email
from tests.chaos.logs import Document, Stored

pytestmark = pytest.mark.timeout(450)


async def test_every_mail_is_stored_once_and_in_the_order_of_its_uid() -> None:
    """Each mail that lies in the mailbox in the end is a message or, where nobody can read it, parked."""
    outcome = await run_email(seed=51, mails=500, seconds=40)
    sys.stdout.write(f"{outcome}\n")
    assert outcome.passed, outcome
    assert outcome.counts["mails"] >= 500
    assert outcome.counts["hub kills"] >= 2
    assert outcome.counts["mongod kills"] >= 2
    assert outcome.counts["server kills"] >= 1


def _message(raw: bytes, position: int, conversation: str = "c") -> Document:
    return {
        "direction": "in", "external_id": f"sha256:{hashlib.sha256(raw).hexdigest()}", "position": position,
        "conversation": conversation,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("messages", "fault"),
    [
        ([_message(b"one", 1), _message(b"two", 2)], None),
        ([_message(b"one", 1)], "lost"),
        ([_message(b"one", 1), _message(b"two", 2), _message(b"two", 3)], "twice"),
        ([_message(b"two", 1), _message(b"one", 2)], "out_of_order"),
        ([_message(b"two", 1, "a"), _message(b"one", 1, "b")], "out_of_order"),
    ],
)
def test_the_check_sees_each_fault(messages: list[Document], fault: str | None) -> None:
    """Planted ones: a check that sees nothing proves nothing."""
    conversations: list[Document] = [
        {"_id": name, "contact": "p", "number": number} for number, name in enumerate(("a", "b", "c"), 1)
    ]
    outcome = check([b"one", b"two"], Stored(messages, [], conversations, [], [], [], []))
    assert [name for name in ("lost", "twice", "out_of_order") if getattr(outcome, name)] == ([fault] if fault else [])
