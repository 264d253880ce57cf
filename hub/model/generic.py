"""What other programs say on a generic channel: the shapes that both of its doors take."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Base64Bytes, Field, StringConstraints, model_validator

from hub.model.base import Moment, Written

TEXT_CHARACTERS = 20_000
FIELDS, FILES = 50, 10

Named = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Web = Annotated[str, StringConstraints(pattern=r"^https?://[^\s]+$", max_length=2_000)]


class FromContact(Written):
    """Who writes. `id` is what the other system calls them: it never changes, and it is where answers go.

    The rest is claimed: it joins no contacts. `fields` are facts about the contact, by names such as `order_number`.
    """

    id: Named
    name: Annotated[str, StringConstraints(max_length=200)] | None = None
    phone: Annotated[str, StringConstraints(max_length=40)] | None = None
    email: Annotated[str, StringConstraints(max_length=254)] | None = None
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] | None = None
    fields: Annotated[
        dict[Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")],
             Annotated[str, StringConstraints(max_length=1_000)]],
        Field(max_length=FIELDS, default_factory=dict),
    ]  # fmt: skip


class FromFile(Written):
    """A file: where the hub fetches it (`url`), or the file itself in base64 (`content`)."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    url: Web | None = None
    content: Base64Bytes | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.url is None) == (not self.content):
            raise ValueError("give either the url or the content of a file")
        return self


class ChannelMessage(Written):
    """A message of a contact. `id` is unique in the channel: the same id again is the same message.

    `button` is the value of the button that was pressed, `at` the other system's own time.
    """

    id: Named
    contact: FromContact
    text: Annotated[str, StringConstraints(max_length=TEXT_CHARACTERS)] = ""
    attachments: Annotated[tuple[FromFile, ...], Field(max_length=FILES)] = ()
    button: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None
    at: Moment | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.text.strip() or self.attachments or self.button):
            raise ValueError("a message has a text, a file or a button")
        return self


class ReceiptStatus(StrEnum):
    """How far the other system has brought a message."""

    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


class ChannelReceipt(Written):
    """What became of a message that the hub sent: `message` is its `webhook-id`. `reason` is shown where it failed."""

    message: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    status: ReceiptStatus
    reason: Annotated[str, StringConstraints(max_length=500)] | None = None
