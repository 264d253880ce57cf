"""Tasks that belong to somebody: they run while a body runs, and end with it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager

import structlog

from hub.app.stopping import Stopping

log = structlog.get_logger(__name__)

Work = Callable[[], Awaitable[None]]

CANCELLED_WITHIN_S = 10.0
CANCEL_AGAIN_S = 0.5


@asynccontextmanager
async def background(*works: Work, stopping: Stopping | None = None) -> AsyncIterator[None]:
    """Keep `works` running while the body runs, and cancel them at its end. One that fails ends the body.

    They have ten seconds for it, or what `stopping` has left; then they are cancelled again and again.
    """
    failed: Exception | None = None
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_forever(work), name=work.__qualname__) for work in works]
        try:
            yield
        except Exception as error:  # noqa: BLE001  (raised again below, as itself and not as a group)
            failed = error
        finally:
            await _end(tasks, CANCELLED_WITHIN_S if stopping is None else stopping.left_s())
    if failed is not None:
        raise failed


async def _forever(work: Work) -> None:
    await work()


async def _end(tasks: Collection[asyncio.Task[None]], within_s: float) -> None:
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=within_s)
        # Either the work's own cleaning up waits for what does not come, or an error in it has hidden the request.
        for task in left:
            log.warning("task is cancelled again", task=task.get_name())
        within_s = CANCEL_AGAIN_S
