"""The widget's weight: it is loaded by every page of a customer's site."""

import gzip
from pathlib import Path

WIDGET = Path(__file__).parents[2] / "hub" / "web" / "static" / "widget.js"
LIMIT_BYTES = 15_000
"""The promise of the design: 15 kB gzipped, style sheet and both languages included."""


def test_the_widget_weighs_at_most_15_kilobytes_gzipped() -> None:
    """One file holds everything a visitor needs, and stays light."""
    assert WIDGET.is_file(), f"{WIDGET} is not built: run `make front`"
    served = WIDGET.with_name("widget.js.gz").read_bytes()
    assert gzip.decompress(served) == WIDGET.read_bytes()
    size_bytes = len(served)
    assert size_bytes <= LIMIT_BYTES, f"widget.js weighs {size_bytes} bytes gzipped; the limit is {LIMIT_BYTES}"


def test_the_widget_loads_no_other_code() -> None:
    """What is not in the file is not fetched behind it, so that the weight above is the whole weight."""
    source = WIDGET.read_text(encoding="utf-8")
    assert "import(" not in source
    assert "createElement(`script`)" not in source
    assert 'createElement("script")' not in source
