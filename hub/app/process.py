"""This process among all that share the database, and those before it in the same folder that are certainly dead.

A claim and a lease last for up to a minute, since nobody can know from the database alone whether their owner is dead
or only slow. Who ran in the same folder of the same machine can be known: each process holds a lock on a file of its
own, which the system ends with the process, and not while it is merely stopped. Of a file that was copied, or is of
another machine or another start of this one, nothing is known.
"""

import fcntl
import os
import secrets
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import structlog

log = structlog.get_logger(__name__)

FOLDER = "processes"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
"""One for each start of a machine (random(4)). What shares it shares the locks of its local files, in whatever
container: two machines may have one name, and one folder in a network that knows of no locks."""
KEPT_S = 86_400


@dataclass(frozen=True, slots=True)
class Process:
    """A process that runs: `owner` is its name in leases and claims. `dead` are those whose place it takes."""

    owner: str
    dead: Sequence[str] = ()
    _left: Sequence[Path] = ()
    _lock: IO[str] | None = None

    def forget_the_dead(self) -> None:
        """What they held has been given up."""
        for path in self._left:
            path.unlink(missing_ok=True)

    def end(self) -> None:
        """The process ends. Its file stays: what it may have left is given up by the next one."""
        if self._lock is not None:
            self._lock.close()


def process_name() -> str:
    """A name for this process among all that share the database: host, pid, and a random part."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(8)}"


def begin_process(folder: Path) -> Process:
    """Note durably that this process runs, until it ends in whatever way; who of earlier ones does not any more.

    Where the folder cannot be written nobody is known to be dead: then claims and leases run out, as those of others.
    """
    owner, place = process_name(), folder / FOLDER
    try:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = _locked(place, owner)
    except OSError as error:
        log.warning("claims of earlier hubs are waited for", folder=str(folder), reason=str(error))
        return Process(owner)
    dead = {path: found for path in sorted(place.glob("*.lock")) if (found := _dead(path))}
    return Process(owner, tuple(dead.values()), tuple(dead), lock)


def _locked(place: Path, owner: str) -> IO[str]:
    """The open lock file, which nobody sees before it is locked."""
    made = place / f".{secrets.token_hex(8)}"
    file = made.open("x", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        file.write(f"{owner}\n{_lies_at(file)}")
        file.flush()
        made.rename(made.with_name(f"{secrets.token_hex(8)}.lock"))
    except BaseException:
        file.close()
        made.unlink(missing_ok=True)
        raise
    return file


def _dead(path: Path) -> str | None:
    """The name of a process of this machine that has ended; None where that is not certain."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            # Open for reading: NFS refuses an exclusive lock then, and it may lose one that its holder counts on.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            owner, _, lies_at = file.read().partition("\n")
            if lies_at == _lies_at(file):
                return owner
            if time.time() - os.fstat(file.fileno()).st_mtime > KEPT_S:  # whoever it was, nothing of theirs is left
                path.unlink(missing_ok=True)
    except (BlockingIOError, FileNotFoundError):  # it runs; or another one has given up what it held
        return None
    except OSError as error:
        log.warning("claims of an earlier hub are waited for", file=str(path), reason=str(error))
    return None


def _lies_at(file: IO[str]) -> str:
    """What no copy of the file has in common with it, and no file of another machine: nobody has locked those."""
    try:
        machine = BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        machine = socket.gethostname()
    known = os.fstat(file.fileno())
    return f"{machine}:{known.st_dev}:{known.st_ino}"
