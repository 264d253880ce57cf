"""What a person reads instead of a traceback when a command cannot do what it was asked."""

import sys
from typing import Any

from typer.core import TyperGroup

from hub.services.errors import ServiceError
from hub.store.errors import StoreError


class CommandRefused(Exception):
    """What was asked cannot be done as it was asked: the message says what to change."""


class Commands(TyperGroup):
    """Commands that end with 1 and a sentence where a database, a file or what was typed in is in the way."""

    def invoke(self, ctx: Any) -> Any:  # the context is one of a click that Typer keeps to itself
        """Run the command that was named."""
        try:
            return super().invoke(ctx)
        except (CommandRefused, StoreError) as error:
            sys.exit(_sentence(str(error)))
        except OSError as error:
            sys.exit(_sentence(f"{error.filename}: {error.strerror}" if error.filename else str(error)))
        except ServiceError as error:
            sys.exit(_sentence(error.detail))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
