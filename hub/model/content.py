"""What a message may hold beside its text, where its channel can say it."""

from hub.model.base import Moment, Stored


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


class Details(Stored):
    """The rarer parts of a message.

    `html` is the text with its marks: a connector makes it from text that it has escaped, of the tags b, i, u, s, code,
    pre, blockquote and a (with an http, https, tg, mailto or tel address) alone. `phone` is a number that the service
    vouches for as the contact's own. `written_by` names the person where many speak through one address, as in a group.
    """

    html: str | None = None
    quote: Quote | None = None
    forwarded_from: str | None = None
    location: Location | None = None
    phone: str | None = None
    written_by: str | None = None


class Earlier(Stored):
    """What a message said before it was edited, and since when."""

    text: str
    at: Moment
