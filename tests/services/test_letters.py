"""Letters of the hub's own: which channel takes them, and what becomes of one that none takes at first."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import cast

from connectors.base import Connector
from connectors.errors import ChannelUnavailable, ConnectorError, MessageDeferred, MessageRejected, SendUncertain
from hub.app.background import background
from hub.model.channel import Channel
from hub.model.ids import ChannelId
from hub.services import letters as module
from hub.services.account_letters import Letter
from hub.services.letters import Letters, Posted
from hub.store.channels import Channels
from hub.store.connection import Connection
from tests.services.desk import NOW, PROJECT, channel

TO = "new@example.org"
LETTER = Letter("Welcome", "https://hub.example.org/welcome")
SOON_S = 30


@dataclass
class Office:
    """A mail channel: what it took, under which keys, and what it is going to say instead, at first."""

    errors: list[ConnectorError] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    """To whom it hands nothing over while `open` is not set."""
    open: asyncio.Event = field(default_factory=asyncio.Event)

    async def write(self, to: str, subject: str, text: str, key: str) -> None:
        """Take a letter, or not."""
        self.keys.append(key)
        if to in self.held:
            await self.open.wait()
        if self.errors:
            raise self.errors.pop(0)


async def _always() -> bool:
    return True


@asynccontextmanager
async def letters_by(
    connection: Connection, *offices: Office, pauses_s: Sequence[float] = (0.02,) * 20
) -> AsyncIterator[Letters]:
    """Letters through these channels, in this order."""
    store, by_channel = Channels(connection.database), {}
    for number, office in enumerate(offices):
        made = channel(f"office-{number}", "email").model_copy(update={"created_at": NOW + timedelta(days=number)})
        await store.add(made)
        by_channel[made.id] = office

    def running(wanted: ChannelId) -> Connector:
        return cast("Connector", by_channel[wanted])

    def connect(wanted: Channel) -> Connector:
        raise AssertionError(wanted)

    letters = Letters(store, running=running, connect=connect, timeout_s=SOON_S, pauses_s=pauses_s)
    async with background(letters.run):
        yield letters


async def none_waits(letters: Letters) -> None:
    async with asyncio.timeout(SOON_S):
        while letters._waiting:
            await asyncio.sleep(0.01)


async def test_a_letter_that_is_deferred_is_tried_again_as_the_same_letter(connection: Connection) -> None:
    """A server that is away, or greylists, has it some minutes later."""
    office = Office([ChannelUnavailable("Away."), MessageDeferred("Greylisted.")])
    async with letters_by(connection, office) as letters:
        assert await letters.send([PROJECT], TO, LETTER, _always) is Posted.TRYING
        await none_waits(letters)
    assert (len(office.keys), len(set(office.keys)), office.errors) == (3, 1, [])


async def test_what_one_channel_will_never_take_another_takes_at_once(connection: Connection) -> None:
    first, second = Office([MessageRejected("smtp_550", "No.")] * 9), Office()
    async with letters_by(connection, first, second) as letters:
        assert await letters.send([PROJECT], TO, LETTER, _always) is Posted.SENT
        assert await letters.send([PROJECT], "gone@example.org", LETTER, _always) is Posted.SENT
    assert (len(first.keys), len(second.keys)) == (2, 2)


async def test_a_letter_that_may_have_been_taken_goes_to_the_same_channel_again(connection: Connection) -> None:
    """Else there would be two; the same one twice is one for mail programs."""
    first, second = Office([SendUncertain("No answer.")]), Office()
    async with letters_by(connection, first, second) as letters:
        assert await letters.send([PROJECT], TO, LETTER, _always) is Posted.TRYING
        await none_waits(letters)
    assert (len(first.keys), len(set(first.keys)), second.keys) == (2, 1, [])


async def test_a_slow_server_holds_up_no_other_letter(connection: Connection) -> None:
    office = Office(held=["slow@example.org"])
    async with letters_by(connection, office) as letters:
        slow = letters.post([PROJECT], "slow@example.org", LETTER, _always)
        assert slow is not None
        assert await letters.send([PROJECT], TO, LETTER, _always) is Posted.SENT
        assert not slow.done()
        office.open.set()
        assert await slow is Posted.SENT


async def test_a_letter_is_given_up_after_a_while_and_no_sooner(connection: Connection) -> None:
    """Half an hour by default. One that is refused by all is given up at once."""
    assert 20 * 60 <= sum(module.PAUSES_S) <= 40 * 60
    office = Office([ChannelUnavailable("Away.")] * 50)
    async with letters_by(connection, office, pauses_s=(0.01,) * 3) as letters:
        assert await letters.send([PROJECT], TO, LETTER, _always) is Posted.TRYING
        await none_waits(letters)
        assert len(office.keys) == 4
        office.errors = [MessageRejected("smtp_550", "No.")]
        assert await letters.send([PROJECT], TO, LETTER, _always) is Posted.REFUSED
        assert len(office.keys) == 5


async def test_a_letter_that_nobody_wants_any_more_is_not_tried_again(connection: Connection) -> None:
    office = Office([ChannelUnavailable("Away.")] * 50)

    async def not_now() -> bool:
        return False

    async with letters_by(connection, office) as letters:
        assert await letters.send([PROJECT], TO, LETTER, not_now) is Posted.TRYING
        await none_waits(letters)
    assert len(office.keys) == 1


async def test_more_letters_than_can_wait_are_refused(connection: Connection) -> None:
    office = Office([ChannelUnavailable("Away.")] * 10_000)
    async with letters_by(connection, office, pauses_s=(3600,)) as letters:
        for _ in range(module.WAITING_AT_MOST):
            assert letters.post([PROJECT], TO, LETTER, _always) is not None
        assert letters.post([PROJECT], TO, LETTER, _always) is None
        assert await letters.send([PROJECT], TO, LETTER, _always) is Posted.REFUSED
