"""aiogram without the validators of models that nobody uses.

Any import from aiogram imports all of it and builds a validator and a serializer for each of its 400 models, each with
all that it may contain: over 100 MB and two seconds (https://github.com/aiogram/aiogram/issues/1513 and 1876). The
models themselves ask pydantic to be built when they are first used (`defer_build`); but the end of `aiogram.types`
rebuilds every one, because the names in their annotations are known only there. Here that rebuild is put off, and the
names are kept for it. Nothing of a model changes but the moment when it is built.
"""

import sys
import threading
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from pydantic import BaseModel

_importing = threading.Lock()
_Rebuild = Callable[..., bool | None]


def import_aiogram() -> None:
    """Import aiogram. Where somebody has imported it before, its models are built and stay as they are."""
    with _importing:
        if "aiogram" in sys.modules:
            return
        eager = BaseModel.__dict__["model_rebuild"]
        rebuild: _Rebuild = eager.__func__
        names: dict[str, Any] = {}
        BaseModel.model_rebuild = classmethod(_putting_off(rebuild, names))  # type: ignore[method-assign,assignment]
        try:
            methods = import_module("aiogram.methods.base")
            types = import_module("aiogram.types.base")
        finally:
            BaseModel.model_rebuild = eager  # type: ignore[method-assign]
        for model in (types.TelegramObject, methods.TelegramMethod, methods.Response):
            model.model_rebuild = classmethod(_knowing(rebuild, names))


def _putting_off(rebuild: _Rebuild, names: dict[str, Any]) -> _Rebuild:
    """`rebuild`, but what `aiogram.types` asks for is put off; its names go into `names`."""

    def model_rebuild(model: type[BaseModel], *, _parent_namespace_depth: int = 2, **options: Any) -> bool | None:
        namespace = options.get("_types_namespace")
        if namespace is not None and model.__module__.startswith("aiogram.types"):
            if not names:
                names.update(namespace)
            return None
        return rebuild(model, _parent_namespace_depth=_parent_namespace_depth + 1, **options)

    return model_rebuild


def _knowing(rebuild: _Rebuild, names: Mapping[str, Any]) -> _Rebuild:
    """`rebuild` with the names of aiogram's types: pydantic calls it when a model is first used."""

    def model_rebuild(model: type[BaseModel], **options: Any) -> bool | None:
        options["_types_namespace"] = {**names, **(options.get("_types_namespace") or {})}
        return rebuild(model, **options)

    return model_rebuild
