"""Words by which a contact is known in another channel."""

import re
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.model.events import ConversationStarted, MessageReceived, Sender
from hub.model.ids import ContactId, ProjectId, derived_id
from hub.services.links import VALID_FOR, Links
from hub.store.connection import Connection
from tests.services.desk import NOW, PROJECT, Desk, open_desk

LINKS = Links(b"k" * 32)
CONTACT = ContactId(derived_id("contact", 1))
PHONE = Sender(kind="telegram", value="777", name="Sample")


def test_a_word_stands_for_its_contact_for_a_day() -> None:
    word = LINKS.word(PROJECT, CONTACT, NOW)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", word)
    assert LINKS.contact(PROJECT, word, NOW + VALID_FOR) == CONTACT
    assert LINKS.contact(PROJECT, word, NOW + VALID_FOR + timedelta(minutes=1)) is None


def test_a_word_is_good_in_its_own_project_and_hub_only() -> None:
    word = LINKS.word(PROJECT, CONTACT, NOW)
    assert LINKS.contact(ProjectId("another"), word, NOW) is None
    assert Links(b"x" * 32).contact(PROJECT, word, NOW) is None


@given(st.integers(1, 48), st.sampled_from("ABab01_-"))
def test_a_changed_word_stands_for_nobody(place: int, letter: str) -> None:
    """Whatever is changed: contact, time, or the proof."""
    word = LINKS.word(PROJECT, CONTACT, NOW)
    changed = word[:place] + letter + word[place + 1 :]
    assert changed == word or LINKS.contact(PROJECT, changed, NOW) is None


@given(st.text(max_size=70))
def test_any_other_start_payload_stands_for_nobody(word: str) -> None:
    assert LINKS.contact(PROJECT, word, NOW) is None
    assert LINKS.contact(PROJECT, "c" + word, NOW) is None


async def _visitor(desk: Desk) -> tuple[ContactId, str]:
    """Somebody who wrote in the web chat, and a word for them."""
    await desk.says("Hello from the page")
    contact = await desk.pipeline.contacts.at(PROJECT, Sender(kind="test", value="visitor"))
    assert contact is not None
    return contact, desk.pipeline.links.word(PROJECT, contact, desk.pipeline.clock.now())


async def _starts(desk: Desk, payload: str | None, sender: Sender = PHONE, name: str = "s1") -> ContactId | None:
    event = ConversationStarted(external_id=name, sender=sender, payload=payload)
    await desk.pipeline.inbound.receive(desk.phone, [event])
    return await desk.pipeline.contacts.at(PROJECT, sender)


async def test_who_follows_a_link_goes_on_as_the_same_contact(connection: Connection) -> None:
    """Also when the start comes twice; the conversation is there at once, and what is written next is in it."""
    async with open_desk(connection) as desk:
        contact, word = await _visitor(desk)
        assert await _starts(desk, word) == contact
        assert await _starts(desk, word) == contact
        said = MessageReceived(external_id="m1", sender=PHONE, text="Here I am")
        [received] = await desk.pipeline.inbound.receive(desk.phone, [said])
        assert received.position == 2
        assert received.conversation is not None
        thread = await desk.thread(received.conversation)
        assert {message.contact for message in thread} == {contact}
        assert thread[0].started


async def test_a_link_is_good_for_one_account(connection: Connection) -> None:
    """Somebody else who finds it is a stranger."""
    async with open_desk(connection) as desk:
        contact, word = await _visitor(desk)
        assert await _starts(desk, word) == contact
        assert await _starts(desk, word, PHONE.model_copy(update={"value": "779"}), "s3") != contact


async def test_an_account_that_was_known_before_becomes_a_part_of_the_contact(connection: Connection) -> None:
    """It is the same person from then on, and the link is used up as by a new account."""
    async with open_desk(connection) as desk:
        contact, word = await _visitor(desk)
        known = PHONE.model_copy(update={"value": "778"})
        before = await _starts(desk, None, known, "s0")
        assert before is not None
        assert await _starts(desk, word, known, "s2") == before != contact
        person = await desk.pipeline.contacts.get(PROJECT, before)
        assert person is not None
        assert person.id == contact
        assert await _starts(desk, word) not in (None, contact, before)


async def test_a_start_without_a_link_is_a_new_contact(connection: Connection) -> None:
    async with open_desk(connection) as desk:
        contact, _ = await _visitor(desk)
        assert await _starts(desk, "ad42") not in (None, contact)
