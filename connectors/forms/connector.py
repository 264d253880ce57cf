"""The forms connector: forms of other sites and leads of other systems come in here; there is no way back to a form.

The pages of hosted forms are served by the hub itself (`hub/web/forms`).
"""

import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from aiohttp import web
from pydantic import JsonValue

from connectors.abilities import Tried, TriedField
from connectors.base import Capabilities, OutgoingMessage, Sent, Services, read_settings, unreadable
from connectors.errors import MessageRejected, NotAccepting, PayloadInvalid
from connectors.forms.bodies import Body
from connectors.forms.config import Settings, site_allowed
from connectors.forms.mapping import targets
from connectors.forms.pages import refusal_page, thanks_page, wants_page
from connectors.forms.parse import NEXT, STAMP, TRAP, Submission, parse
from connectors.forms.proof import FIELD as PROOF
from connectors.forms.proof import Proofs
from connectors.forms.sources import OUR_SIGNATURE, SIGNATURE, SOURCES, Call, Source
from connectors.forms.stamps import Repeats, Stamps
from connectors.forms.understanding import understood
from connectors.http import (
    FOR_ONE_ORIGIN,
    FORM_BYTES,
    Handler,
    Refused,
    bearer_of,
    cors_headers,
    preflight,
    problem,
    refused_origin,
)
from connectors.http import (
    read_body as read_bytes,
)
from connectors.limits import Buckets, address_key
from connectors.reasons import why
from connectors.text import clean_name, cut
from hub.model.attachment import AttachmentRef
from hub.model.channel import Channel
from hub.model.events import InboundEvent, Receive, Received
from hub.model.sample import Sample
from hub.model.why import Why

NO_WAY_BACK = "A form cannot be answered. Write to the e-mail address or call the number that the contact gave."
MULTIPART_BYTES = 10 * 1024**2
MULTIPARTS, MULTIPARTS_OF_ADDRESS = 8, 3
"""Bodies with files that are read at the same time: each is held in memory until it is understood."""
PARKED_BYTES = 1024**2
"""So much is kept of every body that cannot be read; of a few a minute all is kept, with their files."""
UNREADABLE_PER_MINUTE = 10
"""Of one address, beside its forms: a flood of what nobody can read leaves room for people."""
LARGE_PARKED_PER_MINUTE = 6
SAMPLE_BYTES, SAMPLE_CHARACTERS, SAMPLE_EACH_S = 256 * 1024, 500, 0.5
HINT_CHARACTERS = 200
URL_CHARACTERS = "%:/?#[]@!$&'()*+,;=~"
FIELDS_MARK = "fields"
FIELDS_KEPT = 100
SNIPPET = Path(__file__).with_name("snippet.js").read_text(encoding="utf-8")


class Forms:
    """The forms of a project: hosted ones, those of its sites, and leads from other systems."""

    kind: ClassVar[str] = "forms"
    capabilities: ClassVar[Capabilities] = Capabilities(text_limit=10_000, attachment_bytes=0, idempotent_send=True)
    secret_settings: ClassVar[frozenset[str]] = frozenset({"secret"})

    def __init__(self, channel: Channel, services: Services) -> None:
        self.channel = channel
        self._services = services
        self._settings = read_settings(Settings, channel)
        self._stamps = Stamps(services.secret)
        self._proofs = Proofs(services.secret)
        self._repeats = Repeats(self._settings.join_s)
        self._of_address = Buckets(self._settings.posts_per_minute, 60)
        self._unreadable_of_address = Buckets(min(UNREADABLE_PER_MINUTE, self._settings.posts_per_minute), 60)
        self._of_channel = Buckets(self._settings.channel_posts_per_minute, 60)
        self._large_parked = Buckets(LARGE_PARKED_PER_MINUTE, 60)
        self._samples = Buckets(1, SAMPLE_EACH_S)
        self._reading: Counter[str] = Counter()
        self._noted = ""

    @classmethod
    def check(cls, channel: Channel) -> None:
        """Raises `ChannelConfigError`."""
        read_settings(Settings, channel)

    @classmethod
    def parse(cls, raw: bytes) -> Sequence[InboundEvent]:
        """The submission in a raw body. Raises `PayloadInvalid`."""
        return parse(raw)

    async def open(self) -> None:
        """Nothing to check."""

    async def close(self) -> None:
        """Nothing to close."""

    async def listen(self, receive: Receive) -> None:
        """Forms come to us."""

    async def send(self, message: OutgoingMessage) -> Sent:
        """What the flow says at its end stands on the page; anything else has no way."""
        if message.message.turn is not None and message.message.author.id is None:
            return Sent()
        raise MessageRejected("no_way_back", why("form_one_way"))

    async def inspect(self) -> Sequence[Why]:
        """The fields of the newest submission, each with what it is taken for; never what stood in them."""
        kept = await self._services.marks.get(FIELDS_MARK)
        return [why("form_field", field=name, target=target) for name, target in json.loads(kept)] if kept else []

    # Addresses --------------------------------------------------------------------------------------------------------

    def routes(self, receive: Receive) -> Sequence[web.RouteDef]:
        """`/hooks/forms/<key>` for pages and programs, `/<source>` below it for systems that prove who they are."""
        base = f"/hooks/forms/{quote(self.channel.key, safe='')}"

        async def form(request: web.Request) -> web.StreamResponse:
            return await self._form(request, receive)

        async def source(request: web.Request) -> web.StreamResponse:
            return await self._source(request, receive)

        return [
            web.post(base, self._shared(form)),
            web.options(base, self._preflight),
            web.get(f"{base}/stamp", self._shared(self._stamp)),
            web.options(f"{base}/stamp", self._preflight),
            web.get(f"{base}/altcha", self._shared(self._challenge)),
            web.options(f"{base}/altcha", self._preflight),
            web.get(f"{base}/script.js", _script),
            web.post(f"{base}/{{source:{'|'.join(SOURCES)}}}", self._answered(source)),
        ]

    async def _form(self, request: web.Request, receive: Receive) -> web.StreamResponse:
        raw = await self._read(request)
        content_type = request.headers.get("Content-Type", "")
        try:
            found = understood("", raw, content_type, self._settings)
        except PayloadInvalid as error:
            self._take_one(request, self._unreadable_of_address)
            return self._thanks(request, await self._park("", raw, content_type, error, receive), None)
        stamp = self._check_person(found.controls)
        self._take_one(request)  # after what only a script does, so that a flood of those leaves room for people
        received = await self._keep(found, receive, stamp, self._address(request))
        await self._sample("", raw, content_type)
        return self._thanks(request, received, found.controls.get(NEXT))

    async def _source(self, request: web.Request, receive: Receive) -> web.StreamResponse:
        source = SOURCES[request.match_info["source"]]
        call = Call(
            await self._read(request), request.headers.get("Content-Type", ""), request.headers.get(SIGNATURE, ""),
            request.headers.get(OUR_SIGNATURE, ""),
            request.query.get("secret") or request.headers.get("X-Api-Key") or bearer_of(request),
        )  # fmt: skip
        if source.test is None or call.raw.strip() != source.test:
            self._check_trusted(source, call)
            received = await self._understand(request.match_info["source"], call, receive)
        else:
            received = None
        if source.answer is not None:
            return web.Response(text=source.answer)
        return _json({"status": "parked" if received and received.parked else "received"})

    def _check_trusted(self, source: Source, call: Call) -> None:
        secret = self._settings.secret
        if secret is None:
            raise Refused(403, "no_secret", "Set a secret on the channel's page, then give it to the sender.")
        if not source.trusted(call, secret):
            raise Refused(401, "bad_secret", "The signature or the secret is not that of the channel.")

    async def _understand(self, source: str, call: Call, receive: Receive) -> Received:
        try:
            found = understood(source, call.raw, call.content_type, self._settings)
        except PayloadInvalid as error:
            return await self._park(source, call.raw, call.content_type, error, receive)
        received = await self._keep(found, receive, None, "")
        await self._sample(source, call.raw, call.content_type)
        return received

    # What the settings make of it -------------------------------------------------------------------------------------

    @classmethod
    def try_sample(cls, channel: Channel, sample: Sample) -> Tried:
        """What a channel with these settings makes of a sample. Raises `PayloadInvalid`, `ChannelConfigError`."""
        settings = read_settings(Settings, channel)
        found = understood(sample.source, sample.raw, sample.content_type, settings)
        labels = found.body.labels
        fields = tuple(
            TriedField(name, labels.get(name, name), cut(found.body.fields[name], SAMPLE_CHARACTERS), target)
            for name, target in targets(found.body, settings, sample.source).items()
        )
        return Tried(fields, found.event("sample"))

    async def reread(self, raw: bytes, hint: str) -> Sequence[InboundEvent]:
        """A parked body, by the mapping of the door it came by, with its files. Raises `PayloadInvalid`."""
        source, _, content_type = hint.partition(" ")
        found = understood(source if source in SOURCES else "", raw, content_type, self._settings)
        name = f"id:{found.id}" if found.id else "parked"
        digest = found.digest(hashlib.sha256(raw).hexdigest())
        return [found.event(f"{name}:{digest}", await self._files(found.body))]

    # What is kept -----------------------------------------------------------------------------------------------------

    async def _keep(self, found: Submission, receive: Receive, stamp: str | None, anonymous: str) -> Received:
        """Make it durable. Its name is that of its source or its stamp, always with its content beside it.

        So nobody who repeats a name can hide what somebody else sends.
        """
        digest = found.digest(anonymous)
        if found.id is not None:
            external_id = f"id:{found.id}:{digest}"
        elif stamp is not None:
            external_id = f"stamp:{stamp}:{digest}"
        else:
            external_id = self._repeats.name(digest, self._services.clock.now())
        [received] = await receive([found.event(external_id, await self._files(found.body))])
        await self._note(found)
        return received

    async def _files(self, body: Body) -> list[AttachmentRef]:
        uploader = f"form:{self.channel.id}"
        files = self._services.attachments
        return [await files.store(clean_name(one.name) or "file", uploader, _pieces(one.content)) for one in body.files]

    async def _park(
        self, source: str, raw: bytes, content_type: str, error: PayloadInvalid, receive: Receive
    ) -> Received:
        """Keep it whole, with its files, as long as not many such come: else its beginning."""
        limit = len(raw) if len(raw) <= PARKED_BYTES or not self._large_parked.take("") else PARKED_BYTES
        hint = f"{source or '-'} {clean_name(content_type, HINT_CHARACTERS)}"
        [received] = await receive([unreadable(raw[:limit], error, hint=hint)])
        return received

    async def _sample(self, source: str, raw: bytes, content_type: str) -> None:
        """Keep the newest submission of each door for a day: the channel's page tries its mapping on it."""
        if self._services.samples is None or len(raw) > SAMPLE_BYTES or self._samples.take(source):
            return
        try:
            kept = Sample(source=source, content_type=clean_name(content_type, HINT_CHARACTERS), raw=raw)
            await self._services.samples.keep(kept)
        except NotAccepting:  # the submission is durable; the next one is a sample as well
            return

    async def _note(self, found: Submission) -> None:
        """Keep the names of the fields for the channel's page. Values would outlive an erasure."""
        named = list(targets(found.body, self._settings).items())[:FIELDS_KEPT]
        kept = json.dumps([(name, target) for name, target in named], ensure_ascii=False)
        if kept == self._noted:
            return
        try:
            await self._services.marks.set(FIELDS_MARK, kept)
        except NotAccepting:  # the submission is durable; the next one is noted
            return
        self._noted = kept

    # Against abuse ----------------------------------------------------------------------------------------------------

    def _check_person(self, controls: Mapping[str, str]) -> str | None:
        """The name of the stamp, if there is one. Raises `Refused` for what only a script sends."""
        if controls.get(TRAP):
            raise Refused(422, "trap", f"The field {TRAP} is a trap for scripts: leave it empty.")
        if self._settings.altcha and not self._proofs.holds(controls.get(PROOF, ""), self._services.clock.now()):
            raise Refused(422, "altcha", "This form needs a proof of work: send it with the channel's script.")
        written = controls.get(STAMP)
        if not written:
            if self._settings.stamp_required:
                raise Refused(422, "stamp", "This form needs a stamp: send it with the channel's script.")
            return None
        stamp = self._stamps.read(written, self._services.clock.now())
        if stamp is None:
            raise Refused(422, "stamp", "This stamp is not ours. Load the page of the form again.")
        if stamp[1] < self._settings.fill_s:
            wait_s = self._settings.fill_s - stamp[1]
            raise Refused(422, "too_quick", "No person fills in a form so fast. Send it again.", retry_after_s=wait_s)
        return stamp[0]

    def _take_one(self, request: web.Request, of_address: Buckets | None = None) -> None:
        wait_s = (of_address or self._of_address).take(self._address(request)) or self._of_channel.take("")
        if wait_s:
            raise Refused(429, "rate", "Too many forms were sent. Wait, then send it again.", retry_after_s=wait_s)

    def _address(self, request: web.Request) -> str:
        return address_key(self._services.client_address(request))

    async def _read(self, request: web.Request) -> bytes:
        if request.content_type != "multipart/form-data":
            return await read_bytes(request, limit_bytes=FORM_BYTES)
        with self._place_for_files(self._address(request)):
            return await read_bytes(request, limit_bytes=MULTIPART_BYTES)

    @contextmanager
    def _place_for_files(self, address: str) -> Iterator[None]:
        if self._reading[address] >= MULTIPARTS_OF_ADDRESS or self._reading.total() >= MULTIPARTS:
            raise Refused(503, "busy", "Too many forms with files are arriving. Send it again.", retry_after_s=5)
        self._reading[address] += 1
        try:
            yield
        finally:
            self._reading[address] -= 1
            self._reading += Counter()  # forgets those at 0

    # Answers ----------------------------------------------------------------------------------------------------------

    def _thanks(self, request: web.Request, received: Received, wanted: str | None) -> web.Response:
        page = wanted if wanted and site_allowed(wanted, self._settings.sites) else self._settings.thanks
        if not wants_page(request):
            return _json({"status": "parked" if received.parked else "received", "thanks": page})
        if page is None:
            return thanks_page(request)
        location = quote(page, safe=URL_CHARACTERS)
        return web.Response(status=303, headers={"Location": location, "Cache-Control": "no-store"})

    async def _challenge(self, request: web.Request) -> web.StreamResponse:
        return _json(self._proofs.challenge(self._services.clock.now()))

    async def _stamp(self, request: web.Request) -> web.StreamResponse:
        return _json({"stamp": self._stamps.make(self._services.clock.now())})

    def _allowed(self, origin: str | None) -> bool:
        """A program sends no origin; a page's must be of an allowed site, or ours."""
        return origin is None or origin == self._services.base_url or site_allowed(origin, self._settings.sites)

    def _check_origin(self, request: web.Request) -> None:
        if self._allowed(request.headers.get("Origin")):
            return
        detail = "This page is not on one of the channel's sites. Add its site on the channel's page."
        raise Refused(403, "origin_not_allowed", detail)

    def _shared(self, handler: Handler) -> Handler:
        """`handler` for pages of the allowed sites, which may read its answer and its refusals."""

        async def checked(request: web.Request) -> web.StreamResponse:
            self._check_origin(request)
            return await handler(request)

        answered = self._answered(checked)

        async def shared(request: web.Request) -> web.StreamResponse:
            response = await answered(request)
            origin = request.headers.get("Origin")
            response.headers.update(cors_headers(origin) if self._allowed(origin) else FOR_ONE_ORIGIN)
            return response

        return shared

    def _answered(self, handler: Handler) -> Handler:
        """`handler`, with refusals as a page for people and as a problem document for programs."""

        async def answered(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except Refused as error:
                refused = error
            except NotAccepting as error:
                refused = Refused(503, "unavailable", error.detail, retry_after_s=error.retry_after_s)
            response = problem(refused)
            if wants_page(request):
                page = refusal_page(request, refused)
                if "Retry-After" in response.headers:
                    page.headers["Retry-After"] = response.headers["Retry-After"]
                return page
            return response

        return answered

    async def _preflight(self, request: web.Request) -> web.StreamResponse:
        try:
            self._check_origin(request)
        except Refused as error:
            return refused_origin(error)
        return preflight(request.headers.get("Origin"), "GET, POST")


async def _script(request: web.Request) -> web.StreamResponse:
    headers = {"Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "public, max-age=3600"}
    return web.Response(text=SNIPPET, content_type="text/javascript", charset="utf-8", headers=headers)


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _json(answer: Mapping[str, JsonValue]) -> web.Response:
    return web.json_response(dict(answer), headers={"Cache-Control": "no-store"})
