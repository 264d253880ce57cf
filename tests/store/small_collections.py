"""What stands beside the crowd of conversations: a few hundred documents of each small collection, and found words."""

from datetime import timedelta

from hub.model.ids import derived_id
from hub.store.connection import Database
from hub.store.documents import Document
from tests.store.crowd import PROJECT, START, Crowd


async def insert_small_ones(database: Database) -> None:
    """Six hundred documents of each, ten times as many tasks."""
    later = START + timedelta(days=3650)
    numbers = range(600)
    rows: dict[str, list[Document]] = {
        "addresses": [
            {"contact": derived_id("contact", n // 2), "project": PROJECT, "kind": "k", "value": str(n)}
            for n in numbers
        ],
        "timers": [
            {"status": "pending" if n % 3 else "fired", "due_at": START + timedelta(hours=n), "kind": "wake",
             "conversation": str(n // 3), "seq": n}
            for n in numbers
        ],
        "form_invites": [
            {"project": f"p{n // 10}", "slug": "s", "revoked": False, "expires_at": later, "created_at": START}
            for n in numbers
        ],
        "tasks": [_task(n) for n in range(6_000)],
        "parked": [
            {"project": PROJECT, "status": "waiting" if n % 2 else "done", "channel": "shop", "external_id": str(n),
             "raw": b"raw" if n % 4 else b"", "reason": "", "attempts": 1, "first_at": START + timedelta(hours=n),
             "last_at": START}
            for n in numbers
        ],
        "attachments": [
            {"sha256": str(n), "conversation": None if n % 4 == 0 else str(n), "created_at": START + timedelta(hours=n),
             **({"loose_since": START + timedelta(hours=n)} if n % 10 == 1 else {})}
            for n in numbers
        ],
        "blobs.files": [
            {"condemned_at": START if n % 10 == 0 else None, **({"pieces": [{"of": str(n)}]} if n % 3 == 0 else {})}
            for n in numbers
        ],
        "blobs.chunks": [{"files_id": str(n // 5), "n": n % 5, "data": b""} for n in numbers],
        "channels": [
            {"project": f"p{n // 10}", "key": str(n), "enabled": n % 10 == 0, "settings_json": "{}",
             "raw_days": 30 if n % 20 == 0 else None} for n in numbers
        ],
        "channel_marks": [{"channel": f"c{n // 10}", "name": f"business:{n}", "value": "{}"} for n in numbers],
        "operators": [{"email": str(n), "name": str(n), "memberships": [{"project": f"p{n // 10}"}]} for n in numbers],
        "contacts": [
            {"project": PROJECT, "merged_into": str(n // 3) if n % 3 else None, "revision": 1} for n in numbers
        ],
        "merges": [
            {"project": PROJECT, "survivor": str(n // 3), "at": START + timedelta(hours=n), "undone_at": None}
            for n in numbers
        ],
        "teams": [{"project": f"p{n // 10}", "name": str(n)} for n in numbers],
        "read_marks": [{"conversation": str(n // 10), "position": n} for n in numbers],
        "canned_replies": [{"project": f"p{n // 10}", "shortcut": str(n), "owner": None} for n in numbers],
        "presence": [
            *({"conversation": str(n // 5), "until": later, "looking": True} for n in numbers),
            *({"project": f"p{n // 5}", "operator": str(n), "beats_until": later} for n in numbers),
            *({"project": f"p{n // 100}", "flow": f"f{n % 20}", "window": str(n), "until": later} for n in numbers),
        ],
        "operator_sessions": [
            {"operator": str(n // 5), "secret_hash": str(n), "last_used_at": START, "expires_at": later}
            for n in numbers
        ],
        "flow_drafts": [
            {"project": f"p{n // 10}", "flow": f"f{n}", "sources": [], "revision": 1, "updated_at": START}
            for n in numbers
        ],
        "flow_versions": [
            {"project": f"p{n // 100}", "flow": f"f{n % 10}", "version": n // 10, "patch": 0, "title": "", "sha256": "",
             "at": START}
            for n in numbers
        ],
        "flow_sessions": [_session(n) for n in numbers],
        "stage_log": [
            {"project": PROJECT, "contact": str(n // 5), "at": START + timedelta(hours=n), "stage": "s", "before": None,
             "conversation": "c", "channel": "shop", "turn": str(n), "by": {"kind": "bot"}}
            for n in numbers
        ],
        "consents": [
            {"project": PROJECT, "contact": str(n // 5), "at": START + timedelta(hours=n), "topic": "t", "given": True,
             "conversation": "c", "channel": "shop", "turn": str(n)}
            for n in numbers
        ],
        "webhooks": [
            {"project": f"p{n // 10}", "name": f"w{n}", "url": "", "secrets": [], "created_at": START} for n in numbers
        ],
        "webhook_deliveries": [
            {"project": f"p{n // 10}", "name": f"w{n}", "body": "", "created_at": START + timedelta(hours=n),
             "status": "pending" if n % 3 else "delivered", "due_at": START + timedelta(hours=n)}
            for n in numbers
        ],
        "group_topics": [
            {"channel": f"c{n // 10}", "thread": str(n), "closed": n % 2 == 0, "conversation": str(n)} for n in numbers
        ],
        "group_posts": [
            {"topic": f"t{n // 10}", "messages": [f"m{n}"], "parts": [str(n)]} for n in numbers
        ],
        "group_updates": [{"channel": f"c{n // 10}", "number": n, "raw": b""} for n in numbers],
        "operator_links": [
            {"operator": f"o{n // 10}", "kind": "telegram", "value": str(n), "linked_at": START} for n in numbers
        ],
        "account_links": [
            {"secret_hash": str(n), "project": f"p{n // 10}", "email": f"{n}@example.org", "created_at": START,
             "expires_at": later, **({"kind": "reset", "operator": str(n)} if n % 3 == 0 else {"kind": "invitation"}),
             "letter": {"due_at": START + timedelta(hours=n), "tries": 1} if n % 20 == 0 else None}
            for n in numbers
        ],
        "erasures": [
            {"project": PROJECT, "parts": [str(n)], "by": "o1", "via": "session",
             "asked_at": START + timedelta(hours=n), "done_at": START + timedelta(hours=n) if n % 50 else None}
            for n in numbers
        ],
        "audit": [
            {"projects": [f"p{n // 100}"], "at": START + timedelta(hours=n), "by": str(n % 7), "via": "session",
             "action": "signed_in" if n % 9 else "invited"}
            for n in numbers
        ],
        "access_tokens": [{"operator": str(n // 5), "secret_hash": str(n), "expires_at": None} for n in numbers],
    }  # fmt: skip
    for name, documents in rows.items():
        await database[name].insert_many([{"_id": f"{n:032x}", **document} for n, document in enumerate(documents)])


def _task(n: int) -> Document:
    """Two of three are open; a tenth of them is somebody's, the others wait in one of twenty teams or in none."""
    at, team = START + timedelta(minutes=n), f"t{n % 21}" if n % 21 < 20 else None
    assignee = f"o{n % 100}" if n % 10 == 7 else None
    done = {"status": "done", "done_at": at} if n % 3 == 0 else {"status": "open"}
    return {
        "project": PROJECT, "conversation": str(n // 2), "contact": str(n // 4), "channel": "shop", "seq": 1,
        "phone": "+12025550100", "zone": "UTC", "due_at": at, "created_at": START, "assignee": assignee, "team": team,
        "holder": f"operator:{assignee}" if assignee else f"queue:{team or ''}", "listed_at": at, **done,
    }  # fmt: skip


async def insert_words(database: Database, crowd: Crowd) -> None:
    """Twenty thousand messages: one word in all of them, one in a few, and one that each has alone."""
    found = [
        {"_id": f"{n:032x}", "project": PROJECT if n % 10 else "another", "conversation": crowd.conversation(n),
         "order": n, "words": ["order", f"few{n % 2_000}", f"alone{n}"], "revision": 1}
        for n in range(20_000)
    ]  # fmt: skip
    await database["search_messages"].insert_many(found)
    people = [
        {"_id": f"{n:032x}", "project": PROJECT, "keys": [f"sample customer {n}", f"customer {n}", f"{n}@example.org"]}
        for n in range(20_000)
    ]
    await database["search_people"].insert_many(people)


def _session(n: int) -> Document:
    began = START + timedelta(hours=n)
    held = {"id": f"{n:032x}", "flow": f"f{n % 10}", "version": 1, "lang": "en", "started_at": began}
    return {
        "project": f"p{n // 100}", "conversation": str(n // 3), "contact": str(n // 3), "channel": "shop", "seq": 1,
        "flow": f"f{n % 10}", "version": n // 100, "state": "active" if n % 3 else "done", "started_at": began,
        "touched_at": began, "session": held,
    }  # fmt: skip
