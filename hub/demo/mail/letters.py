"""What a webmail shows of a letter: who, when, the text with its quotes apart, the files; and which talk it is of."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from connectors.email.html_text import text_of_html
from connectors.email.html_view import can_be_shown
from connectors.email.mime import Mail, Mailbox, read_mail
from connectors.email.quotes import split
from connectors.errors import PayloadInvalid
from hub.demo.mail.post_office import Box, Letter

TEXT_CHARACTERS = 50_000

Shown = dict[str, Any]


class Reading:
    """The letters of a mailbox as JSON. A letter never changes, so each is read once."""

    def __init__(self) -> None:
        self._known: dict[str, dict[int, Shown]] = {}

    def threads(self, box: Box) -> list[Shown]:
        """The talks of a mailbox, the one with the newest letter first; the letters of each in their order."""
        letters = list(box.letters.values())  # as they are now: this runs in a thread, and more may come meanwhile
        known = self._known.get(box.address, {})
        self._known[box.address] = found = {one.uid: known.get(one.uid) or _shown(one) for one in letters}
        shown = [
            {
                "id": thread[0]["uid"],
                "subject": thread[0]["subject"],
                "letters": [{key: value for key, value in letter.items() if key != "ids"} for letter in thread],
            }
            for thread in _threads(found.values())
        ]
        return sorted(shown, key=lambda thread: -thread["letters"][-1]["uid"])


def _shown(letter: Letter) -> Shown:
    try:
        mail = read_mail(letter.raw())
    except PayloadInvalid as error:
        return {"uid": letter.uid, "sent": letter.sent, "subject": "", "text": error.reason, "quoted": "", "to": [],
                "cc": [], "from": None, "reply_to": None, "at": None, "html": False, "files": [], "automatic": False,
                "message_id": None, "references": [], "ids": [], "unsubscribe": None}  # fmt: skip
    parts = split(_text(mail))
    new = "\n\n".join(text for text in (parts.new.strip(), parts.signature.strip()) if text)
    return {
        "uid": letter.uid,
        "sent": letter.sent,
        "from": _box(mail.sender),
        "reply_to": _box(next(iter(mail.reply_to), None)),
        "to": [_box(one) for one in mail.to],
        "cc": [_box(one) for one in mail.cc],
        "subject": mail.subject,
        "at": _at(mail.sent_at),
        "text": new[:TEXT_CHARACTERS],
        "quoted": parts.quoted[:TEXT_CHARACTERS],
        "html": mail.html is not None and can_be_shown(mail.html),
        "files": [
            {"number": number, "name": file.name, "type": file.media_type, "size": len(file.content)}
            for number, file in enumerate(mail.files)
        ],
        "automatic": (mail.header("auto-submitted") or "no").lower() != "no",
        "message_id": mail.message_id,
        "references": list(mail.references),
        "ids": [one for one in (mail.message_id, *mail.references) if one],
        "unsubscribe": mail.header("list-unsubscribe"),
    }


def _text(mail: Mail) -> str:
    if mail.text is not None:
        return mail.text
    return text_of_html(mail.html) if mail.html is not None else ""


def _box(box: Mailbox | None) -> Shown | None:
    return {"address": box.address, "name": box.name} if box else None


def _at(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None


def _threads(letters: Iterable[Shown]) -> Sequence[list[Shown]]:
    """Letters that name each other's ids, together. One that joins two talks makes them one."""
    threads: list[list[Shown]] = []
    of: dict[str, list[Shown]] = {}
    for letter in letters:
        joined = list({id(of[one]): of[one] for one in letter["ids"] if one in of}.values())
        thread = joined[0] if joined else []
        for other in joined[1:]:
            thread += other
            threads.remove(other)
            of.update({one: thread for known in other for one in known["ids"]})
        if not joined:
            threads.append(thread)
        thread.append(letter)
        thread.sort(key=lambda one: int(one["uid"]))
        of.update(dict.fromkeys(letter["ids"], thread))
    return threads
