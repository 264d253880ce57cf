"""What a measurement gives: rows, their table, and the file that is kept of them."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

OUT = Path(__file__).parent / "out" / "latest.json"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `limit` is what it is held against, `ratio` the one by the other; `spread` its least and greatest."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    ratio: float | None = None
    target: str = ""
    holds: bool | None = None
    spread: tuple[float, float] | None = None


def compared(
    name: str, values: Sequence[float], unit: str, limits: Sequence[float], *, at_least: float | None = None,
    at_most: float | None = None,
) -> Row:  # fmt: skip
    """A row of medians: `values` against `limits` of the same run, whose ratio is to be at least or at most so much."""
    value, limit = statistics.median(values), statistics.median(limits)
    ratio = value / limit
    spread = (rounded(min(values)), rounded(max(values)))
    target, holds = _held(ratio, at_least, at_most)
    return Row(name, rounded(value), unit, rounded(limit), round(ratio, 2), target, holds, spread)


def alone(name: str, values: Sequence[float], unit: str, *, at_most: float | None = None) -> Row:
    """A row of a median that has no limit beside it, only a greatest value."""
    value = statistics.median(values)
    _, holds = _held(value, None, at_most)
    target = f"<= {at_most:g} {unit}" if at_most is not None else ""
    return Row(
        name, rounded(value), unit, target=target, holds=holds, spread=(rounded(min(values)), rounded(max(values)))
    )


def _held(value: float, at_least: float | None, at_most: float | None) -> tuple[str, bool | None]:
    if at_least is not None:
        return f">= {at_least:g}", value >= at_least
    if at_most is not None:
        return f"<= {at_most:g}", value <= at_most
    return "", None


def rounded(value: float) -> float:
    """Three digits that matter."""
    return float(f"{value:.3g}") if abs(value) < 1000 else round(value)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(rows: Sequence[Row]) -> str:
    """The rows below each other."""
    head = ("name", "value", "min..max", "unit", "limit", "ratio", "target", "")
    lines = [head, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    spread = "" if row.spread is None else f"{row.spread[0]:g}..{row.spread[1]:g}"
    verdict = {True: "holds", False: "MISSED", None: ""}[row.holds]
    limit = "" if row.limit is None else f"{row.limit:g}"
    ratio = "" if row.ratio is None else f"{row.ratio:g}"
    return row.name, f"{row.value:g}", spread, row.unit, limit, ratio, row.target, verdict


def keep(rows: Sequence[Row]) -> None:
    """Write the rows over those of the same name; the rest of the file stays."""
    OUT.parent.mkdir(exist_ok=True)
    known = {row["name"]: row for row in json.loads(OUT.read_text())} if OUT.exists() else {}
    known.update({row.name: asdict(row) for row in rows})
    OUT.write_text(json.dumps(list(known.values()), indent=2) + "\n")
