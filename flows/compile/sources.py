"""The texts a flow is made of."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Source:
    """A text and the name of the file it came from, for messages."""

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything a flow is made of. `library` are the other flows by name, for `use` and `start`.

    With an empty library the names in `start` are not checked, since nobody knows the other flows.
    """

    flow: Source
    translations: Mapping[str, Source] = field(default_factory=dict)
    bot: Source | None = None
    library: Mapping[str, Source] = field(default_factory=dict)

    def digest(self) -> str:
        """The SHA-256 of the flow, its translations and the shared settings, whatever the files are called."""
        texts = [self.flow.text, self.bot.text if self.bot else ""]
        texts += [part for lang, source in sorted(self.translations.items()) for part in (lang, source.text)]
        return hashlib.sha256("\0".join(texts).encode("utf-8", "replace")).hexdigest()
