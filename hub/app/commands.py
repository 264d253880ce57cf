"""What the `hub` command does: run, and look after people and the database."""

import asyncio
import gc
import getpass
import re
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import structlog

from hub.app.channel_secrets import channel_secret
from hub.app.database import open_server, open_store
from hub.app.hub import open_hub
from hub.app.people import People
from hub.app.refusals import CommandRefused
from hub.app.stopping import Told, sentence
from hub.logs import configure_logs
from hub.model.audit import AuditAction, AuditChange, Via
from hub.model.operator import Membership, Operator, Role
from hub.services.audit import Audit, By, places_of
from hub.settings import Settings
from hub.store import schema
from hub.store.backup import Manifest, backup, restore
from hub.store.clock import DatabaseClock
from hub.store.errors import StoreError
from hub.store.indexes import create_indexes
from hub.store.outage import is_outage
from hub.store.projects import Projects

log = structlog.get_logger(__name__)

NO_PROJECT = "there is no project yet: make one first, with  hub projects add NAME"
_ADDRESS = re.compile(r"[^\s@]{1,64}@[^\s@]+")
AGAIN_S = 1.0
NEW_OBJECTS = 20_000


def serve(settings: Settings, *, demo: bool) -> None:
    """Run the hub until Ctrl-C or SIGTERM. Exits with 1 and a sentence when it cannot start, or not stop in order."""
    configure_logs(as_json=settings.log_json, level=settings.log_level)
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            missed = runner.run(_serve(settings, demo=demo))
    except (StoreError, OSError, ValueError) as error:
        sys.exit(f"The hub cannot start: {error}")
    if missed:
        sys.exit(sentence(missed))


async def _serve(settings: Settings, *, demo: bool) -> list[str]:
    """Until it is told to stop; what could not be stopped in order then."""
    told = Told()
    told.listen()
    try:
        return await _run(settings, told, demo=demo)
    except (Exception, asyncio.CancelledError):
        if not told.left_a_start():
            raise
        return told.stopping.missed


async def _run(settings: Settings, told: Told, *, demo: bool) -> list[str]:
    while True:
        started, stopping = False, told.begin(settings.shutdown_s)
        try:
            async with open_hub(settings, demo=demo, stopping=stopping) as hub:
                if not await Projects(hub.connection.database).all():
                    log.warning("there is no project yet, so nobody can sign in", next="hub projects add NAME")
                await told.started()
                started = True
                _collect_seldom()
                if demo:
                    sys.stdout.write(welcome(settings.base_url or hub.address))
                    sys.stdout.flush()
                await told.stop.wait()
                log.info("the hub stops")
                stopping.guard()
            return stopping.missed
        except Exception as error:
            if started or told.stop.is_set() or not is_outage(error):
                raise
            log.warning("the database went away during the start", reason=str(error), again_in_s=AGAIN_S)
        await asyncio.sleep(AGAIN_S)


def _collect_seldom() -> None:
    """Leave what stands from the start on to itself, and look for garbage after more new objects than usual.

    Almost everything here ends by its count of references. With the usual 700 the collector took a quarter of a busy
    hub's CPU, for walking through what it remembers.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, 20, 20)


def welcome(address: str) -> str:
    """The lines a person needs at first."""
    from hub.demo.seed import PASSWORD, PEOPLE

    emails = ", ".join(person[0] for person in PEOPLE.values())
    return (
        f"\n  Inbox      {address}/\n"
        f"  Demo shop  {address}/demo/shop/   (write there, answer in the inbox)\n"
        f"  Demo phone {address}/demo/telegram/   (the same in Telegram: play its customers)\n"
        f"  Demo mail  {address}/demo/mail/   (their mailboxes: write to the shop by e-mail)\n"
        f"  Demo form  {address}/f/lead10   (the same questions on a page)\n"
        f"  API        {address}/api/docs\n"
        f"  Log in     {emails}\n"
        f"  Password   {PASSWORD}\n"
    )


async def talk(settings: Settings, url: str | None, key: str) -> None:
    """Be a customer in this terminal: what is typed is said, what is answered is shown. Ends with Ctrl-D."""
    from connectors.console.connector import console_token
    from connectors.console.terminal import Terminal, TerminalRefused

    def show(author: str, text: str) -> None:
        sys.stdout.write(f"{author}: {text}\n")
        sys.stdout.flush()

    async def typed() -> AsyncIterator[str]:
        while line := await asyncio.to_thread(sys.stdin.readline):
            if line.strip():
                yield line.rstrip("\n")

    token = console_token(channel_secret(settings, "console", key))
    try:
        await Terminal(url or settings.origin, key, token, getpass.getuser(), show).talk(typed())
    except TerminalRefused as error:
        raise CommandRefused(str(error)) from error


async def add_user(settings: Settings, email: str, name: str, password: str, role: str, project: str | None) -> str:
    """Add an account or a membership; a sentence about what was done. Raises `CommandRefused`."""
    if role not in set(Role):
        raise CommandRefused(f"there is no role {role!r}: choose one of {', '.join(Role)}")
    async with open_store(settings, beside=True) as connection:
        projects = await Projects(connection.database).all()
        found = [one for one in projects if project in (None, one.name, one.id)]
        if len(found) != 1:
            names = ", ".join(one.name for one in projects)
            raise CommandRefused(f"name one project with --project; there are: {names}" if names else NO_PROJECT)
        clock = DatabaseClock(connection.database)
        await clock.sync()
        people = People(connection, settings, clock)
        accounts = people.accounts
        membership = Membership(project=found[0].id, role=Role(role))
        known = await accounts.by_email(email)
        if known is None:
            if not (name.strip() and _ADDRESS.fullmatch(email.strip())):
                raise CommandRefused("give an e-mail address such as name@example.org, and a name that is not empty")
            made = await accounts.add_operator(email, name, password, [membership], found[0].locale)
            await _note_place(people.audit, AuditAction.JOINED, made, membership)
            return f"{email} can now log in to {found[0].name} as {role}."
        others = [one for one in known.memberships if one.project != membership.project]
        await accounts.set_memberships(known.id, [*others, membership])
        await _note_place(people.audit, AuditAction.PLACE_CHANGED, known, membership)
        return f"{email} is now {role} in {found[0].name}."


async def set_password(settings: Settings, email: str, password: str) -> str:
    """Set somebody's password, and end what they have open; a sentence about it. Raises `CommandRefused`."""
    async with open_store(settings, beside=True) as connection:
        clock = DatabaseClock(connection.database)
        await clock.sync()
        people = People(connection, settings, clock)
        known = await people.accounts.by_email(email)
        if known is None:
            raise CommandRefused(f"there is no account with the address {email}")
        await people.accounts.set_password(known, password)
        by = By(None, Via.COMMAND)
        await people.audit.note(by, AuditAction.PASSWORD_RESET, places_of(known), about=known.id, name=known.name)
    return f"{email} signs in with the new password now."


async def _note_place(audit: Audit, action: AuditAction, person: Operator, place: Membership) -> None:
    role = AuditChange(name="role", after=place.role)
    by = By(None, Via.COMMAND)
    await audit.note(by, action, [place.project], about=person.id, name=person.name, changes=[role])


async def upgrade_database(settings: Settings) -> str:
    """Bring the database to this hub's version; a sentence about what was done."""
    async with open_server(settings) as connection:
        done = await schema.upgrade(connection.database)
        await create_indexes(connection.database)
    return f"Done: {len(done)} steps." if done else "The database is up to date."


async def backup_database(settings: Settings, folder: Path) -> str:
    """Write everything into `folder`; a sentence about what was written."""
    async with open_server(settings, beside=True) as connection:
        manifest = await backup(connection.database, folder)
    return f"The backup is in {folder}: {described(manifest)}"


async def restore_database(settings: Settings, folder: Path, *, keep_tokens: bool) -> str:
    """Read `folder` into the empty database; what was read, and what is not as it was before."""
    async with open_server(settings) as connection:
        manifest = await restore(folder, connection.database, keep_tokens=keep_tokens)
        await create_indexes(connection.database)
    lines = [f"Restored from {folder}: {described(manifest)}", "Nobody is signed in."]
    if keep_tokens:
        lines.append("Access tokens are those of the backup: those that were deleted since work again.")
    else:
        lines.append(
            "Access tokens were left out (--keep-tokens restores them): programs that use the API need new ones."
        )
    lines.append(
        f"People, their passwords and their places are those of {manifest.made_at:%Y-%m-%d %H:%M} UTC: remove again "
        "who was removed since, and erase again who was erased."
    )
    return "\n".join(lines)


def described(manifest: Manifest) -> str:
    """What a backup holds, in one line."""
    documents = sum(collection.documents for collection in manifest.collections)
    return f"{documents} documents in {len(manifest.collections)} collections, schema version {manifest.schema_version}"


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, where it exists."""
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
