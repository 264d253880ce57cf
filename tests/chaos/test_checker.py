"""The checker finds every kind of breach in a small log, and nothing in a clean one."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.chaos.checker import SHOWN_OFFENDERS, check
from tests.chaos.logs import Accepted, Answered, Fault, Handed, Logs, Mirror, Shown, Stored

Run = tuple[Logs, Stored]
Plant = Callable[[Logs, Stored], None]


def state(**change: Any) -> dict[str, Any]:
    """The state of a conversation that waits in the queue."""
    return {"status": "open", "control": "queue", "control_epoch": 1, "assignee": None, "waiting_since": 10, **change}


def received(number: int, position: int) -> dict[str, Any]:
    """A visitor's message."""
    return {
        "_id": f"m{number}", "conversation": "c", "channel": "ch", "position": position, "direction": "in",
        "text": f"v {number}", "external_id": f"x{number}", "author": {"kind": "contact"}, "created_at": 9 + number,
    }  # fmt: skip


def turn(seq: int, cause: str, kind: str, after: dict[str, Any], *said: str, to: str = "out") -> dict[str, Any]:
    """A Turn with the messages it says."""
    return {
        "_id": f"t{seq}", "conversation": "c", "seq": seq, "cause": cause, "kind": kind, "actor": {"id": "o"},
        "state": after, "effects": [{"type": "say", "direction": to, "text": text} for text in said], "applied": True,
    }  # fmt: skip


def said(seq: int, position: int, text: str, direction: str = "out") -> dict[str, Any]:
    """A message that a Turn said."""
    delivery = {"status": "sent"} if direction == "out" else None
    return {
        "_id": f"s{seq}", "conversation": "c", "channel": "ch", "position": position, "direction": direction,
        "text": text, "external_id": None, "author": {"kind": "operator"}, "turn": f"t{seq}", "delivery": delivery,
        "created_at": 20,
    }  # fmt: skip


def clean() -> Run:
    """Two messages, a reply that takes over, a note; a widget and a second tab that saw them; one sending service."""
    held = state(control="operator", control_epoch=2, assignee="o", waiting_since=None)
    stored = Stored(
        messages=[received(1, 1), received(2, 2), said(3, 3, "o 1"), said(4, 4, "o 2", "note")],
        turns=[
            turn(1, "message:m1", "message", state()),
            turn(2, "message:m2", "message", state()),
            turn(3, "command:o:k1", "reply", held, "o 1"),
            turn(4, "command:o:k2", "note", held, "o 2", to="note"),
        ],
        conversations=[
            {"_id": "c", **held, "seq": 4, "last_position": 4, "last_message": {"position": 4, "preview": "o 2"}}
        ],
        parked=[{"raw": b'{"text": "v 3"}'}],
    )
    logs = Logs(
        seed=7,
        offered={"v 1", "v 2", "v 3", "o 1", "o 2", "o 3"},
        accepted=[Accepted("v", 1, 1, 1.0), Accepted("v", 2, 2, 2.0), Accepted("v", 3, 0, 2.5)],
        readers={"widget": "v", "tab": "v"},
        acknowledging={"widget"},
        shown=[Shown("widget", "v", 3, "o 1", 3.0)]
        + [Shown("tab", "v", position, text, 3.0) for position, text in ((1, "v 1"), (2, "v 2"), (3, "o 1"))],
        answered=[
            Answered("o", "k1", "c", done=True, at_s=3.0, text="o 1", epoch=2),
            Answered("o", "k2", "c", done=True, at_s=4.0, text="o 2"),
            Answered("o", "k3", "c", done=False, at_s=4.5, text="o 3"),
        ],
        handed=[Handed("b1", "c", 1, 2.0, epoch=1), Handed("b2", "c", 2, 2.5), Handed("b2", "c", 2, 2.6)],
        uncertain_causes=1,
        mirrors=[Mirror("inbox", {"c": 4}, {"c": 4})],
    )
    return copy.deepcopy((logs, stored))


def test_clean_log_passes() -> None:
    """Nothing is found where nothing is wrong: a checker that always cries is no checker."""
    assert str(check(*clean())) == "seed 7: every promise was kept"


def _drop_first_message(_logs: Logs, stored: Stored) -> None:
    stored.messages = stored.messages[1:]


def _store_again(_logs: Logs, stored: Stored) -> None:
    stored.messages = [*stored.messages, {**received(2, 5), "_id": "m2b"}]


def _swap(_logs: Logs, stored: Stored) -> None:
    first, second, *rest = stored.messages
    stored.messages = [{**first, "position": 2}, {**second, "position": 1}, *rest]


def _change_message(index: int, **change: Any) -> Plant:
    def plant(_logs: Logs, stored: Stored) -> None:
        messages = list(stored.messages)
        messages[index] = {**messages[index], **change}
        stored.messages = messages

    return plant


def _change_turn(index: int, **change: Any) -> Plant:
    def plant(_logs: Logs, stored: Stored) -> None:
        turns = list(stored.turns)
        turns[index] = {**turns[index], **change}
        stored.turns = turns

    return plant


def _change_list(**change: Any) -> Plant:
    def plant(_logs: Logs, stored: Stored) -> None:
        stored.conversations = [{**stored.conversations[0], **change}]

    return plant


def _drop_turn(index: int) -> Plant:
    def plant(_logs: Logs, stored: Stored) -> None:
        stored.turns = [each for each in stored.turns if each is not stored.turns[index]]

    return plant


def _add_turn(added: dict[str, Any]) -> Plant:
    def plant(_logs: Logs, stored: Stored) -> None:
        stored.turns = [*stored.turns, added]

    return plant


def _set_logs(**change: Any) -> Plant:
    def plant(logs: Logs, _stored: Stored) -> None:
        for name, value in change.items():
            setattr(logs, name, value)

    return plant


def _answer(index: int, **change: Any) -> Plant:
    def plant(logs: Logs, _stored: Stored) -> None:
        logs.answered[index] = replace(logs.answered[index], **change)

    return plant


def _show(*shown: Shown) -> Plant:
    def plant(logs: Logs, _stored: Stored) -> None:
        logs.shown.extend(shown)

    return plant


def _hide_from_tab(logs: Logs, _stored: Stored) -> None:
    logs.shown = [each for each in logs.shown if (each.reader, each.position) != ("tab", 2)]


def _hide_from_widget(logs: Logs, _stored: Stored) -> None:
    logs.shown = [each for each in logs.shown if each.reader != "widget"]


def _show_late(logs: Logs, _stored: Stored) -> None:
    logs.shown = [*logs.shown[:2], logs.shown[3], logs.shown[2]]


def _hand(*handed: Handed) -> Plant:
    def plant(logs: Logs, _stored: Stored) -> None:
        logs.handed.extend(handed)

    return plant


def _accept_elsewhere(logs: Logs, _stored: Stored) -> None:
    logs.accepted.append(Accepted("v", 2, 3, 2.2))


BREACHES: dict[str, tuple[str, Plant]] = {
    "an acknowledged message is gone": ("I1 lost", _drop_first_message),
    "a message is stored twice": ("I1 twice", _store_again),
    "a key is stored twice": ("I1 key twice", _change_message(1, external_id="x1")),
    "a message has another position than it was promised": ("I1 moved", _swap),
    "a repeat was answered with another position": ("I1 two answers", _accept_elsewhere),
    "a message came from nowhere": ("I1 invented", _change_message(1, text="v 9")),
    "a position is missing": ("I2 not dense", _change_message(3, position=5)),
    "two messages changed places": ("I2 out of order", _swap),
    "a visitor's messages went to two conversations": ("I2 split", _change_message(1, conversation="d", position=1)),
    "two visitors share a conversation": ("I2 mixed", _change_message(1, text="w 2")),
    "a message still waits to be sent": ("I3a not final", _change_message(2, delivery={"status": "queued"})),
    "a message was left in mid-send": ("I3a not final", _change_message(2, delivery={"status": "sending"})),
    "a failed message does not say why": ("I3a no reason", _change_message(2, delivery={"status": "failed"})),
    "a note was sent": ("I3a sent inwards", _change_message(3, delivery={"status": "sent"})),
    "a service saw more copies than there were reasons": ("I3b copies", _set_logs(uncertain_causes=0)),
    "a service saw a later message first": ("I3c out of order", _hand(Handed("b0", "c", 1, 3.0))),
    "a seq is missing": ("I4 seq not dense", _change_turn(3, seq=5)),
    "a message was decided twice": ("I4 decided twice", _add_turn(turn(5, "message:m2", "message", state()))),
    "a message was never decided": ("I4 undecided", _drop_turn(1)),
    "a message is still marked as undecided": ("I4 undecided", _change_message(0, undecided=True)),
    "a Turn was never applied": ("I4 unapplied", _change_turn(2, applied=False)),
    "a Turn is about no message": ("I4 without cause", _change_turn(1, cause="message:gone")),
    "a Turn was decided on an old state": ("I4 diverged", _change_turn(3, state=state())),
    "the epoch jumped": ("I4 diverged", _change_turn(2, state={**clean()[1].turns[2]["state"], "control_epoch": 4})),
    "an effect is missing": ("I4 effect missing", _change_message(2, turn="t9")),
    "an effect has no Turn": ("I4 effect unfounded", _change_message(2, turn=None)),
    "a timer is missing": ("I4 effect missing", _change_turn(2, effects=[{"type": "set_timer"}])),
    "a conversation is not listed": ("I4 not listed", lambda _logs, stored: setattr(stored, "conversations", [])),
    "the list shows an old holder": ("I4 list diverged", _change_list(assignee=None)),
    "the list shows an old seq": ("I4 list diverged", _change_list(seq=3)),
    "the list shows an old position": ("I4 list diverged", _change_list(last_position=3)),
    "the list shows an old message": ("I4 list diverged", _change_list(last_message={"position": 3, "preview": "o 1"})),
    "a tab missed a message": ("I5 not shown", _hide_from_tab),
    "a widget missed a reply": ("I5 not shown", _hide_from_widget),
    "a widget showed a reply twice": ("I5 shown twice", _show(Shown("widget", "v", 3, "o 1", 5.0))),
    "a tab showed messages out of order": ("I5 out of order", _show_late),
    "a visitor saw a note": ("I5 shown wrong", _show(Shown("tab", "v", 4, "o 2", 5.0))),
    "a live inbox is stale": ("I5 stale", _set_logs(mirrors=[Mirror("inbox", {"c": 3}, {"c": 4})])),
    "a confirmed reply is gone": ("I6 lost", _answer(2, done=True)),
    "a refused reply is there": ("I6 refused and done", _answer(0, done=False)),
    "a key led to two Turns": ("I6 twice", _add_turn(turn(5, "command:o:k1", "note", state()))),
    "a reply is stored twice": ("I6 twice", _change_message(3, text="o 1")),
    "a reply came from nowhere": ("I6 invented", _change_message(3, text="o 8")),
    "the bot talked over a person": ("I12b bot talked on", _hand(Handed("b3", "c", 3, 3.5, epoch=1))),
    "work was left over": ("I16 not drained", _set_logs(drained=False)),
    "the hub ended by itself": ("I16 surprise", _set_logs(surprises=[Fault("hub ended", 4.0)])),
}


@pytest.mark.parametrize("breach", BREACHES)
def test_planted_breach_is_flagged(breach: str) -> None:
    """One thing is wrong in an otherwise clean log, and the checker names it."""
    name, plant = BREACHES[breach]
    logs, stored = clean()
    plant(logs, stored)
    report = check(logs, stored)
    assert name in report.counts
    assert "seed 7" in str(report)


def test_first_ten_offenders_are_printed() -> None:
    """A long list is cut, and says how much was left out."""
    logs, stored = clean()
    logs.accepted += [Accepted("v", number, 1, 1.0) for number in range(100, 140)]
    lines = str(check(logs, stored)).splitlines()
    assert len(lines) == SHOWN_OFFENDERS + 2
    assert lines[-1] == "  and 30 more"
