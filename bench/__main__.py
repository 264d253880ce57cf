"""`python -m bench [NAME]`: every measurement, or one; a table, and `bench/out/latest.json`. In uvloop, as the hub."""

import importlib
import sys

import uvloop

from bench.rows import OUT, Row, keep, table

PARTS = ("start", "widget", "memory", "inbound", "feed", "inbox", "flows", "telegram", "email", "forms")


def main() -> None:
    """Measure, print, keep. Exits with 2 for a name that is none."""
    wanted = sys.argv[1:] or list(PARTS)
    if unknown := [name for name in wanted if name not in PARTS]:
        sys.exit(f"There is no measurement {', '.join(unknown)}. Take one of {', '.join(PARTS)}.")
    rows: list[Row] = []
    if wanted == list(PARTS):
        OUT.unlink(missing_ok=True)
    for name in wanted:
        found = uvloop.run(importlib.import_module(f"bench.{name}").run())
        print(f"{name}\n{table(found)}\n", flush=True)
        keep(found)
        rows += found
    missed = [row.name for row in rows if row.holds is False]
    print(f"{len(rows)} figures; " + (f"missed: {', '.join(missed)}" if missed else "every target holds"))


if __name__ == "__main__":
    main()
