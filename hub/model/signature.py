"""Signatures: the words below an answer, with variables that are filled in for each."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

VARIABLES = ("operator", "project", "channel", "contact", "address")
"""Who writes, the project's and the channel's names, the contact's name, and the address that the mail comes from."""
SIGNATURE_CHARACTERS = 2_000
_VARIABLE = re.compile(r"\{([A-Za-z_]+)\}")
_WORDLESS = re.compile(r"[\W_]*")


def _known(text: str) -> str:
    for name in _VARIABLE.findall(text):
        if name not in VARIABLES:
            known = ", ".join(f"{{{one}}}" for one in VARIABLES)
            raise ValueError(f"{{{name}}} stands for nothing; there are {known}")
    return text.strip()


SignatureText = Annotated[str, StringConstraints(max_length=SIGNATURE_CHARACTERS), AfterValidator(_known)]
"""A signature as a person writes it."""


def filled(text: str, values: Mapping[str, str]) -> str:
    """The signature with its variables replaced. A line that says nothing without its empty variables is left out."""
    lines = []
    for line in text.strip().split("\n"):
        said = _VARIABLE.sub(lambda found: " ".join(values.get(found[1], found[0]).split()), line).rstrip()
        if _VARIABLE.search(line) and _WORDLESS.fullmatch(said):
            continue
        lines.append(said)
    return "\n".join(lines).strip()
