"""Who of those that ran in a folder is dead: known from locks, which neither a pause nor a slow machine ends."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.app.process import FOLDER, begin_process

RUNS = """
import pathlib, sys, time
from hub.app.process import begin_process
process = begin_process(pathlib.Path(sys.argv[1]))
print(process.owner, flush=True)
time.sleep(600)
"""


@contextmanager
def running(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process that runs in the folder, and its name."""
    with subprocess.Popen([sys.executable, "-c", RUNS, str(folder)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def dead(folder: Path) -> set[str]:
    """Who a process that begins and ends now takes the place of."""
    process = begin_process(folder)
    process.end()
    return set(process.dead)


def test_a_process_is_dead_when_it_has_ended_and_not_before(tmp_path: Path) -> None:
    """Stopped in the middle of whatever it does it may go on at any time; killed it does not."""
    with running(tmp_path) as (process, name):
        process.send_signal(signal.SIGSTOP)
        assert name not in dead(tmp_path)
        process.kill()
        process.wait()
        assert name in dead(tmp_path)


def test_what_a_dead_process_held_is_given_up_once(tmp_path: Path) -> None:
    """A hub that dies while it does that leaves it to the next."""
    first, second = begin_process(tmp_path), begin_process(tmp_path)
    assert second.dead == ()
    first.end()
    second.end()
    third = begin_process(tmp_path)
    assert set(third.dead) == {first.owner, second.owner}
    fourth = begin_process(tmp_path)
    assert set(fourth.dead) == {first.owner, second.owner}
    third.forget_the_dead()
    fourth.forget_the_dead()
    assert dead(tmp_path) == set()
    third.end()
    fourth.end()


def test_of_another_machines_processes_nothing_is_known(tmp_path: Path) -> None:
    """In a folder that is shared over a network a lock may end before its process."""
    begin_process(tmp_path).end()
    [path] = (tmp_path / FOLDER).glob("*.lock")
    path.write_text(path.read_text(encoding="utf-8").replace(socket.gethostname(), "elsewhere"), encoding="utf-8")
    assert dead(tmp_path) == set()


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way", encoding="utf-8")
    assert dead(tmp_path) == set()
