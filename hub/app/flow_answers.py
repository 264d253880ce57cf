"""Flows without a hub: a player of a flow's file, and answers that a JSON file gives to it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flows.answers.numbers import show_number
from flows.effects import Say
from flows.events import Mode
from flows.simulate import Player, run_through
from flows.simulate.plain import Plain, plain_answer, plain_effect
from hub.app.flow_files import FilesError, compiled_flow, find_flow

JSON_LIMIT_BYTES = 1024 * 1024


def player_of(flow: str, mode: Mode, lang: str | None, now: datetime | None, zone: str) -> Player:
    """A player of a flow's file, at its first question. Raises `FilesError`."""
    compiled = compiled_flow(find_flow(flow))
    if lang is not None and lang not in compiled.langs:
        raise FilesError(f"{compiled.name} has no language {lang}. It has: {', '.join(compiled.langs)}.")
    try:
        clock = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise FilesError(f"There is no time zone {zone}. Write one such as Europe/Moscow.") from None
    moment = now.replace(tzinfo=now.tzinfo or clock).astimezone(UTC) if now else datetime.now(UTC)
    return Player(compiled, mode=mode, lang=lang, now=moment, zone=zone)


def give_answers(
    flow: str, path: Path, mode: Mode, lang: str | None, now: datetime | None, zone: str
) -> dict[str, Plain]:
    """What came of the answers in a JSON file, in order. Raises `FilesError`."""
    player = player_of(flow, mode, lang, now, zone)
    given = _read_answers(path)
    unknown = [name for name in given if name not in player.flow.questions]
    if unknown:
        known = ", ".join(player.flow.questions)
        raise FilesError(f"{path}: the flow has no question {', '.join(unknown)}. It has: {known}.")
    course = run_through(player, given)
    session = player.session
    return {
        "flow": player.flow.name,
        "mode": mode.value,
        "lang": session.lang,
        "asked": [plain_answer(one, session.lang) for one in course.asked],
        "unanswered": course.unanswered,
        "unused": [name for name in given if name not in {one.question.id for one in course.asked}],
        "state": session.state.value,
        "score": player.score,
        "outcome": session.outcome,
        "effects": [found for effect in player.effects if (found := plain_effect(effect))],
        "said": [effect.text for effect in player.effects if isinstance(effect, Say)],
    }


def told(result: Mapping[str, Plain]) -> str:
    """The result of `give_answers` for a person."""
    lines = []
    for one in cast("list[dict[str, Plain]]", result["asked"]):
        given = one.get("shown", one.get("fault", one.get("refusal")))
        lines.append(f"{one['id']}: {given}" + (" (asked back)" if one.get("confirmed") else ""))
    if result["unanswered"]:
        lines.append(f"{result['unanswered']}: is asked, and has no answer")
    lines.append(f"state {result['state']}, outcome {result['outcome']}, score {result['score']}")
    lines += [
        " ".join(f"{key} {value}" for key, value in effect.items())
        for effect in cast("list[dict[str, Plain]]", result["effects"])
    ]
    return "\n".join(lines)


def _read_answers(path: Path) -> dict[str, object]:
    try:
        if path.stat().st_size > JSON_LIMIT_BYTES:
            raise FilesError(f"{path}: more than {JSON_LIMIT_BYTES} bytes are no answers.")
        tree = json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise FilesError(f"{path}: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise FilesError(f"{path} is not JSON: {error}.") from error
    if not isinstance(tree, dict):
        raise FilesError(f'{path} must hold answers by question: {{"name": "Sample", "staff": 40}}.')
    return {name: _given(path, name, value) for name, value in tree.items() if value is not None}


def _given(path: Path, name: str, value: object) -> object:
    """An answer of the file, checked for its shape. Raises `FilesError`."""
    match value:
        case float() if isfinite(value):
            return show_number(value, "en")  # a fraction of three digits would be asked back
        case bool() | str() | int():
            return value
        case [int() | float() as latitude, int() | float() as longitude] if isfinite(latitude) and isfinite(longitude):
            return {"latitude": latitude, "longitude": longitude}
        case {"latitude": int() | float(), "longitude": int() | float()} | {"text": str()} | {"name": str()}:
            return value
        case list() if all(isinstance(item, str) for item in value):
            return value
        case list() if all(isinstance(item, dict) and isinstance(item.get("name"), str) for item in value):
            return value
    raise FilesError(f"{path}: {name} must be a text, a number, true or false, or a list of codes or of files.")
