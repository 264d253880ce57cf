"""The plain text of a mail that only has an HTML one. Pure."""

import re
from html.parser import HTMLParser

from connectors.text import clean_text

CHARACTERS = 1_000_000
QUOTE_MARKS = 20
"""Quotes of quotes are marked so deep: else a thousand of them would make every line a thousand marks longer."""
_SPACE = re.compile(r"\s+")
_SILENT = frozenset({"script", "style", "head", "title", "template", "noscript"})
_BLOCKS = frozenset(
    {"p", "div", "table", "tr", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "section", "article"}
)
_SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "ul", "ol", "table", "pre"})


def text_of_html(html: str) -> str:
    """What a reader sees: one line a block, links with their address, quotes marked with `>`."""
    reader = _Reader()
    reader.feed(html[:CHARACTERS])
    reader.close()
    return clean_text(reader.text())


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[tuple[int, str]] = []
        self._line: list[str] = []
        self._silent = 0
        self._quoted = 0
        self._links: list[tuple[str, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag == "br":
            self._end_line()
        elif tag == "blockquote":
            self._end_line()
            self._quoted += 1
        elif tag == "li":
            self._end_line()
            self._line.append("- ")
        elif tag in _BLOCKS:
            self._end_line(spaced=tag in _SPACED)
        elif tag in ("td", "th") and self._line:
            self._line.append(" ")
        elif tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self._line)))

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag == "blockquote":
            self._end_line()
            self._quoted = max(0, self._quoted - 1)
        elif tag in _BLOCKS or tag == "li":
            self._end_line(spaced=tag in _SPACED)
        elif tag == "a" and self._links:
            address, start = self._links.pop()
            label = "".join(self._line[start:]).strip()
            if address.startswith(("http://", "https://")) and label and address.rstrip("/") not in label:
                self._line.append(f" ({address})")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._line.append(_SPACE.sub(" ", data))

    def text(self) -> str:
        """Everything read so far, without more than one empty line in a row."""
        self._end_line()
        shown: list[str] = []
        for depth, line in self._lines:
            mark = "> " * min(depth, QUOTE_MARKS)
            if line or (shown and shown[-1] != mark.rstrip()):
                shown.append(f"{mark}{line}".rstrip())
        return "\n".join(shown).strip("\n")

    def _end_line(self, *, spaced: bool = False) -> None:
        line = " ".join("".join(self._line).split())
        self._line = []
        if line:
            self._lines.append((self._quoted, line))
        if spaced and self._lines and self._lines[-1][1]:
            self._lines.append((self._quoted, ""))
