"""Records: dataclasses that are frozen for the type checker alone.

A step makes about thirty of them, and the constructor of a frozen dataclass takes four times as long as a plain one
(CPython 3.11: it calls `object.__setattr__` for each field). Nobody changes them: mypy refuses it as for any frozen
dataclass, and every value in them is immutable.
"""

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from dataclasses import dataclass as record
else:
    Made = TypeVar("Made")

    def record(*, frozen: bool, slots: bool) -> Callable[[type[Made]], type[Made]]:
        """A dataclass with slots that compares and hashes as a frozen one does."""
        assert frozen
        return dataclasses.dataclass(slots=slots, unsafe_hash=True)


__all__ = ["record"]
