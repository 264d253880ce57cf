"""The small print: what Telegram refuses, in its own words, and how it treats groups, topics and business accounts."""

import pytest

from hub.demo.telegram import business, groups
from hub.demo.telegram.clock import ManualClock
from hub.demo.telegram.people import Person
from hub.demo.telegram.server import TelegramSimulator
from hub.demo.telegram.world import Account
from tests.demo.telegram_wire import PNG, BareBot


@pytest.mark.parametrize(
    ("text", "plain", "entities"),
    [
        ("<b>a <i>b</i></b>", "a b", [("bold", 0, 3), ("italic", 2, 1)]),
        ("😀 <code>x</code>", "😀 x", [("code", 3, 1)]),
        ("&lt;b&gt; &amp; &quot; &copy; &#1071;", '<b> & " &copy; Я', []),
        ('<pre><code class="language-python">x = 1</code></pre>', "x = 1", [("pre", 0, 5)]),
        ('<span class="tg-spoiler">s</span><tg-spoiler>t</tg-spoiler>', "st", [("spoiler", 0, 1), ("spoiler", 1, 1)]),
        ("  <u> x </u>  ", "x", [("underline", 0, 1)]),
        ("<blockquote expandable>q</blockquote>", "q", [("expandable_blockquote", 0, 1)]),
        ("<a href='nonsense'>text</a>", "text", []),
        ("<b></b>x @sample_bot", "x @sample_bot", [("mention", 2, 11)]),
    ],
)
async def test_html_becomes_text_and_entities(
    bot: BareBot, person: Person, text: str, plain: str, entities: list[tuple[str, int, int]]
) -> None:
    """Offsets are UTF-16 code units; white space at the ends goes; what marks nothing is no entity."""
    sent = await bot.result("sendMessage", chat_id=777, text=text, parse_mode="HTML")
    assert sent["text"] == plain
    assert [(one["type"], one["offset"], one["length"]) for one in sent.get("entities", [])] == entities


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("я</b>", "Unexpected end tag at byte offset 2"),
        ("<p>x</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("x <b", "Unclosed start tag at byte offset 2"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
async def test_html_that_cannot_be_read_is_refused(bot: BareBot, person: Person, text: str, complaint: str) -> None:
    """With the place, counted in bytes."""
    refusal = await bot.refusal("sendMessage", chat_id=777, text=text, parse_mode="HTML")
    assert refusal == f"Bad Request: can't parse entities: {complaint}"


@pytest.mark.parametrize(
    ("mode", "text", "expected"),
    [
        ("MarkdownV2", "*a _b_*", "a b"),
        ("MarkdownV2", r"1\.", "1."),
        ("MarkdownV2", "[a](https://example.org)", "a"),
        ("MarkdownV2", "1.", "Character '.' is reserved and must be escaped with the preceding '\\'"),
        ("MarkdownV2", "*a", "Can't find end of Bold entity at byte offset 0"),
        ("Markdown", "*a* _b_ 1.", "a b 1."),
        ("Markdown", "snake_case", "Can't find end of the entity starting at byte offset 5"),
    ],
)
async def test_both_kinds_of_markdown(bot: BareBot, person: Person, mode: str, text: str, expected: str) -> None:
    """Read, or refused with its place."""
    answer = await bot.ask("sendMessage", chat_id=777, text=text, parse_mode=mode)
    if answer["ok"]:
        assert answer["result"]["text"] == expected
    else:
        assert answer["description"] == f"Bad Request: can't parse entities: {expected}"


async def test_entities_must_lie_within_the_text(bot: BareBot, person: Person) -> None:
    """A mark beyond the end, and a parse mode that nobody knows."""
    beyond = [{"type": "bold", "offset": 0, "length": 2}]
    assert await bot.refusal("sendMessage", chat_id=777, text="x", entities=beyond) == (
        "Bad Request: ENTITY_BOUNDS_INVALID"
    )
    assert await bot.refusal("sendMessage", chat_id=777, text="x", parse_mode="BBCode") == (
        "Bad Request: unsupported parse_mode"
    )


async def test_an_edit_must_change_something(bot: BareBot, person: Person) -> None:
    """Its own message only, and one that still is there."""
    sent = await bot.result("sendMessage", chat_id=777, text="x")
    number = sent["message_id"]
    assert (await bot.refusal("editMessageText", chat_id=777, message_id=number, text="x")).startswith(
        "Bad Request: message is not modified: "
    )
    edited = await bot.result("editMessageText", chat_id=777, message_id=number, text="y")
    assert (edited["text"], edited["message_id"]) == ("y", number)
    assert edited["edit_date"] >= edited["date"]
    theirs = person.messages[0]["message_id"]
    assert await bot.refusal("editMessageText", chat_id=777, message_id=theirs, text="y") == (
        "Bad Request: message can't be edited"
    )
    await bot.result("deleteMessage", chat_id=777, message_id=number)
    assert await bot.refusal("editMessageText", chat_id=777, message_id=number, text="z") == (
        "Bad Request: message to edit not found"
    )
    assert await bot.refusal("deleteMessage", chat_id=777, message_id=number) == (
        "Bad Request: message to delete not found"
    )


async def test_albums_have_two_to_ten_files_of_kinds_that_go_together(
    bot: BareBot, person: Person, simulator: TelegramSimulator
) -> None:
    """Known files may be sent again by their id."""
    photo = person.send_file("photo", PNG)["photo"][-1]["file_id"]
    document = person.send_file("document", b"x")["document"]["file_id"]
    pictures = [{"type": "photo", "media": photo, "caption": "a"}, {"type": "photo", "media": photo}]
    sent = await bot.result("sendMediaGroup", chat_id=777, media=pictures)
    assert len({one["media_group_id"] for one in sent}) == 1
    assert [one.get("caption") for one in sent] == ["a", None]
    assert "from 2 to 10" in await bot.refusal("sendMediaGroup", chat_id=777, media=pictures[:1])
    mixed = [*pictures, {"type": "document", "media": document}]
    assert "media type" in await bot.refusal("sendMediaGroup", chat_id=777, media=mixed)
    assert await bot.refusal("sendPhoto", chat_id=777, photo="nothing") == (
        "Bad Request: wrong file identifier/HTTP URL specified"
    )
    assert await bot.refusal("sendPhoto", chat_id=777, photo="https://example.org/x.png") == (
        "Bad Request: failed to get HTTP URL content"
    )


async def test_a_group_that_became_a_supergroup_says_where_it_went(
    bot: BareBot, person: Person, simulator: TelegramSimulator
) -> None:
    """In the error's parameters, and in a message of each of the two."""
    group = simulator.group("Small", person.bot, kind="group")
    person.at(group).say("before")
    grown = groups.migrate(simulator.world, group, person.account)
    answer = await bot.ask("sendMessage", chat_id=group.id, text="x")
    assert answer == {
        "ok": False, "error_code": 400, "description": "Bad Request: group chat was upgraded to a supergroup chat",
        "parameters": {"migrate_to_chat_id": grown.id},
    }  # fmt: skip
    told = [one["message"] for one in await bot.result("getUpdates")]
    assert [one["migrate_to_chat_id"] for one in told if "migrate_to_chat_id" in one] == [grown.id]
    assert [one["migrate_from_chat_id"] for one in told if "migrate_from_chat_id" in one] == [group.id]


async def test_a_bot_that_is_out_of_a_group_cannot_write_there(
    bot: BareBot, person: Person, simulator: TelegramSimulator
) -> None:
    """It is told that it is out, and how."""
    group = simulator.group("Operators", person.bot)
    groups.set_status(simulator.world, group, person.bot, "kicked", person.account)
    assert await bot.refusal("sendMessage", chat_id=group.id, text="x") == (
        "Forbidden: bot was kicked from the supergroup chat"
    )
    groups.set_status(simulator.world, group, person.bot, "left", person.account)
    assert await bot.refusal("sendMessage", chat_id=group.id, text="x") == (
        "Forbidden: bot is not a member of the supergroup chat"
    )
    changes = [one["my_chat_member"] for one in await bot.result("getUpdates") if "my_chat_member" in one]
    assert [one["new_chat_member"]["status"] for one in changes] == ["kicked", "left"]


async def test_privacy_mode_hides_what_is_not_for_the_bot(
    bot: BareBot, person: Person, simulator: TelegramSimulator
) -> None:
    """As a plain member it gets commands, mentions and answers; as an administrator everything."""
    group = simulator.group("Operators", person.bot)
    group.members[person.bot.id] = "member"
    member = person.at(group)
    member.say("among us")
    member.say("/help")
    member.say("what says @sample_bot?")
    sent = await bot.result("sendMessage", chat_id=group.id, text="I say this")
    member.say("thanks", reply_to=sent)
    group.members[person.bot.id] = "administrator"
    member.say("to all")
    texts = [one["message"]["text"] for one in await bot.result("getUpdates")]
    assert texts == ["/start", "/help", "what says @sample_bot?", "thanks", "to all"]


async def test_topics_are_written_to_by_their_id_and_the_general_one_without(
    bot: BareBot, person: Person, simulator: TelegramSimulator
) -> None:
    """A closed topic takes nothing; a group that is no forum has none."""
    forum = simulator.group("Operators", person.bot, forum=True)
    topic = (await bot.result("createForumTopic", chat_id=forum.id, name="x" * 200))["message_thread_id"]
    assert len(forum.topics[topic].name) == 128
    sent = await bot.result("sendMessage", chat_id=forum.id, message_thread_id=topic, text="in it")
    assert (sent["message_thread_id"], sent["is_topic_message"]) == (topic, True)
    assert await bot.refusal("sendMessage", chat_id=forum.id, message_thread_id=1, text="x") == (
        "Bad Request: message thread not found"
    )
    assert "message_thread_id" not in await bot.result("sendMessage", chat_id=forum.id, text="General")
    await bot.result("closeForumTopic", chat_id=forum.id, message_thread_id=topic)
    assert await bot.refusal("sendMessage", chat_id=forum.id, message_thread_id=topic, text="x") == (
        "Bad Request: TOPIC_CLOSED"
    )
    plain = simulator.group("Others", person.bot)
    assert await bot.refusal("createForumTopic", chat_id=plain.id, name="x") == "Bad Request: the chat is not a forum"
    plain.members[person.bot.id] = "member"
    assert "not enough rights" in await bot.refusal("createForumTopic", chat_id=plain.id, name="x")


async def test_a_group_takes_twenty_messages_a_minute(
    bot: BareBot, person: Person, simulator: TelegramSimulator, clock: ManualClock
) -> None:
    """And the bot thirty a second, whomever it writes to."""
    group = simulator.group("Operators", person.bot)
    for index in range(20):
        clock.advance(1)
        await bot.result("sendMessage", chat_id=group.id, text=f"{index}")
    clock.advance(1)
    answer = await bot.ask("sendMessage", chat_id=group.id, text="21")
    assert answer["parameters"] == {"retry_after": 40}
    clock.advance(40)
    await bot.result("sendMessage", chat_id=group.id, text="21")
    clock.advance(60)
    people = [simulator.person(person.bot, 1000 + number) for number in range(31)]
    for one in people:
        one.start()
    answers = [await bot.ask("sendMessage", chat_id=one.account.id, text="x") for one in people]
    assert [one["ok"] for one in answers] == [True] * 30 + [False]


async def test_a_business_account_is_answered_for_within_a_day(
    bot: BareBot, person: Person, simulator: TelegramSimulator, clock: ManualClock
) -> None:
    """With the right to reply, while the connection stands; the bot hears its own words again, marked as its own."""
    world = simulator.world
    connection = business.connect(world, person.bot, world.add_account(Account(5, "Owner")))
    buyer = business.customer(world, person.bot, connection, Account(778, "Buyer"))
    buyer.say("Hello")
    there = {"business_connection_id": connection.id, "chat_id": 778}
    await bot.result("sendMessage", **there, text="Good day")
    heard = [one["business_message"] for one in await bot.result("getUpdates") if "business_message" in one]
    assert [(one["text"], "sender_business_bot" in one) for one in heard] == [("Hello", False), ("Good day", True)]
    clock.advance(86_401)
    assert await bot.refusal("sendMessage", **there, text="x") == "Bad Request: BUSINESS_PEER_USAGE_MISSING"
    buyer.say("Still there?")
    await bot.result("sendMessage", **there, text="Yes")
    business.change(person.bot, connection, enabled=True, rights={"can_read_messages": True})
    assert await bot.refusal("sendMessage", **there, text="x") == "Bad Request: BUSINESS_CONNECTION_NOT_ALLOWED"
    business.change(person.bot, connection, enabled=False)
    assert await bot.refusal("sendMessage", **there, text="x") == "Bad Request: BUSINESS_CONNECTION_INVALID"


async def test_keyboards_are_checked(bot: BareBot, person: Person) -> None:
    """A button that does nothing, an address that is none, too many of them."""

    async def refusal(*row: dict[str, str]) -> str:
        return await bot.refusal("sendMessage", chat_id=777, text="x", reply_markup={"inline_keyboard": [list(row)]})

    assert "Text buttons are unallowed" in await refusal({"text": "x"})
    assert "Wrong HTTP URL" in await refusal({"text": "x", "url": "http://localhost"})
    assert "too long" in await refusal(*[{"text": "x", "callback_data": "y"}] * 9)
    assert await bot.refusal("sendMessage", chat_id=777, text="x", reply_markup="[") == (
        "Bad Request: can't parse reply keyboard markup JSON object"
    )


async def test_secrets_and_addresses_of_webhooks_are_checked(bot: BareBot, clock: ManualClock) -> None:
    """And nobody may set one more than once a second."""
    url = "https://hub.example.org/hook"
    assert await bot.refusal("setWebhook", url="ftp://x") == "Bad Request: invalid webhook URL specified"
    assert await bot.refusal("setWebhook", url=url, secret_token="a b") == (
        "Bad Request: secret token contains unallowed characters"
    )
    assert await bot.refusal("setWebhook", url=url, secret_token="a" * 257) == ("Bad Request: secret token is too long")
    await bot.result("setWebhook", url=url)
    assert await bot.refusal("setWebhook", url=url) == "Too Many Requests: retry after 1"
    clock.advance(1)
    assert (await bot.ask("setWebhook", url=url))["description"] == "Webhook is already set"
