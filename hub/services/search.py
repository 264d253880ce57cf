"""Search: people by name or address, and conversations by what was said in them, as far as the viewer may see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hub.model.conversation import Conversation
from hub.model.found_by import people_key
from hub.model.ids import ContactId, ConversationId
from hub.model.message import Message
from hub.model.operator import Viewer
from hub.model.words import Part, Wanted, line_of, matches, wanted
from hub.store.contacts import Contacts
from hub.store.conversations import Conversations
from hub.store.messages import Messages
from hub.store.search_words import Found, SearchWords

PEOPLE = 10
PEOPLE_LOOKED_AT = 200
SCANNED = 1_000  # messages that have the rarest word, looked at for one page
AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Hit:
    """A conversation, the newest of its messages that has what was looked for, and the line that shows it."""

    conversation: Conversation
    message: Message
    line: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Hits:
    """One page, and the place where the next one goes on; None when everything was looked at."""

    hits: Sequence[Hit]
    before: int | None


class Search:
    """Finds what the viewer may see, and nothing else."""

    def __init__(
        self, words: SearchWords, conversations: Conversations, messages: Messages, contacts: Contacts
    ) -> None:
        self._words, self._conversations, self._messages = words, conversations, messages
        self._contacts = contacts

    async def people(self, viewer: Viewer, query: str) -> tuple[Sequence[Conversation], bool]:
        """The newest conversations with people whose name or address begins so, and whether there are more of them."""
        key = people_key(query)
        if not key:
            return (), False
        contacts = await self._words.people(viewer.project, key, PEOPLE_LOOKED_AT)
        wholes = await self._contacts.wholes_of(contacts)
        people: dict[ContactId, Conversation] = {}
        for one in await self._conversations.newest_with(viewer, contacts):
            people.setdefault(wholes.get(one.contact, one.contact), one)
        found = list(people.values())
        return found[:PEOPLE], len(found) > PEOPLE or len(contacts) == PEOPLE_LOOKED_AT

    async def messages(self, viewer: Viewer, query: str, before: int | None, limit: int) -> Hits:
        """One page of conversations by their messages, the newest message first.

        A page looks at 1,000 messages at most and may hold less than `limit`, even nothing, though there is a next one.
        A conversation that stood on an earlier page may come again with an older message.
        """
        looked_for = wanted(query)
        if looked_for is None:
            return Hits((), None)
        rarest, others = await self._words_of(viewer, looked_for)
        if not rarest:
            return Hits((), None)
        hits: dict[ConversationId, Hit] = {}
        scanned = 0
        while scanned < SCANNED:
            rows = await self._words.newest(viewer.project, rarest, before, AT_ONCE)
            fitting = [row for row in rows if all(not row.words.isdisjoint(words) for words in others)]
            shown = await self._shown(viewer, looked_for, [row for row in fitting if row.conversation not in hits])
            for row in rows:
                before = row.order
                if (hit := shown.get(row.conversation)) is not None:
                    hits.setdefault(row.conversation, hit)
                if len(hits) == limit:
                    return Hits(tuple(hits.values()), before)
            if len(rows) < AT_ONCE:
                return Hits(tuple(hits.values()), None)
            scanned += len(rows)
        return Hits(tuple(hits.values()), before)

    async def _words_of(self, viewer: Viewer, looked_for: Wanted) -> tuple[Sequence[str], Sequence[frozenset[str]]]:
        """The words that the fewest messages have, to begin with, and those that they must have besides."""
        beginning = await self._words.beginning(viewer.project, looked_for.beginning)
        choices = [[word] for word in looked_for.words]
        choices.append(list(dict.fromkeys([looked_for.ended, *beginning])))
        if len(choices) == 1:
            return choices[0], ()
        counts = [await self._words.count(viewer.project, words) for words in choices]
        if 0 in counts:
            return (), ()
        rarest = counts.index(min(counts))
        return choices[rarest], [frozenset(words) for index, words in enumerate(choices) if index != rarest]

    async def _shown(self, viewer: Viewer, looked_for: Wanted, rows: Sequence[Found]) -> Mapping[ConversationId, Hit]:
        """What of `rows` the viewer may see, each conversation by its newest message that still reads so."""
        if not rows:
            return {}
        ids = list(dict.fromkeys(row.conversation for row in rows))
        visible = {one.id: one for one in await self._conversations.visible(viewer, ids)}
        messages = await self._messages.several([row.message for row in rows if row.conversation in visible])
        hits: dict[ConversationId, Hit] = {}
        for row in rows:
            conversation, message = visible.get(row.conversation), messages.get(row.message)
            if conversation is None or message is None or row.conversation in hits:
                continue
            if matches(message.text, looked_for):
                hits[row.conversation] = Hit(conversation, message, line_of(message.text, looked_for))
        return hits
