"""The addresses of hosted forms: `/f/<slug>` begins one, `/f/<slug>/<token>` goes on with it."""

import asyncio
import hmac
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from urllib.parse import parse_qsl, urlencode

from aiohttp import BodyPartReader, web

from connectors.forms.proof import FIELD as PROOF
from connectors.forms.proof import Proofs
from connectors.limits import Buckets
from connectors.text import clean_name, clean_text
from flows.engine import Verdict
from flows.events import GivenFile
from flows.pages import Page, pages
from flows.session import Session
from hub.model.form_invite import FormInvite
from hub.model.ids import ConversationId, ProjectId
from hub.services.attachments import Attachments
from hub.services.errors import Invalid, NotFound
from hub.services.forms import Filling, Forms, Hosted
from hub.web.forms import markup
from hub.web.forms.words import words
from hub.web.problems import Refused

FIELD_BYTES = 64 * 1024
FIELDS = 400
FILES = 10
STEP_S = 20.0
HURRY_S = 1.0
"""No person reads and fills in a page faster; a script does."""
SIGNATURE = 20
TRACKED = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "ref")
TRACKED_CHARACTERS = 200
INVITED = "for"
LANGUAGES = ("ru", "en")

Sent = dict[str, list[str]]
Invitations = Callable[[ProjectId, ConversationId], Awaitable[Sequence[markup.Way]]]
"""The channels of a project that somebody can go on in with the questions of a conversation: kind and address."""
ValueT = TypeVar("ValueT")


class FormPages:
    """Serves the forms of every project."""

    def __init__(
        self,
        forms: Forms,
        attachments: Attachments,
        client_address: Callable[[web.Request], str],
        *,
        origin: str,
        secret: bytes,
        file_bytes: int,
        invitations: Invitations,
        now: Callable[[], datetime],
    ) -> None:
        """`now` is the database's time: by a clock that jumps back everybody would be a script for a while."""
        self._forms, self._attachments, self._client_address = forms, attachments, client_address
        self._origin, self._secret, self._file_bytes = origin, secret, file_bytes
        self._invitations, self._now = invitations, now
        self._limits: dict[int, Buckets] = {}
        self._proofs = Proofs(hmac.digest(secret, b"form-proof", "sha256"))

    def routes(self) -> Sequence[web.RouteDef]:
        """Beginning and going on."""
        return [
            web.get("/f/{slug}", self._show), web.post("/f/{slug}", self._take),
            web.get("/f/{slug}/{token}", self._show), web.post("/f/{slug}/{token}", self._take),
        ]  # fmt: skip

    async def _show(self, request: web.Request) -> web.StreamResponse:
        try:
            filling = await self._filling(request)
        except NotFound:
            return _answer(markup.gone(_language(request, LANGUAGES)), status=404)
        notice = words(filling.session.lang).stale if "stale" in request.query else None
        return self._page(request, filling, notice=notice, ways=await self._ways(filling))

    async def _ways(self, filling: Filling) -> Sequence[markup.Way]:
        """Where the answers can be taken along; nowhere before there are any."""
        if filling.conversation is None:
            return ()
        project, lang = filling.hosted.project.id, filling.session.lang
        found = await self._invitations(project, filling.conversation)
        return [
            (kind, f"{url}&lang={lang}" if kind == "webchat" else url)
            for kind, url in found if kind != filling.hosted.channel.kind
        ]  # fmt: skip

    async def _filling(self, request: web.Request) -> Filling:
        slug, token = request.match_info["slug"], request.match_info.get("token")
        if token is not None:
            return await self._forms.begun(slug, token)
        hosted = await self._forms.hosted(slug)
        invite = await self._invite(request, hosted)
        if invite is not None and invite.once and invite.used is not None:
            raise web.HTTPSeeOther(f"/f/{slug}/{self._forms.token(invite.used)}")
        return self._forms.blank(hosted, _language(request, hosted.flow.langs), invite)

    async def _invite(self, request: web.Request, hosted: Hosted) -> FormInvite | None:
        """The invitation in the address; none is as good as one that has ended: the form as everybody finds it."""
        word = request.query.get(INVITED, "")
        return await self._forms.invited(hosted, word) if word else None

    async def _take(self, request: web.Request) -> web.StreamResponse:
        try:
            filling = await self._filling(request)
        except NotFound:
            return _answer(markup.gone(_language(request, LANGUAGES)), status=404)
        say = words(filling.session.lang)
        if self._over_limit(request, filling.hosted):
            return self._page(request, filling, notice=say.busy, status=429)
        sent, files = await self._read(request, filling)
        if not _first(sent, "turn") and not _first(sent, "stamp") and filling.conversation is None:
            return self._offered(request, filling, sent)
        page = _page_sent(filling, sent)
        if filling.over or page is None or _first(sent, "turn") != str(filling.session.turn):
            return self._left_behind(request, filling, sent)
        given = {field.prompt.question: sent.get(field.prompt.question, []) for field in page.fields}
        visitor = self._visitor(_first(sent, "stamp"))
        if visitor is None or _first(sent, markup.HONEYPOT):
            return self._page(request, filling, page=page, given=given, notice=say.quick, status=422)
        if _proves(filling) and not self._proofs.holds(_first(sent, PROOF), filling.at.now):
            return self._page(request, filling, page=page, given=given, notice=say.proof, status=422)
        values = _values(page, sent, files)
        step = self._forms.tried(filling, values, {})
        if step.faults:
            return self._page(request, filling, page=page, given=given, faults=step.faults, status=422)
        if step.verdict is Verdict.STALE:
            raise web.HTTPSeeOther(f"{request.path}?stale=1")
        if (further := _further(filling, page, step.session, sent)) is not None:
            return self._page(request, filling, page=further, given=given, notice=say.further)
        return await self._keep(request, filling, page, given, values, visitor)

    def _left_behind(self, request: web.Request, filling: Filling, sent: Sent) -> web.Response:
        """Another tab or device was faster: what was filled in of what is still asked is shown, to be sent again."""
        stale = web.HTTPSeeOther(f"{request.path}?stale=1")
        if filling.over:
            raise stale
        page = _wanted(filling, None)
        names = [field.prompt.question for field in page.fields]
        given = {name: sent[name] for name in names if any(value.strip() for value in sent.get(name, ()))}
        if not given:
            raise stale
        say = words(filling.session.lang)
        return self._page(request, filling, page=page, given=given, notice=say.stale, status=409)

    def _offered(self, request: web.Request, filling: Filling, sent: Sent) -> web.Response:
        """What a plain HTML form of another page sent, in its fields, to be looked at and sent: nothing is kept yet."""
        page = filling.pages[0]
        given = {field.prompt.question: sent.get(field.prompt.question, []) for field in page.fields}
        return self._page(request, filling, page=page, given=given, notice=words(filling.session.lang).look)

    async def _keep(
        self,
        request: web.Request,
        filling: Filling,
        page: Page,
        given: markup.Given,
        values: Mapping[str, str | Sequence[str] | Sequence[GivenFile]],
        visitor: str,
    ) -> web.StreamResponse:
        try:
            token = await self._forms.take(
                filling, values, {}, visitor=visitor, lang=filling.session.lang, known=_tracked(request),
                invite=await self._invite(request, filling.hosted) if filling.conversation is None else None,
            )  # fmt: skip
        except Invalid as refused:
            faults = refused.extra.get("faults")
            if not isinstance(faults, dict):  # somebody else's answer came between
                raise web.HTTPSeeOther(f"{request.path}?stale=1") from refused
            shown = {str(name): str(fault) for name, fault in faults.items()}
            return self._page(request, filling, page=page, given=given, faults=shown, status=422)
        raise web.HTTPSeeOther(f"/f/{filling.hosted.slug}/{token}")

    def _page(
        self,
        request: web.Request,
        filling: Filling,
        *,
        page: Page | None = None,
        given: markup.Given | None = None,
        faults: Mapping[str, str] | None = None,
        notice: str | None = None,
        status: int = 200,
        ways: Sequence[markup.Way] = (),
    ) -> web.Response:
        sites = _sites(filling.hosted)
        if filling.over:
            return _answer(markup.farewell(filling, ways), sites)
        begun = filling.conversation is not None
        kept = _tracked(request) | ({INVITED: request.query[INVITED]} if request.query.get(INVITED) else {})
        query = urlencode(kept)
        body = markup.page_of(
            filling,
            page or _wanted(filling, request.query.get("page")),
            action=request.path if begun or not query else f"{request.path}?{query}",
            stamp=self._stamp(),
            given=given or {},
            faults=faults or {},
            notice=notice,
            link=f"{self._origin}{request.path}" if begun else None,
            challenge=self._proofs.challenge(filling.at.now) if _proves(filling) else None,
            ways=ways,
        )
        return _answer(body, sites, status)

    # What is sent -----------------------------------------------------------------------------------------------------

    async def _read(self, request: web.Request, filling: Filling) -> tuple[Sent, Mapping[str, Sequence[GivenFile]]]:
        """The fields and the files of a page. Raises `Refused`."""
        if request.content_type == "application/x-www-form-urlencoded":
            return await _urlencoded(request), {}
        if request.content_type != "multipart/form-data":
            raise Refused(415, "wrong_media_type", "Send the form as multipart/form-data.")
        sent: Sent = {}
        files: dict[str, list[GivenFile]] = {}
        count = 0
        reader = await request.multipart()
        while True:
            part = await _in_time(reader.next())
            if part is None:
                return sent, files
            count += 1
            if not isinstance(part, BodyPartReader) or count > FIELDS or not part.name:
                raise Refused(400, "bad_form", "This form has parts that cannot be read.")
            if part.filename is None:
                sent.setdefault(part.name, []).append(await _text(part))
            elif part.filename and sum(len(some) for some in files.values()) < FILES:
                file = await self._file(part, filling)
                if file is not None:
                    files.setdefault(part.name, []).append(file)

    async def _file(self, part: BodyPartReader, filling: Filling) -> GivenFile | None:
        uploader = f"form:{filling.hosted.channel.id}"
        project = filling.hosted.channel.project
        try:
            kept = await self._attachments.take(project, uploader, part.filename or "file", self._pieces(part))
        except Invalid:  # an empty file is none
            return None
        return GivenFile(kept.id, kept.name, kept.media_type, kept.size_bytes)

    async def _pieces(self, part: BodyPartReader) -> AsyncIterator[bytes]:
        size = 0
        while chunk := await _in_time(part.read_chunk(64 * 1024)):
            size += len(chunk)
            if size > self._file_bytes:
                raise Refused(413, "too_big", f"A file has at most {self._file_bytes} bytes.")
            yield chunk

    def _over_limit(self, request: web.Request, hosted: Hosted) -> bool:
        amount = hosted.channel.settings.get("posts_per_minute", 120)
        amount = amount if isinstance(amount, int) else 120
        buckets = self._limits.setdefault(amount, Buckets(amount, 60))
        return buckets.take(f"{hosted.channel.id}:{self._client_address(request)}") > 0

    # Who it is --------------------------------------------------------------------------------------------------------

    def _stamp(self) -> str:
        """Names a visitor and says when the page was made, so that sending it twice is sending it once."""
        content = f"{secrets.token_hex(16)}.{int(self._now().timestamp() * 10):x}"
        return f"{content}.{self._signature(content)}"

    def _visitor(self, stamp: str) -> str | None:
        """Who a stamp names; None for one that is not ours or too fresh."""
        content, _, signature = stamp.rpartition(".")
        if not hmac.compare_digest(self._signature(content).encode(), signature.encode("utf-8", "replace")):
            return None
        visitor, _, made = content.partition(".")
        return visitor if self._now().timestamp() - int(made, 16) / 10 >= HURRY_S else None

    def _signature(self, content: str) -> str:
        return hmac.digest(self._secret, f"form-stamp:{content}".encode(), "sha256").hex()[:SIGNATURE]


async def _in_time(work: Awaitable[ValueT]) -> ValueT:
    """A step of reading. Raises `Refused` when it takes too long or the body breaks off."""
    try:
        async with asyncio.timeout(STEP_S):
            return await work
    except TimeoutError:
        raise Refused(408, "too_slow", "The form took too long to arrive.") from None
    except (ValueError, web.RequestPayloadError) as error:
        raise Refused(400, "bad_form", "This form broke off or cannot be read.") from error


async def _urlencoded(request: web.Request) -> Sent:
    """The fields of a plain HTML form. Raises `Refused`."""
    raw = b""
    while chunk := await _in_time(request.content.read(8 * 1024)):
        raw += chunk
        if len(raw) > FIELD_BYTES:
            raise Refused(413, "too_big", f"A form without files has at most {FIELD_BYTES} bytes.")
    sent: Sent = {}
    try:
        for name, value in parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=FIELDS):
            sent.setdefault(name, []).append(clean_text(value))
    except ValueError as error:
        raise Refused(400, "bad_form", "This form has parts that cannot be read.") from error
    return sent


async def _text(part: BodyPartReader) -> str:
    raw = b""
    while chunk := await _in_time(part.read_chunk(8 * 1024)):
        raw += chunk
        if len(raw) > FIELD_BYTES:
            raise Refused(413, "too_big", f"A field has at most {FIELD_BYTES} bytes.")
    return clean_text(raw.decode("utf-8", "replace"))


def _answer(body: str, sites: Sequence[str] = (), status: int = 200) -> web.Response:
    frames = " ".join(("'self'", *sites))
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        f"frame-ancestors {frames}"
    )
    headers = {
        "Content-Security-Policy": policy, "Cache-Control": "no-store", "Permissions-Policy": "geolocation=(self)",
    }  # fmt: skip
    return web.Response(text=body, status=status, content_type="text/html", charset="utf-8", headers=headers)


def _first(sent: Sent, name: str) -> str:
    return next(iter(sent.get(name, ())), "")


def _further(filling: Filling, page: Page, after: Session, sent: Sent) -> Page | None:
    """The page as its answers make it, where they have brought up questions that nobody has seen; else None.

    Only a page without scripts says what it has shown: the others show such questions by themselves.
    """
    shown = _first(sent, markup.SHOWN)
    if not shown:
        return None
    seen = frozenset(shown.split(","))
    now = pages(filling.hosted.flow, after, filling.at)[page.number]
    names = [field.prompt.question for field in now.fields if field.shows]
    unseen = [name for name in names if name not in seen and not any(sent.get(name, ()))]
    return now if unseen else None


def _page_sent(filling: Filling, sent: Sent) -> Page | None:
    """The page that was filled in, among all, not only those that show."""
    number = _first(sent, "page")
    return next((page for page in filling.all_pages if str(page.number) == number), None)


def _values(
    page: Page, sent: Sent, files: Mapping[str, Sequence[GivenFile]]
) -> dict[str, str | Sequence[str] | Sequence[GivenFile]]:
    """What the engine reads. A file that was sent before need not be sent again."""
    values: dict[str, str | Sequence[str] | Sequence[GivenFile]] = {}
    for field in page.fields:
        name = field.prompt.question
        if field.prompt.type == "file":
            if name in files or field.answer is None:
                values[name] = tuple(files.get(name, ()))
        elif field.prompt.multiple:
            values[name] = tuple(value for value in sent.get(name, ()) if value)
        else:
            values[name] = _first(sent, name)
    return values


def _wanted(filling: Filling, asked: str | None) -> Page:
    """The page that was asked for, else the first that lacks an answer."""
    shown = filling.pages
    for page in shown:
        if str(page.number) == asked:
            return page
    return next((page for page in shown if page.open or not page.complete), shown[-1])


def _language(request: web.Request, langs: Sequence[str]) -> str:
    """The language that was asked for, the browser's, or the first."""
    header = request.headers.get("Accept-Language", "")
    wanted = [request.query.get("lang", ""), *(part.partition(";")[0] for part in header.split(",")[:10])]
    found = (tag.strip().partition("-")[0].lower() for tag in wanted)
    return next((tag for tag in found if tag in langs), langs[0])


def _tracked(request: web.Request) -> dict[str, str]:
    """Where somebody came from, as the address says."""
    found = {name: clean_name(request.query.get(name, ""), TRACKED_CHARACTERS) for name in TRACKED}
    return {name: value for name, value in found.items() if value}


def _proves(filling: Filling) -> bool:
    """Whether the page has to come with a proof of work: the first one, where the channel asks for it."""
    return filling.conversation is None and filling.hosted.channel.settings.get("altcha") is True


def _sites(hosted: Hosted) -> Sequence[str]:
    sites = hosted.channel.settings.get("sites")
    return [site for site in sites if isinstance(site, str)] if isinstance(sites, list) else []
