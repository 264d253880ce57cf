"""Cancelling: a task that answers every error must not take its own end for one of them."""

import asyncio


def stop_if_cancelled() -> None:
    """Raise `CancelledError` when this task was asked to end: an error while it cleaned up has hidden the request."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
