"""Trying a channel's settings on something that has come in, before they are stored."""

from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from connectors.errors import ChannelConfigError, PayloadInvalid
from hub.model.base import Moment, Stored, Written
from hub.model.sample import Sample
from hub.services.errors import Invalid
from hub.services.trials import Happening
from hub.web.api.chosen import chosen_channel
from hub.web.context import Context
from hub.web.route import Id

RAW_SHOWN = 4_000
RAW_CHARACTERS = 100_000


class NewTrial(Written):
    """What is tried. `source` names the door (`tilda`, `json` ...), empty for a site's own forms.

    `raw` is a sample that somebody pasted; without it the newest that came by that door within a day.
    """

    settings: Annotated[dict[str, JsonValue], Field(max_length=100)]
    source: Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_-]{0,31})?$")] = ""
    raw: Annotated[str, StringConstraints(min_length=1, max_length=RAW_CHARACTERS)] | None = None


class FieldShown(Stored):
    """One value of the sample, and what it is taken for."""

    name: str
    label: str
    value: str
    to: str


class ContactFact(Stored):
    """A fact that the submission claims."""

    name: str
    value: str


class TrialShown(Stored):
    """What these settings make of the sample. `known_as` is the name of the contact whom the address finds."""

    at: Moment | None
    raw: str
    fields: tuple[FieldShown, ...]
    address_kind: str
    address: str
    contact_name: str | None
    contact_fields: tuple[ContactFact, ...]
    known_as: str | None
    text: str
    happens: tuple[Happening, ...]
    flow: str | None


async def try_settings(context: Context, channel: Id, body: NewTrial) -> TrialShown:
    """Try settings on a sample: its fields, the contact, the message and what would happen. Nothing is stored."""
    parts = context.parts
    known = await chosen_channel(context, channel)
    if body.raw is None:
        sample = await parts.samples.newest(known.id, body.source)
        if sample is None:
            raise Invalid("no_sample", "Nothing has come this way within a day. Send one test submission.")
    else:
        sample = Sample(source=body.source, content_type="", raw=body.raw.encode())
    hidden = parts.kinds.secrets(known.kind)
    kept = {name: value for name, value in known.settings.items() if name in hidden}
    tried_on = known.model_copy(update={"settings": {**kept, **body.settings}})
    try:
        tried = parts.kinds.try_sample(tried_on, sample)
    except (PayloadInvalid, ChannelConfigError) as error:
        raise Invalid("sample_unreadable", str(error)) from None
    if tried is None:
        raise Invalid("nothing_to_try", "A channel of this kind has no settings that say what things are.")
    message = tried.message
    foreseen = await parts.trials.foresee(known, message)
    return TrialShown(
        at=sample.at,
        raw=sample.raw[:RAW_SHOWN].decode("utf-8", "replace"),
        fields=tuple(FieldShown(name=one.name, label=one.label, value=one.value, to=one.to) for one in tried.fields),
        address_kind=message.sender.kind,
        address=message.sender.value if message.sender.kind in ("email", "phone") else "",
        contact_name=message.sender.name,
        contact_fields=tuple(ContactFact(name=one.name, value=one.value) for one in message.sender.fields),
        known_as=foreseen.known_as,
        text=message.text,
        happens=foreseen.happens,
        flow=foreseen.flow,
    )
