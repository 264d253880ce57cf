"""From a posted body to the event: the message, its sender, and the name by which a repetition is known. Pure."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.forms.bodies import Body, read_body
from connectors.forms.config import Settings
from connectors.forms.mapping import Understood, understand
from connectors.forms.proof import FIELD as PROOF
from connectors.text import clean_name, cut
from hub.model.attachment import AttachmentRef
from hub.model.content import Details
from hub.model.events import InboundEvent, MessageReceived
from hub.model.task import CallBackWish

TRAP = "_website"
"""Nobody sees this field, so that whoever fills it in is no person."""
STAMP, NEXT, ID, CALL = "_stamp", "_next", "_id", "_call_back"
CONTROLS = frozenset({TRAP, STAMP, NEXT, ID, CALL, PROOF})
"""Fields that are for the hub and not for people."""
TEXT_CHARACTERS = 20_000
ID_CHARACTERS = 100
REASON_CHARACTERS = 500
NO_WORDS = "(a form without words)"


@dataclass(frozen=True, slots=True)
class Submission:
    """One body that was understood. `controls` are the fields that are for the hub.

    `wish`: a call back is to be promised for it.
    """

    body: Body
    understood: Understood
    controls: Mapping[str, str]
    wish: CallBackWish | None = None

    @property
    def id(self) -> str | None:
        """The name that its source gave it."""
        return clean_name(self.body.id or self.controls.get(ID, ""), ID_CHARACTERS) or None

    def digest(self, anonymous: str = "") -> str:
        """The same for the same content of the same sender; `anonymous` tells those apart who give no address."""
        sender = self.understood.sender(anonymous)
        files = tuple((one.field, hashlib.sha256(one.content).hexdigest()) for one in self.body.files)
        content = (sender.kind, sender.value, tuple(self.body.fields.items()), files)
        return hashlib.blake2b(repr(content).encode("utf-8", "replace"), digest_size=16).hexdigest()

    def event(self, external_id: str, files: Sequence[AttachmentRef] = ()) -> MessageReceived:
        """The message."""
        somebody = hashlib.blake2b(external_id.encode("utf-8", "replace"), digest_size=16).hexdigest()
        return MessageReceived(
            external_id=external_id,
            sender=self.understood.sender(somebody),
            text=cut(self.understood.text or NO_WORDS, TEXT_CHARACTERS),
            attachments=tuple(files),
            details=Details(call_back=self.wish) if self.wish else None,
        )


def submission(
    body: Body, settings: Settings, *, hidden: Iterable[str] = (), calls: bool = False, source: str = ""
) -> Submission:
    """What a body says by the mapping of its source; `hidden` are fields of it that say nothing to people.

    `calls`: whoever sends here wants to be called.
    """
    controls = {name: value for name, value in body.fields.items() if name in CONTROLS}
    left_out = {*controls, *hidden}
    seen = replace(body, fields={name: value for name, value in body.fields.items() if name not in left_out})
    understood = understand(seen, settings, source)
    calls = calls or settings.call_back is not None or bool(controls.get(CALL))
    return Submission(seen, understood, controls, _wish(understood, settings) if calls else None)


def _wish(understood: Understood, settings: Settings) -> CallBackWish | None:
    """The call that is asked for; None where there is no number to call."""
    if understood.phone is None:
        return None
    return CallBackWish(
        phone=understood.phone, wanted=understood.wanted, page=understood.page,
        reason=cut(" ".join(understood.texts), REASON_CHARACTERS),
        within_s=settings.call_back.within_s if settings.call_back else None,
    )  # fmt: skip


def parse(raw: bytes) -> Sequence[InboundEvent]:
    """A body as it is parked, without the channel's mapping: fields are told by their names. Raises `PayloadInvalid`.

    Files are left out, for nothing stored them.
    """
    found = submission(read_body(raw, ""), Settings())
    name = f"id:{found.id}" if found.id else "parked"
    return [found.event(f"{name}:{found.digest(hashlib.sha256(raw).hexdigest())}")]
