"""Reading a folder: mails are fetched and taken apart while those before them are stored, in the order of UIDs."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import structlog

from connectors.base import Services, unreadable
from connectors.email.config import Settings
from connectors.email.imap import FETCHED_AT_ONCE, SIZES_AT_ONCE, ConnectionGone, Mailbox, Refused, TooMuch
from connectors.email.mime import RAW_BYTES, Mail, MailFile, read_mail
from connectors.email.parse import events_of, external_id, hash_in
from connectors.email.threads import Tokens
from connectors.errors import PayloadInvalid
from connectors.reasons import sentence, why
from connectors.text import clean_text
from hub.model.attachment import AttachmentRef, NewFile
from hub.model.channel import Channel
from hub.model.events import InboundEvent
from hub.model.why import Why

log = structlog.get_logger(__name__)

BATCH = FETCHED_AT_ONCE
"""Whatever is done for a batch as a whole, such as a command to the database, costs each mail its part of it."""
BATCH_BYTES = 8 * 1024**2
"""A batch up to this size is fetched while those before it are being stored; a larger mail has the memory to itself."""
BATCHES_AHEAD = 2
"""So many of them wait to be stored: most of the time that a batch takes is spent waiting for a disk or a network."""
TOGETHER_BYTES = 64 * 1024
"""Mails up to here are taken apart in one go: each takes some tenths of a millisecond, and a thread's turn as much."""
PARSE_S = 5.0
TOO_SLOW = f"This mail could not be read within {PARSE_S:g} s."

Files = tuple[Mapping[MailFile, AttachmentRef], AttachmentRef | None]
"""The files of a mail as they were stored, and the mail itself."""
ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Batch:
    """Some mails that follow each other: their UIDs, their sizes, and the bytes of those that were fetched.

    `refused`: why the others are not to be had from the server.
    """

    uids: Sequence[int]
    sizes: Mapping[int, int]
    raws: Mapping[int, bytes]
    refused: Mapping[int, Why]


@dataclass(frozen=True, slots=True)
class Meant:
    """What some mails mean, with the UID of the last of them. `understood`: those that are not parked."""

    events: Sequence[InboundEvent]
    last: int
    understood: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class _Read:
    """A mail that could be read, and what it is known by."""

    mail: Mail
    known: str


class Reading:
    """Turns what lies in a mailbox into events."""

    def __init__(self, channel: Channel, settings: Settings, services: Services, tokens: Tokens) -> None:
        self._channel, self._settings, self._services, self._tokens = channel, settings, services, tokens
        self._validity = 0
        self._alone: set[int] = set()
        self._too_much: dict[int, str] = {}

    async def run(
        self, mailbox: Mailbox, validity: int, uids: Sequence[int], meant: "asyncio.Queue[Meant | None]"
    ) -> None:
        """Put what the mails mean into `meant`, in their order, then None. Whoever takes it says `task_done` once it is
        stored.

        `validity` is the generation of their UIDs.

        Their files are stored by then; those that no message comes to refer to are swept some day. While one batch is
        fetched, those before it are taken apart and their files stored.
        """
        if validity != self._validity:
            self._validity, self._alone, self._too_much = validity, set(), {}
        begun: asyncio.Queue[asyncio.Task[Meant] | None] = asyncio.Queue(BATCHES_AHEAD)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_in_order(begun, meant))
                for start in range(0, len(uids), SIZES_AT_ONCE):
                    window = uids[start : start + SIZES_AT_ONCE]
                    sizes = await mailbox.sizes(window)
                    for chosen in chunks(window, sizes, self._alone):
                        large = sum(sizes.get(uid, 0) for uid in chosen) > BATCH_BYTES
                        if large:
                            await _all_stored(begun, meant)
                        batch = await self._fetched(mailbox, chosen, sizes)
                        await begun.put(group.create_task(self._understood(batch)))
                        del batch  # its bytes
                        if large:
                            await _all_stored(begun, meant)
                await begun.put(None)
        except ExceptionGroup as faults:  # whoever follows the folder knows its errors, and no groups of them
            raise faults.exceptions[0] from None

    async def _fetched(self, mailbox: Mailbox, uids: Sequence[int], sizes: Mapping[int, int]) -> Batch:
        wanted = [uid for uid in uids if sizes.get(uid, 0) <= RAW_BYTES]
        size_bytes = sum(sizes.get(uid, 0) for uid in wanted)
        refused: Mapping[int, Why] = {}
        try:
            bodies = await self._bodies(mailbox, wanted, size_bytes) if wanted else {}
            complete = len(bodies) == len(wanted)
        except Refused:
            bodies, complete = {}, False
        if not complete:
            bodies, refused = await self._one_by_one(mailbox, wanted, bodies, sizes)
        found = [uid for uid in wanted if uid in bodies]  # the others were expunged between the two looks
        return Batch(uids, sizes, {uid: bodies.pop(uid) for uid in found}, refused)

    async def _bodies(self, mailbox: Mailbox, uids: Sequence[int], size_bytes: int) -> dict[int, bytes]:
        """The mails, as `Mailbox.bodies` gives them. It remembers which of them the server makes too much of.

        A literal without bounds ends the connection: over the next one each of them is fetched alone, and over the one
        after that whichever it was is not asked for any more.
        """
        if known := self._too_much.keys() & set(uids):
            uids = [uid for uid in uids if uid not in known]
        try:
            return await mailbox.bodies(uids, size_bytes) if uids else {}
        except TooMuch as error:
            self._alone.update(uids)
            if len(uids) == 1:
                self._too_much[uids[0]] = error.announced
            raise

    async def _one_by_one(
        self, mailbox: Mailbox, uids: Sequence[int], bodies: Mapping[int, bytes], sizes: Mapping[int, int]
    ) -> tuple[dict[int, bytes], Mapping[int, Why]]:
        """Mails of which the server has given only `bodies`, with those that it gives when asked for each alone.

        Why it does not give the others that are still there: some servers refuse single mails, as Yahoo's
        (jstedfast/MailKit#358), and Exchange's may answer with nothing (OfflineIMAP/offlineimap#62). It is a fault of
        the mail only where the server gives another one. Raises `ConnectionGone` where it does not.
        """
        found, refused = dict(bodies), dict[int, Why]()
        there = await mailbox.still_there([uid for uid in uids if uid not in bodies])
        for uid in sorted(there):
            if announced := self._too_much.get(uid):
                refused[uid] = why("mail_without_end", bytes=announced, uid=uid)
                continue
            try:
                found |= await self._bodies(mailbox, [uid], sizes.get(uid, 0))
            except Refused as error:
                refused[uid] = _kept(uid, sizes, str(error))
            else:
                if uid not in found:
                    refused[uid] = _kept(uid, sizes, "it answers with nothing")
        if refused and not await _gives_any(mailbox, {uid: size for uid, size in sizes.items() if uid not in refused}):
            raise ConnectionGone("the server gives no mail at all")
        return found, refused

    async def _understood(self, batch: Batch) -> Meant:
        """What the mails mean, in their order, once their files are stored; what cannot be read is to be parked."""
        raws = batch.raws
        mails = await _each(_read, list(raws.values()), list(raws.values()))
        read = dict(zip(raws, zip(raws.values(), mails, strict=True), strict=True))
        del mails
        files = await self._files_of(read)
        jobs = [(*read.pop(uid), files.pop(uid, None)) for uid in raws]
        meant = dict(zip(raws, await _each(self._meaning, jobs, list(raws.values())), strict=True))
        events: list[InboundEvent] = []
        understood: list[int] = []
        for uid in batch.uids:
            if batch.sizes.get(uid, 0) > RAW_BYTES:
                events.append(_too_large(uid, batch.sizes[uid]))
            elif uid in batch.refused:
                events.append(_not_given(uid, batch.sizes.get(uid, 0), batch.refused[uid]))
            elif uid in meant:
                found, raw = meant[uid], raws[uid]
                events += [unreadable(raw, found, external_id(raw))] if isinstance(found, str) else found
                understood += [] if isinstance(found, str) else [uid]
        return Meant(events, batch.uids[-1], understood)

    def _meaning(self, job: tuple[bytes, _Read | str, Files | None]) -> Sequence[InboundEvent] | str:
        """What one mail means, or why it cannot be read."""
        raw, read, kept = job
        if isinstance(read, str) or kept is None:
            return str(read)
        files, original = kept
        try:
            return events_of(
                raw, read.mail, files, known=read.known, tokens=self._tokens, ours=self._channel.key, original=original,
                trusted_authserv=self._settings.trusted_authserv, address=self._settings.address,
                leads=self._settings.leads,
            )  # fmt: skip
        except PayloadInvalid as error:
            return error.reason
        except Exception as error:  # noqa: BLE001  (as in `_read`)
            return _stumbled(error)

    # Files -----------------------------------------------------------------------------------------------------------

    async def _files_of(self, read: Mapping[int, tuple[bytes, _Read | str]]) -> dict[int, Files]:
        """What is kept of the mails of a batch. The files of all of them are stored with a few commands."""
        wanted: list[tuple[int, MailFile | None, NewFile]] = []
        for uid, (raw, one) in read.items():
            if isinstance(one, _Read):
                wanted += [(uid, file, NewFile(file.name, file.content)) for file in one.mail.files]
                if self._settings.keep_original:
                    encoded = [stretch for file in one.mail.files for stretch in file.encoded]
                    wanted.append((uid, None, NewFile("message.eml", raw, encoded, hash_in(one.known))))
        files: dict[int, dict[MailFile, AttachmentRef]] = {
            uid: {} for uid, (_, one) in read.items() if isinstance(one, _Read)
        }
        originals: dict[int, AttachmentRef] = {}
        refs = await self._services.attachments.store_all(f"email:{self._channel.id}", [file for _, _, file in wanted])
        for (uid, file, _), ref in zip(wanted, refs, strict=True):
            if ref is not None:  # an empty one is left out
                if file is None:
                    originals[uid] = ref
                else:
                    files[uid][file] = ref
        return {uid: (files[uid], originals.get(uid)) for uid in files}


async def _gives_any(mailbox: Mailbox, sizes: Mapping[int, int]) -> bool:
    """Whether the server gives the smallest of these mails."""
    smallest = min(sizes, key=lambda uid: sizes[uid], default=None)
    if smallest is None or sizes[smallest] > RAW_BYTES:
        return False
    try:
        return bool(await mailbox.bodies([smallest], sizes[smallest]))
    except Refused:
        return False


async def _in_order(begun: "asyncio.Queue[asyncio.Task[Meant] | None]", meant: "asyncio.Queue[Meant | None]") -> None:
    """Pass on what the batches mean, in the order in which they were begun."""
    while (task := await begun.get()) is not None:
        await meant.put(await task)
        begun.task_done()
    await meant.put(None)


async def _all_stored(begun: "asyncio.Queue[asyncio.Task[Meant] | None]", meant: "asyncio.Queue[Meant | None]") -> None:
    await begun.join()
    await meant.join()


async def _each(
    work: Callable[[ItemT], ResultT], items: Sequence[ItemT], raws: Sequence[bytes]
) -> Sequence[ResultT | str]:
    """`work` done in a thread for each item, of which `raws` are the mails; a reason where it takes too long.

    The limit is that of one mail: where several together do not keep it, each is tried for itself.
    """
    results: dict[int, ResultT | str] = {}
    small = [index for index, raw in enumerate(raws) if len(raw) <= TOGETHER_BYTES]
    try:
        async with asyncio.timeout(PARSE_S):
            done = await asyncio.to_thread(lambda: [work(items[index]) for index in small]) if small else []
        results.update(zip(small, done, strict=True))
    except TimeoutError:
        pass  # one of them
    for index in range(len(items)):
        if index not in results:
            try:
                async with asyncio.timeout(PARSE_S):
                    results[index] = await asyncio.to_thread(work, items[index])
            except TimeoutError:
                results[index] = TOO_SLOW
    return [results[index] for index in range(len(items))]


def _read(raw: bytes) -> _Read | str:
    """The mail, or why it cannot be read."""
    try:
        return _Read(read_mail(raw), external_id(raw))
    except PayloadInvalid as error:
        return error.reason
    except Exception as error:  # noqa: BLE001  (a fault of ours: it parks one mail and never stops the mailbox)
        return _stumbled(error)


def _stumbled(error: Exception) -> str:
    log.error("a mail could not be read", exc_info=error)
    return f"The hub stumbled over this mail ({type(error).__name__}). The hub's log explains it."


def chunks(
    uids: Sequence[int], sizes: Mapping[int, int], alone: Collection[int] = frozenset()
) -> Sequence[Sequence[int]]:
    """Mails that are fetched together: few enough for one answer, small enough for the memory; some are each alone."""
    found: list[list[int]] = []
    room = 0
    for uid in uids:
        size = min(sizes.get(uid, 0), RAW_BYTES)
        if not found or len(found[-1]) == BATCH or size > room or uid in alone or found[-1][-1] in alone:
            found.append([])
            room = BATCH_BYTES
        found[-1].append(uid)
        room -= size
    return found


def _too_large(uid: int, size_bytes: int) -> InboundEvent:
    reason = why("mail_too_large", bytes=size_bytes, uid=uid, limit=RAW_BYTES)
    return unreadable(sentence(reason).encode(), reason, f"uid:{uid}:{size_bytes}")


def _kept(uid: int, sizes: Mapping[int, int], said: str) -> Why:
    return why("mail_kept_by_server", clean_text(said), bytes=sizes.get(uid, 0), uid=uid)


def _not_given(uid: int, size_bytes: int, reason: Why) -> InboundEvent:
    return unreadable(sentence(reason).encode(), reason, f"uid:{uid}:{size_bytes}")
