"""Words as they are compared: without case, `ё` as `е`, without punctuation."""

import re
import unicodedata

_BETWEEN = re.compile(r"[\W_]+")


def key_of(text: str) -> str:
    """`text` for comparing with labels and global words: `"СТОП!"` and `"стоп"` are the same."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
    return _BETWEEN.sub(" ", plain).strip()
