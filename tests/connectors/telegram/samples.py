"""Recorded-shape payloads, named by meaning; the shapes are those of the Bot API 10.3, the values are invented."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "payloads"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def raw(name: str) -> bytes:
    """The payload as it came."""
    return (FOLDER / f"{name}.json").read_bytes()


def update(name: str) -> dict[str, Any]:
    """The payload decoded."""
    decoded: dict[str, Any] = json.loads(raw(name))
    return decoded
