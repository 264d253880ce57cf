"""Signatures: whose counts, what stands for what, and where there is none."""

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from connectors.email.config import Settings
from connectors.email.mime import read_mail
from connectors.email.render import Outgoing, render, signature_of
from connectors.email.threads import Tokens
from connectors.lent import Signing
from hub.model.ids import ConversationId, OperatorId, new_id
from hub.model.message import Actor, ActorKind
from hub.model.operator import Operator
from hub.model.project import Project
from hub.model.signature import filled
from hub.store.connection import Connection
from hub.store.operators import Operators
from hub.store.projects import Projects
from tests.connectors.doubles import NOON, outgoing
from tests.connectors.email.shop import Shop, conversations, thread
from tests.connectors.email.test_mailbox import answer
from tests.connectors.test_in_the_hub import OPERATOR, PROJECT, reply, site

SIGNING = Signing(
    of_operator="Mine", of_project="The project's", operator="Sample Operator", project="Sample Ltd", contact="Образец"
)
MESSAGE = outgoing(ConversationId(new_id()), "email", "a@example.org").message
BOT = MESSAGE.model_copy(update={"author": Actor(kind=ActorKind.BOT)})


def settings(**more: Any) -> Settings:
    return Settings(address="shop@example.org", imap_host="imap.example.org", **more)


def test_an_operators_signature_comes_before_the_channels_and_that_before_the_projects() -> None:
    """The first that there is; with none at all nothing stands there."""
    of_channel = settings(signature="The channel's")
    nobody = Signing(of_project="The project's")
    assert signature_of(MESSAGE, of_channel, SIGNING, "Mail") == "Mine"
    assert signature_of(MESSAGE, of_channel, nobody, "Mail") == "The channel's"
    assert signature_of(MESSAGE, settings(), nobody, "Mail") == "The project's"
    assert signature_of(MESSAGE, settings(), Signing(), "Mail") == ""


def test_an_automatic_mail_is_signed_only_where_the_channel_says_so() -> None:
    """Then without an operator, and without the line that only names one."""
    text = "{operator}\nSample Ltd"
    signing = Signing(of_project="The project's")
    assert signature_of(BOT, settings(signature=text), signing, "Mail") == ""
    assert signature_of(BOT, settings(signature=text, sign_automatic=True), signing, "Mail") == "Sample Ltd"
    assert signature_of(BOT, settings(sign_automatic=True), signing, "Mail") == "The project's"


def test_an_automatic_mail_says_nothing_that_its_receiver_may_not_have_chosen() -> None:
    """Whoever forges a sender also chooses the name beside the address."""
    forged = Signing(contact="https://example.test/prize")
    text = settings(signature="Dear {contact},\n{contact}\nSample Ltd", sign_automatic=True)
    assert signature_of(BOT, text, forged, "Mail") == "Dear ,\nSample Ltd"
    assert "prize" in signature_of(MESSAGE, text, forged, "Mail")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{operator}, {project}\n{channel}: {address}", "Sample Operator, Sample Ltd\nПочта: shop@example.org"),
        ("Dear {contact},", "Dear Образец,"),
        ("{nothing} {Operator}", "{nothing} {Operator}"),
        ("— {missing} —\nSample Ltd", "Sample Ltd"),
        ("Regards,\n\n{missing}", "Regards,"),
        ("{tricky}", "{operator}"),
        ("{lines}", "one two"),
    ],
)
def test_variables_are_filled_in_once(text: str, expected: str) -> None:
    """A line with empty variables alone goes; a name that looks like a variable is a name."""
    values = {
        "operator": "Sample Operator", "project": "Sample Ltd", "channel": "Почта", "contact": "Образец",
        "address": "shop@example.org", "missing": "", "tricky": "{operator}", "lines": "one\ntwo",
    }  # fmt: skip
    assert filled(text, values) == expected


def test_a_signature_is_marked_in_the_text_and_escaped_with_its_links_in_the_html() -> None:
    """The text has the usual mark, with its blank, so that mail programs fold what follows."""
    made = Outgoing(MESSAGE, "a@example.org", signature="Sample <Ltd>\nhttps://example.org/shop")
    mail = render(made, settings(), Tokens(b"k" * 32, "example.org"), "mark", NOON)
    read = read_mail(mail.as_bytes())
    assert read.text == "Hello\n\n-- \nSample <Ltd>\nhttps://example.org/shop\n"
    assert read.html is not None
    assert "Sample &lt;Ltd&gt;<br>" in read.html
    assert '<a href="https://example.org/shop">' in read.html


async def test_answers_are_signed_by_whoever_wrote_them_and_once(
    connection: Connection, short_folder: Path, shop: Shop
) -> None:
    """Over a real mailbox: the project's signature, then the operator's own; what is quoted of it stays out."""
    projects, operators = Projects(connection.database), Operators(connection.database)
    await projects.put(Project(id=PROJECT, name="Sample Ltd", signature="{project} for {contact}", created_at=NOON))
    operator = Operator(id=OperatorId(OPERATOR.operator), email=f"{new_id()}@example.test", name="x", created_at=NOON)
    await operators.add(operator)
    try:
        options = shop.settings()
        async with site(connection, short_folder, "email", settings=options, greeting="Thank you!") as at:
            shop.write("How much is it?", Subject="Kettle")
            [conversation] = await conversations(at)
            await thread(at, conversation, 2)
            await answer(at, conversation, reply("Five."))
            await operators.change(operator.id, signature="{operator}\n{channel}, {address}")
            greeting, first = await shop.received(2)
            assert "-- " not in (greeting.text or "")
            assert "Five.\n\n-- \nSample Ltd for Sample Customer\n" in (first.text or "")

            back = EmailMessage()
            back["From"], back["To"], back["Subject"] = shop.customer, first.reply_to[0].address, "Re: Kettle"
            back["Message-ID"], back["In-Reply-To"] = f"<{new_id()}@example.test>", first.message_id
            quoted = "".join(f"> {line}\n" for line in (first.text or "").splitlines())
            back.set_content(f"And two?\n\n23.11.2026 10:00, {shop.address}:\n{quoted}")
            shop.deliver(back.as_bytes())
            await thread(at, conversation, 4)
            await answer(at, conversation, reply("Nine."))
            second = (await shop.received(3))[-1]
            assert f"Nine.\n\n-- \n{OPERATOR.name}\nTest, {shop.address}\n" in (second.text or "")
            assert "Sample Ltd for" not in (second.text or "")
            assert (second.text or "").count("-- ") == 1
    finally:
        await connection.database["projects"].delete_one({"_id": PROJECT})
        await connection.database["operators"].delete_one({"_id": operator.id})
