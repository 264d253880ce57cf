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
from hub.model.account_link import AccountLink, LetterDue, LinkKind
from hub.model.channel import Channel
from hub.model.ids import ChannelId, OperatorId, ProjectId, new_id
from hub.services import letters as module
from hub.services.account_letters import Letter
from hub.services.letters import Letters, Posted
from hub.store.account_links import AccountLinks
from hub.store.channels import Channels
from hub.store.clock import DatabaseClock
from hub.store.connection import Connection
from tests.services.desk import NOW, PROJECT, channel

TO = "new@example.org"
LETTER = Letter("Welcome", "https://hub.example.org/welcome")
SOON_S = 60


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


@dataclass
class Writing:
    """One process that writes letters, and the links of all."""

    letters: Letters
    links: AccountLinks
    clock: DatabaseClock
    connection: Connection

    async def link(self, to: str = TO, *, link: str = "", operator: str = "", lasts_s: float = 3600) -> AccountLink:
        """A new link whose letter is due now."""
        now = self.clock.now()
        made = AccountLink(
            id=link or new_id(), kind=LinkKind.RESET, project=PROJECT, email=to,
            operator=OperatorId(operator or new_id()), created_at=now, expires_at=now + timedelta(seconds=lasts_s),
            letter=LetterDue(locale="en", key=new_id(), due_at=now),
        )  # fmt: skip
        await self.links.add(made, made.id)
        self.letters.wake()
        return made

    async def send(self, to: str = TO) -> Posted:
        """What came of the first try of a letter."""
        link = new_id()
        async with self.letters.first_try(link) as posted:
            await self.link(to, link=link)
            return await posted()

    async def none_waits(self) -> None:
        """Return when every letter was taken or given up."""
        links = self.connection.database["account_links"]
        async with asyncio.timeout(SOON_S):
            while await links.find_one({"letter.due_at": {"$ne": None}}):
                await asyncio.sleep(0.01)


async def _compose(_: AccountLink) -> tuple[Sequence[ProjectId], Letter] | None:
    return [PROJECT], LETTER


async def offices_of(connection: Connection, *offices: Office) -> dict[ChannelId, Office]:
    """Channels of the project, in this order."""
    store, by_channel = Channels(connection.database), {}
    for number, office in enumerate(offices):
        made = channel(f"office-{number}", "email").model_copy(update={"created_at": NOW + timedelta(days=number)})
        await store.add(made)
        by_channel[made.id] = office
    return by_channel


@asynccontextmanager
async def process(
    connection: Connection,
    by_channel: dict[ChannelId, Office],
    *,
    pauses_s: Sequence[float] = (0.02,) * 20,
    claim_s: float = 60,
) -> AsyncIterator[Writing]:
    """A process that writes what is due."""

    def running(wanted: ChannelId) -> Connector:
        return cast("Connector", by_channel[wanted])

    def connect(wanted: Channel) -> Connector:
        raise AssertionError(wanted)

    clock, links = DatabaseClock(connection.database), AccountLinks(connection.database)
    await clock.sync()
    letters = Letters(
        links, Channels(connection.database), clock, running=running, connect=connect, timeout_s=SOON_S,
        pauses_s=pauses_s, look_s=0.02, claim_s=claim_s,
    )  # fmt: skip
    async with background(lambda: letters.run(_compose)):
        yield Writing(letters, links, clock, connection)


@asynccontextmanager
async def letters_by(
    connection: Connection, *offices: Office, pauses_s: Sequence[float] = (0.02,) * 20
) -> AsyncIterator[Writing]:
    """One process with these channels."""
    async with process(connection, await offices_of(connection, *offices), pauses_s=pauses_s) as writing:
        yield writing


async def test_a_letter_that_is_deferred_is_tried_again_as_the_same_letter(connection: Connection) -> None:
    """A server that is away, or greylists, has it some minutes later."""
    office = Office([ChannelUnavailable("Away."), MessageDeferred("Greylisted.")])
    async with letters_by(connection, office) as writing:
        assert await writing.send() is Posted.TRYING
        await writing.none_waits()
    assert (len(office.keys), len(set(office.keys)), office.errors) == (3, 1, [])


async def test_what_one_channel_will_never_take_another_takes_at_once(connection: Connection) -> None:
    first, second = Office([MessageRejected("smtp_550", "No.")] * 9), Office()
    async with letters_by(connection, first, second) as writing:
        assert await writing.send() is Posted.SENT
        assert await writing.send("gone@example.org") is Posted.SENT
    assert (len(first.keys), len(second.keys)) == (2, 2)


async def test_a_letter_that_may_have_been_taken_goes_to_the_same_channel_again(connection: Connection) -> None:
    """Else there would be two; the same one twice is one for mail programs."""
    first, second = Office([SendUncertain("No answer.")]), Office()
    async with letters_by(connection, first, second) as writing:
        assert await writing.send() is Posted.TRYING
        await writing.none_waits()
    assert (len(first.keys), len(set(first.keys)), second.keys) == (2, 1, [])


async def test_a_channel_that_refused_is_not_asked_again_for_the_same_letter(connection: Connection) -> None:
    """What is known of the channels is known in the next try, too, whichever process makes it."""
    first, second = Office([MessageRejected("smtp_550", "No.")] * 9), Office([ChannelUnavailable("Away.")] * 2)
    async with letters_by(connection, first, second) as writing:
        assert await writing.send() is Posted.TRYING
        await writing.none_waits()
    assert (len(first.keys), len(second.keys)) == (1, 3)


async def test_a_slow_server_holds_up_no_other_letter(connection: Connection) -> None:
    office = Office(held=["slow@example.org"])
    async with letters_by(connection, office) as writing:
        await writing.link("slow@example.org")
        assert await writing.send() is Posted.SENT
        office.open.set()
        await writing.none_waits()
    assert len(office.keys) == 2


async def test_a_letter_is_given_up_after_a_while_and_no_sooner(connection: Connection) -> None:
    """Half an hour by default. One that is refused by all is given up at once."""
    assert 20 * 60 <= sum(module.PAUSES_S) <= 40 * 60
    office = Office([ChannelUnavailable("Away.")] * 50)
    async with letters_by(connection, office, pauses_s=(0.01,) * 3) as writing:
        assert await writing.send() is Posted.TRYING
        await writing.none_waits()
        assert len(office.keys) == 4
        office.errors = [MessageRejected("smtp_550", "No.")]
        assert await writing.send() is Posted.REFUSED
        assert len(office.keys) == 5


async def test_a_letter_whose_link_was_used_or_has_ended_is_not_tried_again(connection: Connection) -> None:
    office = Office([ChannelUnavailable("Away.")] * 50)
    async with letters_by(connection, office, pauses_s=(1,) * 50) as writing:
        used, ended = await writing.link(), await writing.link(lasts_s=0.5)
        await _tries(office, 2)
        assert await writing.links.use(used.id)
        await asyncio.sleep(0.5)
        office.errors.clear()
        tried = len(office.keys)
        assert await writing.send() is Posted.SENT
        await asyncio.sleep(1)
        assert len(office.keys) == tried + 1, ended


async def test_a_newer_link_takes_the_place_of_one_whose_letter_could_not_be_sent(connection: Connection) -> None:
    """Somebody who asks again meanwhile gets one letter, not all of them."""
    office = Office([ChannelUnavailable("Away.")])
    async with letters_by(connection, office, pauses_s=(600,) * 50) as writing:
        older = await writing.link(operator="o1")
        await _tries(office, 1)
        await writing.links.drop_letters(OperatorId("o1"))
        await writing.link(operator="o1")
        await writing.none_waits()
        found = await writing.connection.database["account_links"].find_one({"_id": older.id})
    assert found is not None
    assert found["letter"] is None
    assert len(office.keys) == 2


async def test_a_stop_loses_no_letter(connection: Connection) -> None:
    """What could not be sent before is sent after the next start, as the same letter."""
    office = Office([ChannelUnavailable("Away.")])
    offices = await offices_of(connection, office)
    async with process(connection, offices, pauses_s=(0.5,) * 9) as writing:
        assert await writing.send() is Posted.TRYING
    async with process(connection, offices) as writing:
        await writing.none_waits()
    assert (len(office.keys), len(set(office.keys))) == (2, 1)


async def test_a_letter_that_was_on_its_way_at_a_stop_goes_again(connection: Connection) -> None:
    """Whether the server has it is not known: it is the same letter. Not before the claim of the dead has ended."""
    office = Office(held=[TO])
    offices = await offices_of(connection, office)
    async with process(connection, offices, claim_s=1) as writing:
        await writing.link()
        await _tries(office, 1)
    office.open.set()
    async with process(connection, offices) as writing:
        await writing.none_waits()
    assert (len(office.keys), len(set(office.keys))) == (2, 1)


async def test_several_processes_send_each_letter_once(connection: Connection) -> None:
    """Also one that takes longer than a claim lasts."""
    office = Office(held=["slow@example.org"])
    offices = await offices_of(connection, office)
    async with process(connection, offices, claim_s=4) as first, process(connection, offices, claim_s=4):
        await first.link("slow@example.org")
        for _ in range(30):
            await first.link()
        await _tries(office, 31)
        await asyncio.sleep(6)
        office.open.set()
        await first.none_waits()
    assert (len(office.keys), len(set(office.keys))) == (31, 31)


async def test_a_claim_that_somebody_else_has_is_left_alone(connection: Connection) -> None:
    """Whoever was away for so long that another took the letter on changes nothing about it."""
    async with letters_by(connection, Office(held=[TO])) as writing:
        link = await writing.link()
        async with asyncio.timeout(SOON_S):
            while not await writing.connection.database["account_links"].find_one({"letter.tries": 1}):
                await asyncio.sleep(0.01)
        assert not await writing.links.settle_letter(link.id, 0, None)
        assert await writing.links.settle_letter(link.id, 1, None)


async def test_more_letters_than_can_go_at_once_wait_for_their_turn(connection: Connection) -> None:
    office = Office(held=["slow@example.org"])
    async with letters_by(connection, office) as writing:
        for _ in range(module.AT_ONCE):
            await writing.link("slow@example.org")
        await _tries(office, module.AT_ONCE)
        await writing.link()
        await asyncio.sleep(0.2)
        assert len(office.keys) == module.AT_ONCE
        office.open.set()
        await writing.none_waits()
    assert len(office.keys) == module.AT_ONCE + 1


async def _tries(office: Office, count: int) -> None:
    async with asyncio.timeout(SOON_S):
        while len(office.keys) < count:
            await asyncio.sleep(0.01)
