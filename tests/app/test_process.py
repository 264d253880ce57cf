"""Who of those that ran in a folder is dead: known from locks, which neither a pause nor a slow machine ends."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from hub.app.process import BOOT_ID, FOLDER, begin_process

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
    """In a folder that is shared over a network a lock may end before its process, also where both have one name."""
    begin_process(tmp_path).end()
    [path] = (tmp_path / FOLDER).glob("*.lock")
    here = BOOT_ID.read_text(encoding="ascii").strip()
    path.write_text(path.read_text(encoding="utf-8").replace(here, str(uuid4())), encoding="utf-8")
    assert dead(tmp_path) == set()


def test_a_copy_of_the_folder_of_a_living_process_does_not_say_it_is_dead(tmp_path: Path) -> None:
    """As after a backup that is brought back elsewhere on the same machine: nobody has locked the copy."""
    living = begin_process(tmp_path / "own")
    shutil.copytree(tmp_path / "own", tmp_path / "copy")
    assert dead(tmp_path / "copy") == set()
    living.end()


def test_a_file_that_cannot_be_read_takes_no_living_process_its_lock(tmp_path: Path) -> None:
    """As one of another user: a hub that had met it was taken for dead by the next."""
    strange = tmp_path / FOLDER / "strange.lock"
    strange.mkdir(parents=True)
    living, earlier = begin_process(tmp_path), begin_process(tmp_path)
    earlier.end()
    assert dead(tmp_path) == {earlier.owner}
    strange.rmdir()
    assert living.owner not in dead(tmp_path)
    living.end()


def test_files_of_which_nothing_is_known_do_not_gather_for_ever(tmp_path: Path) -> None:
    """Every start of a machine leaves those of the time before."""
    begin_process(tmp_path).end()
    [path] = (tmp_path / FOLDER).glob("*.lock")
    path.write_text("host:1:abc\nof another start", encoding="utf-8")
    assert dead(tmp_path) == set()
    assert path.exists()
    os.utime(path, (0, 0))
    begin_process(tmp_path).end()
    assert not path.exists()


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way", encoding="utf-8")
    assert dead(tmp_path) == set()
