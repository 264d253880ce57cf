"""Tasks that belong to somebody: they run while a body runs, and end with it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Work = Callable[[], Awaitable[None]]


@asynccontextmanager
async def background(*works: Work) -> AsyncIterator[None]:
    """Keep `works` running while the body runs, and cancel them at its end. One that fails ends the body."""
    failed: Exception | None = None
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_forever(work)) for work in works]
        try:
            yield
        except Exception as error:  # noqa: BLE001  (raised again below, as itself and not as a group)
            failed = error
        finally:
            for task in tasks:
                task.cancel()
    if failed is not None:
        raise failed


async def _forever(work: Work) -> None:
    await work()
