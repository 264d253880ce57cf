"""The fuzzer of `make fuzz`, for some thousand inputs: coverage leads it where random bytes never come."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

pytest.importorskip("atheris", reason="its wheels are for Linux on x86-64")
ROOT = Path(__file__).parents[3]
RUNS = 3_000


async def test_no_mail_that_the_fuzzer_makes_raises_anything_but_our_own_error(tmp_path: Path) -> None:
    """In a process of its own, for libFuzzer ends the one that it runs in. That code was reached is counted, too.

    It starts from the corpus and the same number each time; `make fuzz` goes on from where it came to before.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.connectors.email.fuzz", str(tmp_path), f"-runs={RUNS}", "-seed=11",
        cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": "0"}, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    told = said.decode(errors="replace")
    assert process.returncode == 0, told[-4_000:]
    [done] = re.findall(r"#(\d+)\s+DONE\s+cov: (\d+)", told)
    assert int(done[0]) >= RUNS
    assert int(done[1]) > 1_000
