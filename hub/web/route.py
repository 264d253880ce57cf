"""One route: its address, who may call it, and the types that come in and go out, read from its handler."""

import inspect
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, get_type_hints

from aiohttp import web
from pydantic import BaseModel, StringConstraints, TypeAdapter

from hub.model.ids import ID_PATTERN
from hub.model.operator import Right

Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
"""An id in a path or a body."""


class Access(StrEnum):
    """Who may call a route that asks for no `Right`.

    `public`: anybody. `signed_in`: a session or a token. `session`: a session only, for what concerns the account
    itself. `own`: the handler authenticates by itself (a ticket, a service's secret, the token of the metrics).
    """

    PUBLIC = "public"
    SIGNED_IN = "signed_in"
    SESSION = "session"
    OWN = "own"


Rule = Access | Right
Handler = Callable[..., Awaitable[Any]]


class Bytes(StrEnum):
    """What goes in or out where it is no JSON."""

    FILE = "application/octet-stream"
    HTML = "text/html"
    TEXT = "text/plain"
    SCRIPT = "text/javascript"
    CSV = "text/csv"
    ZIP = "application/zip"
    ANY = "*/*"


@dataclass(frozen=True)
class Route:
    """One line of the URL table.

    The handler is `async def name(context, <path values>, query: Query, body: Body) -> Result`, each only where there
    is one; a result of `web.StreamResponse` is sent as it is, None is 204. `takes` and `gives` name bytes that are no
    JSON. `errors` are the codes it answers beside those that every route of its kind may answer.
    """

    method: str
    path: str
    handler: Handler
    access: Rule
    status: int = 200
    errors: tuple[int, ...] = ()
    takes: Bytes | None = None
    gives: Bytes | None = None
    tag: str = field(default="", compare=False)

    @cached_property
    def _hints(self) -> dict[str, Any]:
        return get_type_hints(self.handler, include_extras=True)

    @property
    def is_api(self) -> bool:
        """Whether it belongs to the described API."""
        return self.path.startswith("/api/v1/")

    @property
    def name(self) -> str:
        """The operation's name in the description."""
        module = self.handler.__module__.rsplit(".", 1)[-1]
        return f"{module}_{self.handler.__name__}"

    @property
    def summary(self) -> str:
        """The first sentence of the handler's docstring."""
        return (inspect.getdoc(self.handler) or "").split("\n")[0].rstrip(".")

    @property
    def more(self) -> str:
        """What the handler's docstring says after its first sentence, errors and the like left out."""
        said = (inspect.getdoc(self.handler) or "").partition("\n\n")[2]
        return said.partition("Raises:")[0].strip()

    @cached_property
    def path_types(self) -> dict[str, TypeAdapter[Any]]:
        """The values in the path."""
        names = re.findall(r"{(\w+)", self.path)
        return {name: TypeAdapter(self._hints[name]) for name in names if name in self._hints}

    @cached_property
    def query(self) -> type[BaseModel] | None:
        """The model of the query, or None."""
        found: type[BaseModel] | None = self._hints.get("query")
        return found

    @cached_property
    def body(self) -> TypeAdapter[Any] | None:
        """The type of the JSON body, or None."""
        kind = self._hints.get("body")
        return None if kind is None else TypeAdapter(kind)

    @cached_property
    def result(self) -> TypeAdapter[Any] | None:
        """The type of the JSON answer, or None."""
        kind = self._hints.get("return")
        if kind in (None, type(None)) or (isinstance(kind, type) and issubclass(kind, web.StreamResponse)):
            return None
        return TypeAdapter(kind)
