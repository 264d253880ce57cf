"""What a message may hold beside its text, where its channel can say it."""

from hub.model.base import Moment, Stored
from hub.model.form_invite import Prefilled
from hub.model.task import CallBackWish


class Quote(Stored):
    """What a message answers: the service's id of that message, where known, and the words it shows of it."""

    external_id: str | None = None
    text: str = ""


class Location(Stored):
    """A place on the map, in degrees; with a name and an address where the contact chose a known place."""

    latitude: float
    longitude: float
    title: str | None = None
    address: str | None = None


class MailDetails(Stored):
    """What a mail says beside its new text, which is the message's.

    `message_id` and `references` are as they stand in it. `quoted` and `signature` are folded when it is shown. `html`
    tells that it can be shown as its author marked it, from `original`, the raw mail; `original_gone`: that is no
    longer kept. `automatic` names the sort of a mail that no person wrote. `authentic` is our own server's verdict on
    the sender: `pass`, `fail`, None when it gave none. `claims` is a conversation that it says it belongs to, which
    nothing proves. `answer` is what a question may read, where that is not the whole text: without quoted lines, empty
    where nothing new was written. `others` are the addresses beside the contact and the mailbox itself that an answer
    to all goes to. `forwarded` is who wrote a mail that its sender passes on, as its text says: nothing proves it. Of a
    mail that we send only `cc` is set: whom its author chose to send it to as well.
    """

    subject: str = ""
    message_id: str | None = None
    references: tuple[str, ...] = ()
    sender: str | None = None
    reply_to: str | None = None
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    forwarded: str | None = None
    quoted: str = ""
    signature: str = ""
    html: bool = False
    original: str | None = None
    original_gone: bool = False
    automatic: str | None = None
    authentic: str | None = None
    claims: str | None = None
    answer: str | None = None


class Details(Stored):
    """The rarer parts of a message.

    `brought_by` is the operator who said that the contact wrote this, in a message that somebody else has sent
    (`brought_from`): no flow begins by it. `html` is the text with its marks: a connector makes it from text that it
    has escaped, of the tags b, i, u, s, code, pre, blockquote and a (with an http, https, tg, mailto or tel address)
    alone. `phone` is a number that the service vouches for as the contact's own. `written_by` names the person where
    many speak through one address, as in a group. `call_back`: the contact wants to be called. `continues` is the
    conversation that they go on with here: a link of ours said so. `prefill` are answers that are known of them before
    a form begins.
    """

    html: str | None = None
    quote: Quote | None = None
    forwarded_from: str | None = None
    location: Location | None = None
    phone: str | None = None
    written_by: str | None = None
    brought_by: str | None = None
    brought_from: str | None = None
    mail: MailDetails | None = None
    call_back: CallBackWish | None = None
    continues: str | None = None
    prefill: tuple[Prefilled, ...] = ()


class Earlier(Stored):
    """What a message said before it was edited, and since when."""

    text: str
    at: Moment
