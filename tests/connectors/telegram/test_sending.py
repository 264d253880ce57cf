"""Sending over the simulator: texts, buttons, files, and every way in which it can go wrong."""

import json
from typing import Any

import pytest

from connectors.base import OutgoingMessage
from connectors.errors import (
    ChannelThrottled,
    ChannelUnavailable,
    ConnectorError,
    ContactUnreachable,
    MessageRejected,
    SendUncertain,
)
from hub.demo.telegram.faults import What
from hub.demo.telegram.flood import Limits
from hub.demo.telegram.server import TelegramSimulator
from hub.model.attachment import AttachmentRef
from hub.model.content import Details, Quote
from hub.model.events import AddressMoved
from hub.model.ids import AttachmentId
from hub.model.message import Ask, Button, Delivery
from tests.connectors.telegram.rig import Rig, picture, playing


def _buttons(count: int, **more: Any) -> tuple[Button, ...]:
    return tuple(Button(label=f"Choice {n}", value=f"f:s:1:{n}", **more) for n in range(count))


def _sent_as(message: OutgoingMessage, *external_ids: str, **more: Any) -> OutgoingMessage:
    update = {"delivery": Delivery(external_ids=external_ids), **more}
    return OutgoingMessage(message.message.model_copy(update=update), message.addresses)


async def test_a_text_arrives_as_it_was_written() -> None:
    """Nothing in it is markup, and the hub knows the message's id."""
    async with playing() as at:
        sent = await at.connector.send(at.to("1 < 2 & *not bold* _nor_ [this](x) <b>"))
        assert at.person.last["text"] == "1 < 2 & *not bold* _nor_ [this](x) <b>"
        assert "entities" not in at.person.last
        assert sent.external_ids == (f"777:{at.person.last['message_id']}",)


async def test_marks_are_sent_as_entities() -> None:
    async with playing() as at:
        html = '😀 <b>bold</b> <a href="https://example.org/">link</a> <script>x</script>'
        await at.connector.send(at.to("😀 bold link x", details=Details(html=html)))
        assert at.person.last["text"] == "😀 bold link x"
        assert at.person.last["entities"] == [
            {"type": "bold", "offset": 3, "length": 4},
            {"type": "text_link", "offset": 8, "length": 4, "url": "https://example.org/"},
        ]


@pytest.mark.parametrize("file", [False, True])
async def test_marks_that_telegram_refuses_are_left_out(file: bool) -> None:
    """The words arrive, once, and the file with them: better plain than not at all."""
    async with playing() as at:
        fault = at.simulator.faults.add(What.MARKS_REFUSED, times=1)
        files = [await _stored(at, "photo.png", picture(8), "image/png")] if file else []
        sent = await at.connector.send(
            at.to("bold text", details=Details(html="<b>bold</b> text"), attachments=tuple(files))
        )
        assert at.person.last["caption" if file else "text"] == "bold text"
        assert not {"entities", "caption_entities"} & at.person.last.keys()
        assert sent.external_ids == (f"777:{at.person.last['message_id']}",)
        assert fault.times == 0
        assert len(at.simulator.journal.sent(777)) == 1


async def test_a_long_text_comes_in_parts_in_order() -> None:
    async with playing() as at:
        text = "\n\n".join(f"Paragraph {n}. " + "word " * 300 for n in range(8))
        sent = await at.connector.send(at.to(text))
        texts = [one["text"] for one in at.person.messages]
        assert len(texts) == len(sent.external_ids) == 4
        assert "".join("".join(texts).split()) == "".join(text.split())


@pytest.mark.parametrize(("count", "rows"), [(3, [1, 1, 1]), (8, [1] * 8), (9, [2, 2, 2, 2, 1])])
async def test_buttons_stand_below_and_many_in_two_columns(count: int, rows: list[int]) -> None:
    async with playing() as at:
        await at.connector.send(at.to("Which?", buttons=_buttons(count)))
        keyboard = at.person.last["reply_markup"]["inline_keyboard"]
        assert [len(row) for row in keyboard] == rows
        assert keyboard[0][0] == {"text": "Choice 0", "callback_data": "f:s:1:0"}


async def test_buttons_that_telegram_cannot_carry_are_lines() -> None:
    """Values over 64 bytes, and more buttons than there may be."""
    async with playing() as at:
        await at.connector.send(at.to("Which?", buttons=(Button(label="Yes", value="я" * 33),)))
        assert at.person.last["text"] == "Which?\n\n1. Yes"
        await at.connector.send(at.to("Which?", buttons=_buttons(101)))
        assert at.person.last["text"].endswith("101. Choice 100")


async def test_ticks_are_drawn_and_change_in_place() -> None:
    """Once: the ticks of a flow's own labels make room for Telegram's."""
    async with playing() as at:
        ask = Ask(question="q", type="choices", multiple=True)
        done = Button(label="Done", value="f:s:1:done")
        message = at.to("Which?", buttons=(*_buttons(2), done), ask=ask)
        sent = await at.connector.send(message)
        assert _labels(at) == ["▫️ Choice 0", "▫️ Choice 1", "Done"]
        ticked = (Button(label="☑ Choice 0", value="f:s:1:0", selected=True), *_buttons(2)[1:], done)
        for _ in range(2):  # the second time nothing changes, which is as good
            await at.connector.edit(_sent_as(message, *sent.external_ids, buttons=ticked))
            assert _labels(at) == ["✅ Choice 0", "▫️ Choice 1", "Done"]
        await at.connector.edit(_sent_as(message, *sent.external_ids, buttons=()))
        assert "reply_markup" not in at.person.last


def _labels(at: Rig) -> list[str]:
    return [button["text"] for row in at.person.last["reply_markup"]["inline_keyboard"] for button in row]


@pytest.mark.parametrize(
    ("request_", "text", "label", "kind"),
    [
        ("phone", "Ваш телефон?", "📱 Отправить номер телефона", "request_contact"),
        ("location", "Where are you?", "📍 Share my location", "request_location"),
    ],
)
async def test_a_question_may_ask_for_phone_or_place(request_: str, text: str, label: str, kind: str) -> None:
    """By a keyboard in place of the letters; other answers stand on it as words."""
    async with playing() as at:
        ask = Ask(question="q", type=request_, request=request_, optional=True)
        await at.connector.send(at.to(text, ask=ask, buttons=(Button(label="Skip", value="f:s:1:skip"),)))
        [call] = at.simulator.journal.of("sendMessage")
        keyboard = json.loads(call.arguments["reply_markup"])
        assert keyboard["keyboard"] == [[{"text": label, kind: True}], [{"text": "Skip"}]]
        assert keyboard["one_time_keyboard"]


async def _stored(at: Rig, name: str, content: bytes, media_type: str) -> AttachmentRef:
    async def pieces() -> Any:
        yield content

    file = await at.hub.services().attachments.store(name, "operator:o", pieces())
    ref = file.model_copy(update={"media_type": media_type})
    at.hub.files[AttachmentId(file.id)] = ref, "operator:o", content
    return ref


async def test_a_file_goes_with_its_text_as_caption() -> None:
    async with playing() as at:
        file = await _stored(at, "plan.pdf", b"%PDF the plan", "application/pdf")
        await at.connector.send(at.to("Our plan", attachments=(file,)))
        assert at.person.last["document"]["file_name"] == "plan.pdf"
        assert at.person.last["caption"] == "Our plan"
        got = at.simulator.world.files
        assert got.open(at.person.last["document"]["file_id"])["file_size"] == len(b"%PDF the plan")


async def test_pictures_are_an_album_and_documents_another() -> None:
    """The text stands on the first; every part has an id."""
    async with playing() as at:
        files = [await _stored(at, f"{n}.png", picture(n + 2), "image/png") for n in range(3)]
        files.append(await _stored(at, "plan.pdf", b"%PDF", "application/pdf"))
        sent = await at.connector.send(at.to("All of it", attachments=tuple(files)))
        shown = at.person.messages
        assert ["photo" in one for one in shown] == [True, True, True, False]
        assert len({one.get("media_group_id") for one in shown[:3]}) == 1
        assert [one.get("caption") for one in shown] == ["All of it", None, None, None]
        assert len(sent.external_ids) == 4


async def test_a_long_text_or_buttons_follow_the_files() -> None:
    async with playing() as at:
        file = await _stored(at, "1.png", picture(2), "image/png")
        await at.connector.send(at.to("x " * 600, attachments=(file,)))
        assert [("photo" in one, "text" in one) for one in at.person.messages] == [(True, False), (False, True)]
        await at.connector.send(at.to("Which?", attachments=(file,), buttons=_buttons(2)))
        assert [("photo" in one, "reply_markup" in one) for one in at.person.messages[2:]] == [
            (True, False),
            (False, True),
        ]


async def test_an_answer_quotes_what_it_answers() -> None:
    async with playing() as at:
        asked = at.person.say("How much?")
        quote = Quote(external_id=f"777:{asked['message_id']}", text="How much?")
        await at.connector.send(at.to("100", details=Details(quote=quote)))
        assert at.person.last["reply_to_message"]["message_id"] == asked["message_id"]


async def test_texts_change_and_go_after_they_were_sent() -> None:
    async with playing() as at:
        message = at.to("Helo")
        sent = await at.connector.send(message)
        await at.connector.edit_text(_sent_as(message, *sent.external_ids, text="Hello"))
        assert [one["text"] for one in at.person.messages] == ["Hello"]
        with pytest.raises(MessageRejected, match="no longer fits"):
            await at.connector.edit_text(_sent_as(message, *sent.external_ids, text="x " * 3_000))
        await at.connector.delete(_sent_as(message, *sent.external_ids))
        assert at.person.messages == []
        with pytest.raises(MessageRejected):
            await at.connector.edit_text(message)


async def test_typing_is_shown_and_can_be_switched_off() -> None:
    for typing in (True, False):
        async with playing(typing=typing) as at:
            await at.connector.show_typing(at.to().addresses)
            await at.connector.show_typing(at.to(value="999").addresses)  # a fault of it is nobody's concern
            assert bool(at.simulator.journal.of("sendChatAction")) is typing


async def test_a_business_chat_is_answered_through_its_account() -> None:
    async with playing() as at:
        with pytest.raises(ConnectorError):
            await at.connector.send(at.to(value="bc1:777", kind="telegram_business"))
        [call] = at.simulator.journal.of("sendMessage")
        assert (call.arguments["business_connection_id"], call.arguments["chat_id"]) == ("bc1", "777")


async def test_a_file_that_came_is_fetched() -> None:
    """Piece by piece; one over the limit says so."""
    async with playing() as at:
        sent = at.person.send_file("document", b"x" * 200_000, "plan.txt")
        got = b"".join([piece async for piece in at.connector.fetch(sent["document"]["file_id"])])
        assert got == b"x" * 200_000
        big = at.person.send_file("video", b"x", "tour.mp4", size_bytes=30 * 1024**2)
        with pytest.raises(MessageRejected, match="20 MB"):
            assert [piece async for piece in at.connector.fetch(big["video"]["file_id"])]


# What goes wrong -----------------------------------------------------------------------------------------------------


async def test_a_contact_who_blocked_the_bot_cannot_be_reached() -> None:
    async with playing() as at:
        at.person.block()
        with pytest.raises(ContactUnreachable, match="blocked the bot"):
            await at.connector.send(at.to())


@pytest.mark.parametrize(("value", "kind"), [("999", "telegram"), ("nonsense", "telegram"), ("777", "email")])
async def test_a_chat_that_nobody_knows_cannot_be_reached(value: str, kind: str) -> None:
    async with playing() as at:
        with pytest.raises(ContactUnreachable):
            await at.connector.send(at.to(value=value, kind=kind))


async def test_too_fast_is_obeyed_to_the_second() -> None:
    """The chat is left alone for as long as Telegram asks, by this message and by those that follow."""
    async with playing() as at:
        at.simulator.faults.add(What.THROTTLED, "sendMessage", times=1, retry_after_s=7)
        with pytest.raises(ChannelThrottled) as caught:
            await at.connector.send(at.to())
        assert caught.value.retry_after_s == 7
        assert 6 < at.connector.pause_s(at.to("another")) <= 7
        assert at.connector.pause_s(at.to("elsewhere", value="778")) == 0


FAULTS = {
    What.SERVER_ERROR: ChannelUnavailable,
    What.ANSWER_LOST: SendUncertain,
    What.REQUEST_LOST: SendUncertain,
    What.GARBLED: SendUncertain,
}


@pytest.mark.parametrize("what", FAULTS)
async def test_a_fault_of_the_service_is_in_our_words(what: What) -> None:
    """Whatever may have arrived is uncertain; what was refused for sure is not."""
    async with playing() as at:
        at.simulator.faults.add(what, "sendMessage", times=1)
        with pytest.raises(FAULTS[what]):
            await at.connector.send(at.to())


async def test_a_service_that_is_away_has_nothing() -> None:
    """No connection, no doubt: the message waits."""
    async with playing() as at:
        at.connector._api._server = at.connector._api._session.api = type(at.connector._api._server).from_base(
            "http://127.0.0.1:9"
        )
        with pytest.raises(ChannelUnavailable):
            await at.connector.send(at.to())


async def test_parts_that_were_sent_are_not_sent_again() -> None:
    """A fault in the middle of a long message repeats only what is missing."""
    strict = Limits(per_chat_s=20, chat_burst=1)
    async with playing(simulator=TelegramSimulator(seed=1, limits=strict)) as at:
        message = at.to("word " * 1_500)
        with pytest.raises(ChannelThrottled):
            await at.connector.send(message)
        assert len(at.person.messages) == 1
        sent = await at.connector.send(message)
        assert len(sent.external_ids) == len(at.person.messages) == 2


async def test_a_group_that_moved_is_written_to_where_it_is() -> None:
    """The message arrives, and the hub learns the new address."""
    simulator = TelegramSimulator(seed=1, limits=None)
    async with playing(simulator=simulator, groups=True) as at:
        group = simulator.group("Sample buyers", at.bot, kind="group")
        new = simulator.group("Sample buyers", at.bot)
        group.migrated_to = new.id
        await at.connector.send(at.to("Hello all", value=str(group.id)))
        assert [one["text"] for one in new.messages.values()] == ["Hello all"]
        [moved] = [event for event in at.hub.events if isinstance(event, AddressMoved)]
        assert (moved.sender.value, moved.to) == (str(group.id), str(new.id))
