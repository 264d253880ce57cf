"""The mailboxes of the demo's mail servers: who has one, and the letters in each, kept as files."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

LETTERS_A_BOX = 300
LETTER_BYTES = 25 * 1024**2


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail in a mailbox. `sent`: its owner wrote it. `path` holds the bytes as they came."""

    uid: int
    sent: bool
    size_bytes: int
    path: Path

    def raw(self) -> bytes:
        """The mail; empty when its file was taken away."""
        try:
            return self.path.read_bytes()
        except OSError:
            return b""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who has a mailbox. `address` is in lower case; `language` is that of the mail program."""

    address: str
    name: str
    language: str = "en"


class Box:
    """One mailbox. `added` is set anew with each letter: whoever waits takes it before looking."""

    def __init__(self, owner: Owner, folder: Path) -> None:
        self.address, self.name, self.language = owner.address, owner.name, owner.language
        self._folder = folder
        self.letters: dict[int, Letter] = {}
        self.validity = 1
        self._next = 1
        self._added = asyncio.Event()

    @property
    def next_uid(self) -> int:
        """The UID that the next letter will have."""
        return self._next

    @property
    def received(self) -> Sequence[Letter]:
        """What lies in the inbox, by UID."""
        return [letter for letter in self.letters.values() if not letter.sent]

    def load(self) -> None:
        """Find the letters that an earlier start has left."""
        self._folder.mkdir(parents=True, exist_ok=True)
        generation = self._folder / "uidvalidity"
        try:
            self.validity = int(generation.read_text("ascii"))
        except (OSError, ValueError):  # a new folder, whose UIDs must not be taken for those of an older one
            self.validity = int(time.time())
            generation.write_text(str(self.validity), "ascii")
        for letter in sorted(_found(self._folder), key=lambda one: one.uid):
            self.letters[letter.uid] = letter
        self._next = max(self.letters, default=0) + 1

    def add(self, raw: bytes, *, sent: bool = False) -> Letter:
        """Keep a letter, and tell who waits. Raises `OSError`."""
        uid, kind = self._next, "sent" if sent else "in"
        path = self._folder / f"{uid:08}.{kind}.eml"
        beside = path.with_suffix(".new")
        beside.write_bytes(raw)
        beside.replace(path)
        self._next += 1
        self.letters[uid] = letter = Letter(uid, sent, len(raw), path)
        while len(self.letters) > LETTERS_A_BOX:
            self.letters.pop(next(iter(self.letters))).path.unlink(missing_ok=True)
        added, self._added = self._added, asyncio.Event()
        added.set()
        return letter

    @property
    def added(self) -> asyncio.Event:
        """Set when the next letter comes."""
        return self._added


class PostOffice:
    """All mailboxes. What comes behind a plus in an address is its owner's affair."""

    def __init__(self, folder: Path, owners: Sequence[Owner]) -> None:
        self.boxes = {owner.address: Box(owner, folder / owner.address) for owner in owners}
        self.watchers: list[Callable[[Box], None]] = []

    def load(self) -> None:
        """Find what an earlier start has left. Raises `OSError`."""
        for box in self.boxes.values():
            box.load()

    def box_of(self, address: str) -> Box | None:
        """The mailbox that mail for this address is put into."""
        local, _, domain = address.strip().lower().rpartition("@")
        return self.boxes.get(f"{local.partition('+')[0]}@{domain}")

    def put(self, box: Box, raw: bytes, *, sent: bool = False) -> Letter:
        """Put a mail into a mailbox as it is. Raises `OSError`."""
        letter = box.add(raw, sent=sent)
        for watch in self.watchers:
            watch(box)
        return letter

    def deliver(self, raw: bytes, recipients: Sequence[str], verdict: str) -> None:
        """Bring a mail to each mailbox once, with the trace that servers leave. `verdict` is on its sender."""
        boxes = dict.fromkeys(box for address in recipients if (box := self.box_of(address)) is not None)
        for box in boxes:
            to = next(address for address in recipients if self.box_of(address) is box)
            self.put(box, _trace(to, verdict) + raw)


SERVER = "mail.example.test"
"""Under this name the servers write `Authentication-Results`."""


def _trace(to: str, verdict: str) -> bytes:
    recipient = to.encode("utf-8", "replace").replace(b"\r", b"").replace(b"\n", b"")
    lines = (
        b"Delivered-To: " + recipient,
        f"Authentication-Results: {SERVER}; dmarc={verdict}".encode(),
    )
    return b"".join(line + b"\r\n" for line in lines)


def _found(folder: Path) -> Iterator[Letter]:
    for path in folder.glob("*.eml"):
        number, _, kind = path.stem.partition(".")
        if number.isdigit() and kind in ("in", "sent"):
            yield Letter(int(number), kind == "sent", path.stat().st_size, path)
