"""How heavy the web chat is on the page of a shop, before a visitor opens it."""

import asyncio
import gzip
from pathlib import Path

from bench.rows import Row, alone

WIDGET = Path(__file__).parent.parent / "hub" / "web" / "static" / "widget.js"
TARGET_KB = 15.0
LEVEL = 6  # as a web server compresses


async def run() -> list[Row]:
    """The size of the one file that is fetched before the chat is opened."""
    script = await asyncio.to_thread(WIDGET.read_bytes)
    return [
        alone("widget_gzipped", [len(gzip.compress(script, LEVEL)) / 1000], "kB", at_most=TARGET_KB),
        alone("widget", [len(script) / 1000], "kB"),
    ]
