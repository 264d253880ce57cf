"""From recorded updates to events."""

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import ChannelThrottled, ChannelUnavailable, PayloadInvalid
from connectors.telegram.ingress import Undecodable, only_update, updates_of
from connectors.telegram.parse import parse
from hub.model.attachment import AttachmentStatus
from hub.model.content import Details, Location, Quote
from hub.model.events import (
    AddressMoved,
    ContactReturned,
    ContactStopped,
    ConversationStarted,
    InboundEvent,
    MessageEdited,
    MessageReceived,
    ReactionsChanged,
    SaidElsewhere,
    Unreadable,
)
from tests.connectors.telegram import samples


def _only(name: str) -> InboundEvent:
    [event] = parse(samples.raw(name))
    return event


def _message(name: str) -> MessageReceived:
    event = _only(name)
    assert isinstance(event, MessageReceived)
    return event


NOTHING = {
    "pinned_message", "game_button", "channel_post", "anonymous_reaction", "business_connection",
    "business_echo_of_the_bot", "deleted_business_messages",
}  # fmt: skip
PARKED = {"entity_outside_of_the_text", "unknown_content", "kind_of_the_future"}


@pytest.mark.parametrize("name", samples.NAMES)
def test_every_sample_is_an_event_nothing_or_parked(name: str) -> None:
    """Nothing is dropped by chance: what means nothing is on a list, what is unknown is parked with a reason."""
    if name in PARKED:
        with pytest.raises(PayloadInvalid) as caught:
            parse(samples.raw(name))
        assert caught.value.reason
    else:
        assert len(parse(samples.raw(name))) == (0 if name in NOTHING else 1)


def test_a_text_has_its_sender_time_and_place() -> None:
    message = _message("text")
    assert message.text == "Здравствуйте, сколько стоит доставка?"
    assert message.external_id == "777:11"
    assert message.source_at == datetime.fromtimestamp(1795449600, UTC)
    sender = message.sender
    assert (sender.kind, sender.value, sender.name, sender.language) == ("telegram", "777", "Sample Customer", "ru")
    assert [(field.name, field.value) for field in sender.fields] == [("telegram_username", "sample_customer")]
    assert message.details is None


def test_marks_are_safe_html_at_the_right_places() -> None:
    """Offsets count UTF-16 units; everything that was written is escaped; NUL is left out."""
    message = _message("text_with_marks")
    assert message.text == "😀 bold link <b>@name code"
    assert message.details is not None
    assert message.details.html == (
        '😀 <b>bold</b> <a href="https://example.org/?a=1&amp;b=&quot;2&quot;">link</a> '
        "&lt;b&gt;@name <code>code</code>"
    )


@pytest.mark.parametrize(("name", "html"), [("nested_marks", "<i>all </i><i><b>of</b></i><i> it</i>"), ("text", None)])
def test_marks_nest(name: str, html: str | None) -> None:
    details = _message(name).details
    assert (details.html if details else None) == html


def test_a_link_that_could_run_is_no_link() -> None:
    message = _message("link_that_could_run")
    assert (message.text, message.details) == ("press me", None)


@pytest.mark.parametrize(("name", "payload"), [("start", None), ("start_with_payload", "ad42")])
def test_start_begins_a_conversation(name: str, payload: str | None) -> None:
    event = _only(name)
    assert isinstance(event, ConversationStarted)
    assert event.payload == payload


FILES = {
    "photo_with_caption": ("photo_18", "image/jpeg", 180_000, "AgAC_l"),
    "video": ("house.mp4", "video/mp4", 900_000, "AgAC_v"),
    "voice": (None, "audio/ogg", 9_000, "AgAC_vo"),
    "audio": ("song.mp3", "audio/mpeg", 4_000_000, "AgAC_au"),
    "document": ("../plan.pdf", "application/pdf", 52_000, "AgAC_d"),
    "animation": ("wave.mp4", "video/mp4", 30_000, "AgAC_an"),
    "video_note": (None, "video/mp4", 400_000, "AgAC_vn"),
    "sticker": (None, "image/webp", 20_000, "AgAC_st"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_to_be_fetched(name: str) -> None:
    """Its largest size, its name without tricks, and the id by which the bot gets it."""
    [file] = _message(name).attachments
    expected_name, media_type, size, source = FILES[name]
    assert (file.media_type, file.size_bytes, file.source) == (media_type, size, source)
    assert file.name == (expected_name or file.name)
    assert file.status is AttachmentStatus.PENDING


def test_a_file_over_the_limit_says_so() -> None:
    """The message stays, and the operator reads what to do."""
    [file] = _message("video_over_the_limit").attachments
    assert (file.status, file.source) == (AttachmentStatus.FAILED, None)
    assert "20 MB" in (file.reason or "")
    assert "70 MB" in (file.reason or "")


def test_parts_of_an_album_name_their_album() -> None:
    first, second = _message("album_first_part"), _message("album_second_part")
    assert first.album == second.album == "777:album:13579"
    assert first.external_id != second.external_id
    edited = _only("edited_caption_of_album")
    assert isinstance(edited, MessageEdited)
    assert edited.target == first.album


@pytest.mark.parametrize("name", ["contact_of_somebody_else", "contact_without_account"])
def test_somebody_elses_contact_is_no_verified_phone(name: str) -> None:
    """Anybody can send anybody's contact."""
    message = _message(name)
    assert "+79160000000" in message.text
    assert message.details is None
    assert "phone" not in [field.name for field in message.sender.fields]


def test_the_own_contact_is_a_verified_phone() -> None:
    message = _message("own_contact")
    assert message.text == "+79161234567"
    assert message.details == Details(phone="+79161234567", quote=Quote(external_id="777:5", text="Your phone?"))
    assert ("phone", "+79161234567", True) in [(f.name, f.value, f.verified) for f in message.sender.fields]


IN_WORDS = {
    "location": "55.751244, 37.618423",
    "venue": "Sample Cafe\nSample Street, 1",
    "poll": "Which one?\nRed\nBlue",
    "dice": "🎲 4",
    "sticker": "👍",
    "story": "[story]",
}


@pytest.mark.parametrize("name", IN_WORDS)
def test_what_is_no_text_is_said_in_words(name: str) -> None:
    assert _message(name).text == IN_WORDS[name]


def test_a_place_has_its_degrees() -> None:
    details = _message("venue").details
    assert details is not None
    assert details.location == Location(
        latitude=55.75, longitude=37.61, title="Sample Cafe", address="Sample Street, 1"
    )


def test_a_reply_quotes_what_was_picked() -> None:
    details = _message("reply_with_quote").details
    assert details is not None
    assert details.quote == Quote(external_id="777:5", text="on Friday")


@pytest.mark.parametrize(
    ("name", "origin"), [("forwarded_from_user", "Sample Friend"), ("forwarded_from_channel", "Sample News")]
)
def test_a_forward_says_whom_it_is_from(name: str, origin: str) -> None:
    details = _message(name).details
    assert details is not None
    assert details.forwarded_from == origin


def test_an_edit_has_the_whole_message() -> None:
    """So that one which comes before its message, or without it, is not lost."""
    edited = _only("edited_text")
    assert isinstance(edited, MessageEdited)
    assert (edited.target, edited.text, edited.html) == (
        "777:11",
        "Сколько стоит доставка?",
        "<b>Сколько</b> стоит доставка?",
    )
    assert edited.at == datetime.fromtimestamp(1795449660, UTC)
    assert edited.whole is not None
    assert edited.whole.external_id == "777:11"


@pytest.mark.parametrize(("name", "text"), [("button", "Yes, please"), ("button_of_an_old_message", "f:s:3:0")])
def test_a_pressed_button_is_a_message_with_its_label(name: str, text: str) -> None:
    message = _message(name)
    assert (message.button, message.text) == ("f:s:3:0", text)
    assert message.external_id == f"callback:{samples.update(name)['callback_query']['id']}"


def test_blocking_and_unblocking_are_told() -> None:
    assert isinstance(_only("blocked"), ContactStopped)
    assert isinstance(_only("unblocked"), ContactReturned)
    removed = _only("removed_from_group")
    assert isinstance(removed, ContactStopped)
    assert removed.sender.value == "-1001234567890"


def test_a_group_is_one_contact_and_says_who_wrote() -> None:
    message = _message("group_text")
    assert (message.sender.value, message.sender.name) == ("-1001234567890", "Sample buyers")
    assert message.details is not None
    assert message.details.written_by == "Sample Customer"


def test_a_group_that_became_a_supergroup_moves() -> None:
    event = _only("group_became_supergroup")
    assert isinstance(event, AddressMoved)
    assert (event.sender.value, event.to) == ("-4321", "-1001234567890")


def test_reactions_are_those_that_stand_now() -> None:
    event, back = _only("reaction"), _only("reaction_taken_back")
    assert isinstance(event, ReactionsChanged)
    assert (event.target, event.reactions) == ("777:11", ("👍", "❔"))
    assert isinstance(back, ReactionsChanged)
    assert back.reactions == ()


def test_a_business_chat_has_an_address_of_its_own() -> None:
    """The same person may also write to the bot itself; an answer must go back through the business account."""
    message = _message("business_text")
    assert (message.sender.kind, message.sender.value) == ("telegram_business", "bc1:777")
    assert message.external_id.startswith("bc1:777:")


# Answers to getUpdates -----------------------------------------------------------------------------------------------


def _answer(*updates: Any) -> bytes:
    return json.dumps({"ok": True, "result": list(updates)}).encode()


def test_one_bad_update_does_not_hide_the_good_ones() -> None:
    """Half a surrogate pair, which a strict parser refuses, spoils its own update alone."""
    good, other = samples.update("text"), samples.update("dice")
    bad = samples.update("voice") | {"message": {"text": "\ud800"}}
    updates = updates_of(200, _answer(good, bad, other))
    assert [update.id for update in updates] == [one["update_id"] for one in (good, bad, other)]
    first, parked, last = (next(iter(update.events())) for update in updates)
    assert isinstance(first, MessageReceived)
    assert isinstance(parked, Unreadable)
    assert json.loads(parked.raw) == bad
    assert isinstance(last, MessageReceived)
    [again] = updates_of(200, _answer(good, bad, other))[1].events()
    assert again == parked


@pytest.mark.parametrize("result", [b'[{"message": {}}]', b"7", b"[" * 3_000])
def test_an_answer_without_ids_is_asked_for_one_by_one(result: bytes) -> None:
    with pytest.raises(Undecodable):
        updates_of(200, b'{"ok": true, "result": ' + result + b"}")


def test_an_update_that_nothing_can_decode_is_parked_as_it_came() -> None:
    body = b'{"ok":true,"result":[{"update_id":900123,"message":' + b"[" * 3_000
    update = only_update(body)
    [event] = update.events()
    assert update.id == 900123
    assert isinstance(event, Unreadable)
    assert event.raw == body
    with pytest.raises(ChannelUnavailable):
        only_update(b"nothing")


def test_a_refusal_is_in_our_words() -> None:
    body = json.dumps({"ok": False, "error_code": 429, "description": "x", "parameters": {"retry_after": 7}}).encode()
    with pytest.raises(ChannelThrottled) as caught:
        updates_of(429, body)
    assert caught.value.retry_after_s == 7
    with pytest.raises(ChannelUnavailable, match="Another program"):
        updates_of(409, json.dumps({"ok": False, "error_code": 409, "description": "Conflict"}).encode())
    with pytest.raises(ChannelUnavailable, match="not Telegram"):
        updates_of(200, b"<html>")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from([name for name in samples.NAMES if name not in PARKED]), st.data())
def test_a_sample_with_one_thing_changed_is_read_or_called_invalid(name: str, data: st.DataObject) -> None:
    """Whatever stands in place of any value, nothing but `PayloadInvalid` is raised."""
    update = samples.update(name)
    places = list(_places(update))
    path = data.draw(st.sampled_from(places))
    inner: Any = update
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = data.draw(_JSON)
    with contextlib.suppress(PayloadInvalid):
        parse(json.dumps(update).encode())


def _places(value: Any, path: tuple[Any, ...] = ()) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from _places(inner, (*path, key))


def test_what_a_business_owner_writes_is_said_elsewhere() -> None:
    """To the contact, in the owner's name; nothing of the owner becomes a fact about the contact."""
    event = _only("business_owner_writes_himself")
    assert isinstance(event, SaidElsewhere)
    assert (event.sender.kind, event.sender.value, event.sender.name) == (
        "telegram_business", "bc1:777", "Sample Customer",
    )  # fmt: skip
    assert (event.author, event.text, event.external_id) == ("Owner", "I am here", "bc1:777:46")
