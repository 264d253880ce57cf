"""The settings of a command, or an end with a sentence about each that is wrong."""

import os
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hub.settings import ENV_PREFIX, FILE, Settings

BESIDE = frozenset({"HUB_MONGOD", "HUB_PUBLISH"})
"""Read elsewhere: by the embedded database and the compose file."""
UNITS = {"s": "seconds", "bytes": "bytes", "days": "days", "kib": "KiB", "share": "a share, such as 0.05"}
NUMBERS = frozenset({"int_parsing", "int_type", "int_from_float", "float_parsing", "float_type"})


def read_settings() -> Settings:
    """The settings, or an end with a sentence about each that is wrong. A name that looks misspelt is warned of."""
    for said in misspelt(os.environ):
        typer.echo(f"Warning: {said}", err=True)
    try:
        return Settings()
    except ValidationError as error:
        wrong = [_sentence(item) for item in error.errors()]
    except tomllib.TOMLDecodeError as error:
        wrong = [f"{FILE} is no TOML: {error}"]
    except UnicodeDecodeError:
        wrong = [f"{FILE} is not in UTF-8"]
    except OSError as error:
        wrong = [f"{FILE} cannot be read: {error.strerror}"]
    typer.echo("\n".join(("The settings are wrong:", *(f"  {one}" for one in wrong))), err=True)
    raise typer.Exit(2)


def misspelt(environment: Mapping[str, str]) -> Sequence[str]:
    """A sentence about each variable that begins like ours and is no setting."""
    known = {f"{ENV_PREFIX}{name}".upper() for name in Settings.model_fields} | BESIDE
    return [
        f"{name} is no setting{_meant(name, sorted(known))}, and does nothing."
        for name in sorted(environment)
        if name.startswith(ENV_PREFIX) and name not in known
    ]


def _sentence(item: ErrorDetails) -> str:
    """What is wrong with one setting, where it is written and, unless it may be secret, what is written there."""
    name = str(item["loc"][0])
    variable = f"{ENV_PREFIX}{name}".upper()
    where = variable if os.environ.get(variable) else f"{FILE}: {name}"
    if item["type"] == "extra_forbidden":
        return f"{FILE}: {name} is no setting{_meant(name, sorted(Settings.model_fields))}"
    if item["type"] in NUMBERS:
        unit = UNITS.get(name.rpartition("_")[2], "")
        said = f"write a number{f' of {unit}' if unit and ' ' not in unit else ''}"
        said += " alone, without a unit" if unit else ""
    elif item["type"] == "string_pattern_mismatch":
        said = 'write a name of at most 63 characters, without blanks and none of / \\ . " $ * < > : | ?'
    else:
        said = item["msg"].removeprefix("Value error, ")
    shown = isinstance(item["input"], str | int | float) and "secret" not in name and "token" not in name
    return f"{where}: {said}" + (f" (it is {item['input']!r})" if shown and "uri" not in name else "")


def _meant(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""
