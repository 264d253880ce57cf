"""Keeps the words that search finds by, behind everything else: a message is received, answered and shown without it.

One hub of the deployment does it, under a lease. It reads what changed from the change stream every other second, by a
token that it notes, so that nothing is missed over stops and crashes; what stood there before the first token it walks
once. However much comes in, it works a fifth of the time at most, and a twenty-fifth while this process is flooded with
messages, for ten minutes at most: then the newest are found a little later.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence

import structlog

from hub.cancelling import stop_if_cancelled
from hub.model.found_by import address_keys, name_keys
from hub.model.ids import ContactId, ConversationId, MessageId, ProjectId
from hub.model.words import words_of
from hub.store.documents import Document
from hub.store.errors import StoreUnavailable
from hub.store.leases import Lease, Leases
from hub.store.outage import is_outage
from hub.store.search_sources import News, SearchSources, SourceLost
from hub.store.search_words import MessageWords, PersonKeys, Progress, SearchWords

log = structlog.get_logger(__name__)

LEASE, LEASE_S = "search-index", 30.0
LOOK_EVERY_S = 2.0
GIVE_BACK_S = 1.0
AT_ONCE = 500
RESTS = 4.0  # times as long as it has worked
RESTS_IN_A_FLOOD, LONGEST_REST_S = 24.0, 10.0
FLOOD = 200.0  # messages a second
FLOOD_S = 600.0
"""So long a flood may keep it behind: the token of one far behind grows older than the history of changes."""
PAUSE_S = 5.0  # after a failure, or while another hub does it
NOTED_EVERY_S = 60.0  # though nothing came: a token must not grow older than the history of changes
SAYING = frozenset({"contact", "operator"})
_FIRST_WALK = {"contacts": "", "messages": ""}


class SearchIndex:
    """The search's index of all projects."""

    def __init__(
        self, sources: SearchSources, words: SearchWords, leases: Leases, *, owner: str,
        stored: Callable[[], int] = lambda: 0, monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        """`stored` says how many messages this process has stored so far."""
        self._sources, self._words, self._leases, self._owner = sources, words, leases, owner
        self._monotonic = monotonic
        self._stored, self._counted, self._counted_at_s = stored, 0, monotonic()
        self._noted_at_s, self._abreast_at_s = float("-inf"), monotonic()

    async def run(self) -> None:
        """Keep it up to date until cancelled."""
        while True:
            try:
                lease = await self._leases.acquire(LEASE, self._owner, LEASE_S)
                if lease is not None:
                    await self._keep(lease)
            except Exception as error:  # whatever it is: nobody else waits for this, and it is tried again
                stop_if_cancelled()
                if is_outage(error) or isinstance(error, StoreUnavailable):
                    log.warning("the search's index waits", reason=str(error) or type(error).__name__)
                else:
                    log.exception("the search's index stands still")
            await asyncio.sleep(PAUSE_S)

    async def _keep(self, lease: Lease | None) -> None:
        try:
            while lease is not None:
                began = time.monotonic()
                more = await self.step()
                took = time.monotonic() - began
                await asyncio.sleep(max(self._rest(took, more=more), 0.0 if more else LOOK_EVERY_S))
                if not lease.fresh():
                    lease = await self._leases.acquire(LEASE, self._owner, LEASE_S)
        finally:
            if lease is not None:
                await self._leases.give_back(lease, GIVE_BACK_S)
            await self._sources.close()

    def _rest(self, took: float, *, more: bool) -> float:
        """For how long it rests after having worked for `took` seconds."""
        stored, now_s = self._stored(), self._monotonic()
        if not more:
            self._abreast_at_s = now_s
        flooded = stored - self._counted > FLOOD * (now_s - self._counted_at_s) and now_s - self._abreast_at_s < FLOOD_S
        self._counted, self._counted_at_s = stored, now_s
        return max(took * RESTS, min(took * RESTS_IN_A_FLOOD, LONGEST_REST_S) if flooded else 0.0)

    async def step(self) -> bool:
        """One piece of work; whether there is more at once."""
        progress = await self._words.progress()
        if progress is None:
            log.info("the search's index is made")
            await self._words.note(Progress(await self._sources.token(), _FIRST_WALK, complete=False))
            return True
        try:
            news = await self._sources.news(progress.token, AT_ONCE)
        except SourceLost:
            log.warning("the search's index is made anew: changes are missing")
            await self._words.note(Progress(await self._sources.token(), _FIRST_WALK, complete=False))
            return True
        await self._take(news)
        walked, complete = progress.walked, progress.complete
        if not complete:
            walked, complete = await self._walk(progress)
        if news.messages or news.contacts or not progress.complete or self._old():
            await self._words.note(Progress(news.token, walked, complete))
            self._noted_at_s = time.monotonic()
        return news.more or not complete

    def _old(self) -> bool:
        return time.monotonic() - self._noted_at_s > NOTED_EVERY_S

    async def _take(self, news: News) -> None:
        gone = [MessageId(message) for message, document in news.messages.items() if document is None]
        if gone:
            await self._words.forget_messages(gone)
        await self._messages([{**row, "_id": key} for key, row in news.messages.items() if row is not None])
        if news.contacts:
            await self._people(sorted(news.contacts))

    async def _walk(self, progress: Progress) -> tuple[dict[str, str], bool]:
        walked = dict(progress.walked)
        for collection, after in progress.walked.items():
            rows = await self._sources.walk(collection, after, AT_ONCE)
            if not rows:
                del walked[collection]
                continue
            walked[collection] = rows[-1]["_id"]
            if collection == "messages":
                await self._messages(rows)
            else:
                await self._people([row["_id"] for row in rows])
        if not walked:
            log.info("the search's index is complete")
        return walked, not walked

    async def _messages(self, rows: Iterable[Document]) -> None:
        kept = []
        for count, row in enumerate(rows):
            kept.append(_words_of_message(row))
            if count % 50 == 49:  # about 5 ms
                await asyncio.sleep(0)
        await self._words.put_messages(kept)

    async def _people(self, contacts: Sequence[ContactId]) -> None:
        found = [_keys_of_person(*each) for each in await self._sources.people(contacts)]
        await self._words.put_people(found)
        gone = set(contacts) - {one.contact for one in found}
        if gone:
            await self._words.forget_people(sorted(gone))


def _words_of_message(row: Document) -> MessageWords:
    """What contacts, operators and notes say. What the bot says, everybody gets: nobody looks for one of them by it."""
    told = (row["author"]["kind"] in SAYING and not row.get("automatic")) or row["direction"] == "note"
    text = row.get("text") or ""
    return MessageWords(
        message=MessageId(row["_id"]), project=row["project"], conversation=ConversationId(row["conversation"]),
        at=row["created_at"], revision=row.get("revision", 1),
        words=words_of(text) if told and not row.get("erased") else (),
    )  # fmt: skip


def _keys_of_person(row: Document, addresses: Sequence[Document]) -> PersonKeys:
    keys = name_keys(row.get("name"))
    for address in addresses:
        keys += address_keys(address["value"])
    for fact in row.get("fields") or ():
        keys += address_keys(fact["value"], username=fact["name"].endswith("username"))
    return PersonKeys(ContactId(row["_id"]), ProjectId(row["project"]), list(dict.fromkeys(keys)))
