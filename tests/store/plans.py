"""How the database carries out what a store asks of it, and what is wrong with that."""

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent

from hub.store.connection import Database
from hub.store.documents import Document

# A query reads at most 30 keys or documents, and three for each that it returns: the look-ahead of merged branches.
SPARE, FACTOR = 30, 3
READING = frozenset({"find", "aggregate", "count", "distinct", "update", "findAndModify", "delete"})


class Reads(CommandListener):
    """The commands that look something up, as the driver sent them."""

    def __init__(self) -> None:
        self.commands: list[Document] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Keep it."""
        if event.command_name in READING:
            self.commands.append(dict(event.command))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Of no interest."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Of no interest."""


@dataclass
class Desk:
    """The store over the crowd, and what it asked the database lately."""

    database: Database
    reads: Reads
    stores: dict[type, Any] = field(default_factory=dict)

    def __getitem__(self, kind: type) -> Any:
        return self.stores[kind]

    async def plans(self, ask: "Ask") -> list["Plan"]:
        """How the database carries out each command that `ask` leads to."""
        self.reads.commands.clear()
        with contextlib.suppress(ValidationError):  # what is small has only the fields that are looked for
            await ask(self)
        return [await self._explained(command) for command in list(self.reads.commands)]

    async def _explained(self, command: Document) -> "Plan":
        name = next(iter(command))
        if name in ("update", "delete"):
            batch = "updates" if name == "update" else "deletes"
            bare: Document = {name: command[name], batch: [dict(command[batch][0])]}
        else:
            dropped = {"lsid", "$db", "$clusterTime", "txnNumber", "writeConcern", "readConcern", "$readPreference"}
            bare = {key: value for key, value in command.items() if key not in dropped}
        told = await self.database.command("explain", bare, verbosity="executionStats")
        return Plan(bare, told)


Ask = Callable[[Desk], Awaitable[object]]


@dataclass(frozen=True)
class Plan:
    """The server's account of one command."""

    command: Mapping[str, Any]
    told: Mapping[str, Any]

    @property
    def stages(self) -> set[str]:
        """The stages of the plan that won."""
        return {stage for plan in _found(self.told, "winningPlan") for stage in _found(plan, "stage")}

    @property
    def _runs(self) -> list[Mapping[str, Any]]:
        return [run for run in _found(self.told, "executionStats") if "totalKeysExamined" in run]

    @property
    def given(self) -> int:
        """How many documents matched, or would be changed."""
        changed: list[int] = [
            n for name in ("nWouldModify", "nMatched", "nWouldDelete") for n in _found(self.told, name)
        ]
        return max([*(int(run["nReturned"]) for run in self._runs), *changed])

    @property
    def read(self) -> int:
        """The most keys or documents that were examined."""
        return max(int(run[total]) for run in self._runs for total in ("totalKeysExamined", "totalDocsExamined"))

    def faults(self, spare: int = SPARE) -> list[str]:
        """What is wrong with it."""
        found: list[str] = [stage for stage in ("COLLSCAN", "SORT") if stage in self.stages]
        allowed = spare + FACTOR * self.given
        if self.read > allowed:
            found.append(f"reads {self.read} to give {self.given} (at most {allowed})")
        return found


def _found(told: object, name: str) -> Iterator[Any]:
    """Every value called `name`, at any depth."""
    if isinstance(told, Mapping):
        for key, value in told.items():
            if key == name:
                yield value
            yield from _found(value, name)
    elif isinstance(told, list):
        for value in told:
            yield from _found(value, name)
