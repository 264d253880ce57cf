"""What a piece of work costs: commands to the database, and CPU time here and there. Others may use the machine."""

import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pymongo import monitoring

from hub.store.connection import Connection


class _Counter(monitoring.CommandListener):
    """Counts the commands of every client that is made from now on."""

    def __init__(self) -> None:
        self.count = 0

    def started(self, _: monitoring.CommandStartedEvent) -> None:
        """A command is sent."""
        self.count += 1

    def succeeded(self, _: monitoring.CommandSucceededEvent) -> None:
        """It was answered."""

    def failed(self, _: monitoring.CommandFailedEvent) -> None:
        """It was refused."""


_COUNTER = _Counter()
monitoring.register(_COUNTER)


@dataclass(slots=True)
class Costs:
    """Commands, and milliseconds of CPU of this process and of the database's."""

    commands: float = 0
    here_ms: float = 0
    database_ms: float = 0

    def each(self, steps: int) -> "Costs":
        """The costs of one of so many steps."""
        return Costs(self.commands / steps, self.here_ms / steps, self.database_ms / steps)


@asynccontextmanager
async def counted(connection: Connection) -> AsyncIterator[Costs]:
    """The costs of the body, known after it."""
    costs = Costs()
    before = _COUNTER.count, _here_ms(), await _database_ms(connection)
    yield costs
    costs.here_ms = _here_ms() - before[1]
    costs.commands = _COUNTER.count - before[0]
    costs.database_ms = await _database_ms(connection) - before[2]


def _here_ms() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1000


async def _database_ms(connection: Connection) -> float:
    used = (await connection.client.admin.command("serverStatus"))["extra_info"]
    return float(used["user_time_us"] + used["system_time_us"]) / 1000
