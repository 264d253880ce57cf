"""Words as they are compared: without case, `ё` as `е`, without punctuation."""

import re
import unicodedata

_WORD = re.compile(r"[^\W_]+")


def key_of(text: str) -> str:
    """`text` for comparing with labels and global words: `"СТОП!"` and `"стоп"` are the same."""
    composed = text if text.isascii() else unicodedata.normalize("NFKC", text)
    plain = composed.casefold().replace("ё", "е")
    spoken = plain.replace(" ", "").isalnum()
    return " ".join(plain.split() if spoken else _WORD.findall(plain))
