"""The checks of flows find what is planted into a small log, and nothing in a clean one."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from flows import engine
from flows.effects import Say, SetStage
from flows.engine import Step
from flows.events import At, Begin, Said
from flows.session import Session
from hub.store.documents import plain
from tests.chaos.flow_checks import check_flows, compiled
from tests.chaos.logs import Stored

START = datetime(2026, 1, 1, tzinfo=UTC)
Plant = Callable[[Any], None]


def clean() -> Stored:
    """A visitor begins the flow and answers three questions; a timer has fired, another was cancelled."""
    flow = compiled()
    messages: list[dict[str, Any]] = []
    turns: list[dict[str, Any]] = []
    stages: list[dict[str, Any]] = []
    session: Session | None = None
    for seq in range(1, 5):
        now = START + timedelta(minutes=seq)
        at = At(now=now, turn=seq, region="US", channel="ch")
        text = f"h0 {seq}"
        messages.append({"_id": f"m{seq}", "created_at": now, "text": text})
        if session is None:
            step = engine.begin(flow, "s", flow.lang, Begin(), at)
        else:
            step = engine.step(flow, session, Said(f"m{seq}", now, text), at)
        session = step.session
        turns.append(_turn(seq, now, step))
        stages += [{"turn": f"t{seq}", "stage": one.stage} for one in step.effects if isinstance(one, SetStage)]
    timers = [
        {"_id": "x", "kind": "flow_remind", "status": "cancelled", "asked": 1},
        {"_id": "y", "kind": "flow_remind", "status": "cancelled", "asked": 2},
    ]
    rows = [{"_id": "s", "seq": 4, "session": turns[-1]["session"]}]
    return copy.deepcopy(Stored(messages=messages, turns=turns, timers=timers, flow_sessions=rows, stage_log=stages))


def _turn(seq: int, now: datetime, step: Step) -> dict[str, Any]:
    held = plain(TypeAdapter(Session).dump_python(step.session))
    said = [
        {"type": "say", "direction": "out", "author": {"kind": "bot"}, "text": one.text}
        for one in step.effects
        if isinstance(one, Say)
    ]
    moved = [{"type": "set_stage", "stage": one.stage} for one in step.effects if isinstance(one, SetStage)]
    mark = {
        "session": "s", "seq": seq, "state": held["state"], "asked": held["turn"], "outcome": held["outcome"],
        "open": (held["open"] or {}).get("step"),
    }  # fmt: skip
    return {
        "_id": f"t{seq}", "conversation": "c", "channel": "ch", "seq": seq, "cause": f"message:m{seq}",
        "kind": "message", "decided_at": now, "state": {"control": "bot", "flow": mark}, "session": held,
        "effects": [*said, *moved],
    }  # fmt: skip


def test_clean_log_passes() -> None:
    """What the engine makes of the inputs is what is stored."""
    stored = clean()
    assert len(stored.stage_log) == 1
    assert [(offender.name, offender.what) for offender in check_flows(stored)] == []


def _answer_changed(stored: Any) -> None:
    for turn in stored.turns[1:]:
        turn["session"]["answers"]["one"]["value"] = "something else"
    stored.flow_sessions[0]["session"]["answers"]["one"]["value"] = "something else"


def _step_left_out(stored: Any) -> None:
    stored.turns = [*stored.turns[:2], *stored.turns[3:]]


def _says_otherwise(stored: Any) -> None:
    stored.turns[1]["effects"][0]["text"] = "Question ninety?"


def _decided_on_an_older_state(stored: Any) -> None:
    stored.turns[3]["session"] = copy.deepcopy(stored.turns[2]["session"])
    mark = stored.turns[2]["state"]["flow"]
    stored.turns[3]["state"]["flow"] = {**mark, "seq": 4}
    stored.flow_sessions[0]["session"] = copy.deepcopy(stored.turns[2]["session"])


def _mark_moved(stored: Any) -> None:
    stored.turns[2]["state"]["flow"]["open"] = "four"


def _session_lost(stored: Any) -> None:
    stored.turns[2]["session"] = None


def _derived_session_behind(stored: Any) -> None:
    stored.flow_sessions = [{**stored.flow_sessions[0], "seq": 3, "session": stored.turns[2]["session"]}]


def _derived_session_missing(stored: Any) -> None:
    stored.flow_sessions = []


def _derived_session_from_nowhere(stored: Any) -> None:
    stored.flow_sessions = [*stored.flow_sessions, {**stored.flow_sessions[0], "_id": "other"}]


def _stage_missing(stored: Any) -> None:
    stored.stage_log = []


def _stage_twice(stored: Any) -> None:
    stored.stage_log = [*stored.stage_log, *stored.stage_log]


def _timer_left(stored: Any) -> None:
    stored.timers[0]["status"] = "pending"


def _timer_fired_without_a_turn(stored: Any) -> None:
    stored.timers[0]["status"] = "fired"


@pytest.mark.parametrize(
    ("plant", "name"),
    [
        pytest.param(_answer_changed, "I4 replay diverged", id="another answer is stored than was given"),
        pytest.param(_step_left_out, "I4 replay diverged", id="an answer moved nothing"),
        pytest.param(_says_otherwise, "I4 replay diverged", id="the bot says what the engine did not"),
        pytest.param(_decided_on_an_older_state, "I4 replay diverged", id="a step was decided on an older session"),
        pytest.param(_mark_moved, "I4 flow diverged", id="the mark names another question"),
        pytest.param(_session_lost, "I4 flow diverged", id="the mark moved without a session"),
        pytest.param(_derived_session_behind, "I4 session diverged", id="the derived session is behind"),
        pytest.param(_derived_session_missing, "I4 session missing", id="the derived session is missing"),
        pytest.param(_derived_session_from_nowhere, "I4 session unfounded", id="a session came from nowhere"),
        pytest.param(_stage_missing, "I4 effect missing", id="a stage was not logged"),
        pytest.param(_stage_twice, "I4 effect unfounded", id="a stage was logged twice"),
        pytest.param(_timer_left, "I10 left over", id="a timer never fired"),
        pytest.param(_timer_fired_without_a_turn, "I10 wrong mark", id="a timer fired and nothing happened"),
    ],
)
def test_planted_breach_is_flagged(plant: Plant, name: str) -> None:
    """Each breach is named after the promise it breaks."""
    stored = clean()
    plant(stored)
    assert name in {offender.name for offender in check_flows(stored)}
