"""aiogram's models are built when they are used, and are then what they would have been. In processes of their own."""

import json
import subprocess
import sys
from typing import Any

LAZY = "from connectors.telegram.lazy_models import import_aiogram; import_aiogram()"
READ = """
import json
from aiogram import methods, types
from pydantic import BaseModel
modules = (types, methods)
models = [one for of in modules for name in of.__all__ if isinstance(one := getattr(of, name), type)]
models = [one for one in models if issubclass(one, BaseModel)]
before = sum(one.__pydantic_complete__ for one in models if one.__module__.startswith("aiogram.types"))
update = types.Update.model_validate(json.loads('''UPDATE'''))
call = methods.SendMessage(chat_id=1, text="x", reply_markup={"inline_keyboard": [[{"text": "a"}]]})
for one in models:
    one.model_rebuild()
unbuilt = [one.__name__ for one in models if not one.__pydantic_complete__]
told = [update.model_dump(mode="json", exclude_unset=True), call.model_dump(mode="json", exclude_unset=True)]
print(json.dumps({"before": before, "models": len(models), "unbuilt": unbuilt, "told": told}))
"""
CHAT = {"id": 5, "type": "private", "first_name": "Sample"}
UPDATE: dict[str, Any] = {
    "update_id": 1,
    "message": {
        "message_id": 2,
        "date": 1_700_000_000,
        "chat": CHAT,
        "text": "Hello",
        "entities": [{"type": "bold", "offset": 0, "length": 5}],
        "reply_to_message": {"message_id": 1, "date": 1_700_000_000, "chat": CHAT, "dice": {"emoji": "🎲", "value": 3}},
    },
}


def test_models_are_built_when_they_are_used() -> None:
    """At the import none is; what is decoded and sent with them is the same, and every one can be built."""
    lazy, eager = _read(LAZY), _read("")
    assert lazy["before"] == 0
    assert eager["before"] > 300
    assert lazy["unbuilt"] == []
    assert lazy["told"] == eager["told"]
    assert lazy["models"] == eager["models"]


def test_a_channel_opens_where_aiogram_was_imported_before() -> None:
    """Another part of the program may use aiogram as it comes."""
    before = "import aiogram"
    assert _read(f"{before}; {LAZY}; import connectors.telegram.api")["told"] == _read(before)["told"]


def test_pydantic_is_as_it_was_after_the_import() -> None:
    """Models of others are rebuilt at once, even those that name a namespace."""
    told = _run(
        f"from pydantic import BaseModel; was = BaseModel.__dict__['model_rebuild']\n{LAZY}\n"
        "class Later(BaseModel):\n    one: 'Unknown'\n"
        "assert was is BaseModel.__dict__['model_rebuild']\n"
        "print(Later.model_rebuild(_types_namespace={'Unknown': int}), Later(one='1').one)"
    )
    assert told == "True 1"


def _read(first: str) -> Any:
    return json.loads(_run(f"{first}\n{READ.replace('UPDATE', json.dumps(UPDATE))}"))


def _run(program: str) -> str:
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()
