"""The JSON schema of the frames, made from the models that read and write them."""

from pydantic import JsonValue
from pydantic.json_schema import models_json_schema

from connectors.webchat import parse, render

CLIENT = (parse.Hello, parse.Send, parse.Typing, parse.Read, parse.Pong)
HUB = (
    render.Welcome,
    render.Ack,
    render.Nack,
    render.MessageFrame,
    render.TypingFrame,
    render.ReadFrame,
    render.OnlineFrame,
    render.ReloadFrame,
    render.PingFrame,
)


def frames_schema() -> dict[str, JsonValue]:
    """A JSON schema (2020-12) that each frame fits; `ClientFrame` and `HubFrame` in `$defs` tell the sides apart."""
    refs, definitions = models_json_schema(
        [*((model, "validation") for model in CLIENT), *((model, "serialization") for model in HUB)]
    )
    sides: dict[str, JsonValue] = {
        "ClientFrame": {"oneOf": [refs[model, "validation"] for model in CLIENT]},
        "HubFrame": {"oneOf": [refs[model, "serialization"] for model in HUB]},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Switchboard web chat",
        "anyOf": [{"$ref": "#/$defs/ClientFrame"}, {"$ref": "#/$defs/HubFrame"}],
        "$defs": {**definitions["$defs"], **sides},
    }
