"""The settings of a command, or an end with a sentence about each that is wrong."""

import typer
from pydantic import ValidationError

from hub.settings import Settings


def read_settings() -> Settings:
    """The settings, or an end with a sentence about each that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = [f"  {'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
        typer.echo("The settings are wrong (HUB_... variables and config/hub.toml):\n" + "\n".join(wrong), err=True)
        raise typer.Exit(2) from None
