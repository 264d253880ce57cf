"""Every index of the store, each with the question it answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.asynchronous.database import AsyncDatabase


@dataclass(frozen=True)
class Index:
    """One index. `partial` is its filter; `expire_after_s` makes the database remove documents by itself."""

    collection: str
    keys: tuple[tuple[str, int], ...]
    question: str
    unique: bool = False
    partial: Mapping[str, Any] | None = None
    expire_after_s: int | None = None

    @property
    def name(self) -> str:
        """A stable name made of the keys."""
        return "_".join(f"{key}_{'up' if order > 0 else 'down'}" for key, order in self.keys)

    def model(self) -> IndexModel:
        """The driver's description."""
        options: dict[str, Any] = {"name": self.name, "unique": self.unique}
        if self.partial is not None:
            options["partialFilterExpression"] = self.partial
        if self.expire_after_s is not None:
            options["expireAfterSeconds"] = self.expire_after_s
        return IndexModel(list(self.keys), **options)


def up(*names: str) -> tuple[tuple[str, int], ...]:
    """Ascending keys."""
    return tuple((name, ASCENDING) for name in names)


def down(*names: str) -> tuple[tuple[str, int], ...]:
    """Descending keys."""
    return tuple((name, DESCENDING) for name in names)


EXTERNAL_ID = up("channel", "external_id")
POSITION = up("conversation", "position")
CAUSE = up("cause")
NOT_OF_A_MESSAGE: Mapping[str, Any] = {"applied": {"$exists": True}}
"""Turns whose cause is no message: that of a message says nothing of being applied, and has its message's id."""
SEQ = up("conversation", "seq")
WORDS = (*up("project", "words"), *down("order"))

INDEXES: tuple[Index, ...] = (
    Index(
        "messages",
        EXTERNAL_ID,
        "Has this message of the service been stored already?",
        unique=True,
        partial={"external_id": {"$gt": ""}},
    ),
    Index("messages", POSITION, "Which message stands at this position; which window of the thread?", unique=True),
    Index(
        "messages",
        up("undecided", "conversation", "position"),
        "Which received messages have no Turn yet?",
        partial={"undecided": True},
    ),
    Index(
        "messages",
        up("channel", "conversation", "position", "delivery.status"),
        "What waits to be sent?",
        partial={"delivery.status": {"$in": ["queued", "sending"]}},
    ),
    Index(
        "messages",
        up("delivery.expires_at"),
        "What could not be sent in time?",
        partial={"delivery.status": {"$in": ["queued", "sending"]}},
    ),
    Index(
        "messages",
        up("channel", "conversation", "redraw_due"),
        "Which messages look different at the service?",
        partial={"redraw_due": True},
    ),
    Index(
        "messages",
        up("channel", "conversation", "delivery.copies.due_at"),
        "Which copies are to be tried again?",
        partial={"delivery.copies.due_at": {"$gt": datetime(2000, 1, 1, tzinfo=UTC)}},
    ),
    Index(
        "messages",
        up("channel", "delivery.external_ids"),
        "Which message is this receipt about?",
        partial={"delivery.external_ids": {"$exists": True}},
    ),
    Index(
        "messages",
        up("channel", "details.mail.message_id"),
        "Which received mail has this Message-ID?",
        partial={"details.mail.message_id": {"$gt": ""}},
    ),
    Index(
        "messages",
        up("conversation", "delivery.status", "position"),
        "Which sent messages has the contact not read yet?",
        partial={"delivery.status": {"$in": ["sending", "sent", "delivered"]}},
    ),
    Index(
        "messages",
        up("delivery.status", "conversation", "position"),
        "Which messages of this conversation could not be sent?",
        partial={"delivery.status": "failed"},
    ),
    Index(
        "messages",
        up("attachments.id"),
        "Does any message refer to this attachment?",
        partial={"attachments.id": {"$exists": True}},
    ),
    Index(
        "messages",
        up("attachments.status", "channel"),
        "Which files are still to be fetched?",
        partial={"attachments.status": "pending"},
    ),
    Index(
        "messages",
        up("channel", "created_at"),
        "Which raw mails of this channel are too old?",
        partial={"details.mail.original": {"$gt": ""}},
    ),
    Index("turns", CAUSE, "Was this already decided?", unique=True, partial=NOT_OF_A_MESSAGE),
    Index("turns", SEQ, "What is the newest Turn of this conversation?", unique=True),
    Index(
        "turns",
        up("applied", "conversation", "seq"),
        "Which Turns were committed but not yet applied?",
        partial={"applied": False},
    ),
    Index(
        "turns",
        up("activity", "conversation", "position", "seq"),
        "Which activities belong into this window of the thread?",
        partial={"activity": True},
    ),
    Index(
        "conversations",
        up("channel", "contact", "number"),
        "Which is this contact's newest conversation here?",
        unique=True,
    ),
    Index("conversations", (*up("project", "shelf"), *down("last_activity_at", "_id")), "What does this view list?"),
    Index(
        "conversations",
        (*up("project", "holder", "shelf"), *down("last_activity_at", "_id")),
        "What does this view list of one person's?",
    ),
    Index(
        "conversations",
        (*up("project", "team", "shelf"), *down("last_activity_at", "_id")),
        "What does this view list of one team's?",
    ),
    Index(
        "conversations",
        up("project", "unattended", "waiting_since", "_id"),
        "Who has been waiting longest?",
        partial={"unattended": True},
    ),
    Index(
        "conversations",
        up("project", "holder", "unattended", "waiting_since", "_id"),
        "Who of mine has been waiting longest?",
        partial={"unattended": True},
    ),
    Index(
        "conversations",
        up("project", "team", "unattended", "waiting_since", "_id"),
        "Who of my team's has been waiting longest?",
        partial={"unattended": True},
    ),
    Index("conversations", up("project", "contact", "number"), "Which conversations has this contact had?"),
    Index("conversations", up("project", "name_starts"), "Whose name has a word that begins so?"),
    Index(
        "contacts",
        up("merged_into"),
        "Who was merged into this contact?",
        partial={"merged_into": {"$gt": ""}},
    ),
    Index("merges", (*up("project", "survivor"), *down("at")), "What was merged into this contact, and can be undone?"),
    Index("addresses", up("project", "kind", "value"), "Whose address is this?", unique=True),
    Index("addresses", up("contact", "_id"), "Where can this contact be reached?"),
    Index("timers", up("status", "due_at"), "Which timers are due?", partial={"status": "pending"}),
    Index("timers", up("conversation", "kind", "seq"), "Which timers does this Turn cancel?"),
    Index("tasks", up("project", "status", "listed_at", "_id"), "What is to be done next; what was done last?"),
    Index("tasks", up("project", "status", "holder", "listed_at", "_id"), "What is to be done next of one person's?"),
    Index("tasks", up("project", "status", "team", "listed_at", "_id"), "What is to be done next of one team's?"),
    Index("tasks", up("conversation", "status", "listed_at"), "Which calls were promised in this conversation?"),
    Index("tasks", up("project", "contact"), "Which tasks show this contact's name?"),
    Index("operators", up("email"), "Who signs in with this address?", unique=True),
    Index("operators", up("memberships.project", "name"), "Who works in this project?"),
    Index("teams", up("project", "name"), "Which teams has this project?"),
    Index("operator_sessions", up("secret_hash"), "Whose cookie is this?", unique=True),
    Index("operator_sessions", up("operator", "last_used_at"), "Where is this person signed in?"),
    Index("operator_sessions", up("expires_at"), "Which sessions have ended?", expire_after_s=0),
    Index("access_tokens", up("secret_hash"), "Whose token is this?", unique=True),
    Index("access_tokens", up("operator", "_id"), "Which tokens has this person?"),
    Index(
        "access_tokens",
        up("expires_at"),
        "Which tokens have ended?",
        expire_after_s=0,
        partial={"expires_at": {"$type": "date"}},
    ),
    Index("tickets", up("expires_at"), "Which tickets were never used?", expire_after_s=0),
    Index("account_links", up("secret_hash"), "Whose link is this?", unique=True),
    Index(
        "account_links",
        (*up("project", "kind"), *down("created_at")),
        "Which invitations are open; which were sent to this address?",
    ),
    Index(
        "account_links",
        up("operator"),
        "Which links reset this person's password?",
        partial={"operator": {"$gt": ""}},
    ),
    Index("account_links", up("expires_at"), "Which of these links have ended?", expire_after_s=0),
    Index(
        "account_links",
        up("letter.due_at"),
        "Which letters with links are to be tried now?",
        partial={"letter.due_at": {"$gt": datetime(2000, 1, 1, tzinfo=UTC)}},
    ),
    Index("channel_sign_ins", up("expires_at"), "Which sign-ins of channels were never finished?", expire_after_s=0),
    Index("erasures", up("done_at", "asked_at"), "Which contacts are still to be erased?"),
    Index("webhook_deliveries", up("message"), "Which calls brought this message?", partial={"message": {"$gt": ""}}),
    Index("audit", (*up("projects"), *down("at", "_id")), "What was done in this project, the newest first?"),
    Index("audit", (*up("projects", "by"), *down("at", "_id")), "What has this person done here?"),
    Index("audit", (*up("projects", "action"), *down("at", "_id")), "Where and when was this done?"),
    Index("audit", up("at"), "Which lines are too old?"),
    Index("login_limits", up("expires_at"), "Which counters are forgotten by now?", expire_after_s=0),
    Index("channels", up("key"), "Which channel does this public key name?", unique=True),
    Index("channels", up("project", "_id"), "Which channels has this project?"),
    Index("channels", up("enabled", "_id"), "Which channels are to run?"),
    Index("channel_marks", up("channel", "name"), "What does this channel remember of its service?"),
    Index("parked", up("channel", "external_id"), "Was this event parked before?", unique=True),
    Index("parked", up("project", "status", "_id"), "What waits for somebody to look at it?"),
    Index(
        "parked",
        up("channel", "first_at"),
        "Which raw payloads that are done are too old?",
        partial={"status": "done", "raw": {"$gt": b""}},
    ),
    Index(
        "channels",
        up("raw_days"),
        "Which channels keep raw payloads for some days only?",
        partial={"raw_days": {"$gt": 0}},
    ),
    Index("canned_replies", up("project", "shortcut"), "Which canned replies has this project?"),
    Index(
        "drafts",
        up("emptied_at"),
        "Which drafts were emptied?",
        expire_after_s=3600,
        partial={"emptied_at": {"$type": "date"}},
    ),
    Index("read_marks", up("conversation", "position"), "How far has anybody read this conversation?"),
    Index("presence", up("until"), "Which presence is over?", expire_after_s=0),
    Index(
        "presence",
        up("conversation", "until"),
        "Who is in this conversation?",
        partial={"conversation": {"$exists": True}},
    ),
    Index(
        "presence",
        up("project", "flow", "until"),
        "Who has the draft of this flow open?",
        partial={"flow": {"$exists": True}},
    ),
    Index(
        "presence",
        up("project", "beats_until"),
        "Which operators are there?",
        partial={"beats_until": {"$exists": True}},
    ),
    Index("presence", up("beats_until"), "Who has been away for long?", expire_after_s=3600),
    Index("attachments", up("sha256"), "Does anything refer to this blob?"),
    Index("attachments", up("conversation", "created_at"), "Which attachments belong to no conversation?"),
    Index(
        "attachments",
        up("loose_since"),
        "Which attachments may belong to no message?",
        partial={"loose_since": {"$exists": True}},
    ),
    Index("blobs.chunks", up("files_id", "n"), "Which bytes follow; were these stored already?", unique=True),
    Index(
        "blobs.files",
        up("condemned_at"),
        "Which blobs did nobody refer to?",
        partial={"condemned_at": {"$type": "date"}},
    ),
    Index(
        "blobs.files",
        up("pieces.of"),
        "Which blobs are put together from this one?",
        partial={"pieces.of": {"$exists": True}},
    ),
    Index("flow_drafts", up("project", "flow"), "Which flows are being written in this project?", unique=True),
    Index(
        "flow_versions",
        (*up("project", "flow"), *down("version", "patch")),
        "What is the newest version of this flow; which are there?",
        unique=True,
    ),
    Index("flow_sessions", up("project", "state", "flow", "version"), "How many sessions live on this version?"),
    Index("flow_sessions", up("project", "state", "touched_at"), "Which sessions have not moved for longest?"),
    Index("flow_sessions", up("project", "flow", "started_at"), "Which sessions of this flow began in this period?"),
    Index("flow_sessions", (*up("project", "contact"), *down("started_at")), "Which sessions has this contact had?"),
    Index("stage_log", (*up("project", "contact"), *down("at")), "Which stages has this contact been in?"),
    Index("stage_log", up("project", "at"), "Who entered which stage in this period?"),
    Index("consents", (*up("project", "contact"), *down("at")), "What has this contact agreed to?"),
    Index("form_invites", (*up("project"), *down("created_at")), "Which links to forms were made lately?"),
    Index("form_invites", up("expires_at"), "Which links to forms have ended?", expire_after_s=30 * 86_400),
    Index("webhooks", up("project", "name"), "Where does the webhook of this name go?", unique=True),
    Index(
        "webhook_deliveries",
        up("status", "due_at"),
        "Which calls of webhooks are due?",
        partial={"status": "pending"},
    ),
    Index("webhook_deliveries", (*up("project"), *down("created_at")), "Which webhooks were called lately?"),
    Index(
        "webhook_deliveries",
        (*up("project", "name"), *down("created_at")),
        "When was this webhook called?",
    ),
    Index("webhook_deliveries", up("created_at"), "Which calls were a month ago?", expire_after_s=30 * 86_400),
    Index("early_receipts", up("channel", "target"), "What was said of this message before its id was known?"),
    Index("early_receipts", up("at"), "Which early receipts wait for nothing?", expire_after_s=86_400),
    Index("early_edits", up("kept_at"), "Which early edits wait for nothing?", expire_after_s=86_400),
    Index("request_keys", up("at"), "Which requests were made a day ago?", expire_after_s=86_400),
    Index("search_messages", WORDS, "Which messages have this word, the newest first; which words begin so?"),
    Index("search_people", up("project", "keys"), "Who has a name or an address that begins so?"),
    Index("group_topics", up("channel", "thread"), "Which conversation is this topic of the group?"),
    Index("group_topics", up("channel", "closed"), "Which topics are open?", partial={"closed": False}),
    Index("group_posts", up("topic", "messages"), "Where is this message shown?"),
    Index("group_posts", up("topic", "parts"), "What does this post of the group show?"),
    Index("group_updates", up("channel", "number"), "What happened in the group and is to be worked on?"),
    Index("operator_links", up("operator", "_id"), "In which messengers is this operator known?"),
    Index("link_codes", up("expires_at"), "Which codes were never used?", expire_after_s=0),
    Index("form_samples", up("at"), "Which samples of forms are a day old?", expire_after_s=86_400),
    Index("leases", up("expires_at"), "Which leases ended long ago?", expire_after_s=86_400),
)


async def create_indexes(database: AsyncDatabase[dict[str, Any]]) -> None:
    """Make every index that is missing. Making one that exists is nothing."""
    by_collection: dict[str, list[IndexModel]] = {}
    for index in INDEXES:
        by_collection.setdefault(index.collection, []).append(index.model())
    for collection, models in by_collection.items():
        await database[collection].create_indexes(models)
