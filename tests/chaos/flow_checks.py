"""What must hold of flows after a crash test: each session is what the pure engine makes of the stored inputs.

It uses the engine, which the hub only calls, and nothing of the hub.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from flows import engine
from flows.compile import Source, Sources, compile_flow
from flows.definition import Flow
from flows.effects import Effect, Escalate, Say
from flows.engine import Step
from flows.events import At, Begin, Due, Event, Held, Resumed, Said, TimedOut
from flows.session import Session, State
from tests.chaos.logs import Document, Offender, Stored

FLOW = "crash"
TEXT = """\
flow: crash
title: Crash test
silence: {remind: [2s], close: 5s, quiet: "00:00-00:00"}
ask:
- one: text
  text: Question one?
- two: text
  text: Question two?
- do: {stage: asked, tag: asked, start: crash, after: 4s}
- three: text
  text: Question three?
- four: number
  text: Question four?
outcomes:
- over: else
  do: {stage: over}
"""
"""Whatever visitors write answers the first three questions. The fourth is beyond them: people are called."""

FIRST_WORDS = ("h0 1", "h1 1", "h2 1")
"""What some visitors say first, and begin the flow by. The others write as fast as they can, and nobody asks them."""
_SESSION: TypeAdapter[Session] = TypeAdapter(Session)


def compiled() -> Flow:
    """The flow of the crash test, as its first version."""
    found = compile_flow(Sources(flow=Source("crash.yml", TEXT)), version=1)
    assert found.flow is not None, found.problems
    return found.flow


def check_flows(stored: Stored) -> Iterator[Offender]:
    """Everything about flows."""
    yield from _marks(stored)
    yield from _sessions(stored)
    yield from _stages(stored)
    yield from _timers(stored)
    yield from _replayed(stored)


def _by_conversation(stored: Stored) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = defaultdict(list)
    for turn in sorted(stored.turns, key=lambda each: each["seq"]):
        found[turn["conversation"]].append(turn)
    return found


def _marks(stored: Stored) -> Iterator[Offender]:
    """A conversation's mark says what the Turn that it names holds, and only a Turn with a session moves it."""
    for conversation, turns in _by_conversation(stored).items():
        before: Mapping[str, Any] | None = None
        for turn in turns:
            mark, session = turn["state"].get("flow"), turn.get("session")
            where = f"Turn {turn['seq']} ({turn['kind']}) of {conversation}"
            if session is None and mark != before:
                yield Offender("I4", "flow diverged", f"{where} moves the mark and holds no session")
            if session is not None:
                wanted = {
                    "session": session["_id"] if "_id" in session else session["id"], "seq": turn["seq"],
                    "state": session["state"], "asked": session["turn"], "outcome": session["outcome"],
                    "open": (session["open"] or {}).get("step"),
                }  # fmt: skip
                wrong = [name for name, value in wanted.items() if (mark or {}).get(name) != value]
                if wrong:
                    yield Offender("I4", "flow diverged", f"{where}: mark and session differ in {', '.join(wrong)}")
            before = mark


def _sessions(stored: Stored) -> Iterator[Offender]:
    """The derived sessions are those of the newest Turns that moved them, and there are no others."""
    newest: dict[str, tuple[int, Document]] = {}
    for turn in sorted(stored.turns, key=lambda each: each["seq"]):
        for session in (turn.get("left"), turn.get("session")):
            if session is not None:
                newest[session["id"]] = turn["seq"], session
    there = {row["_id"]: row for row in stored.flow_sessions}
    for name in sorted(newest.keys() ^ there.keys()):
        yield Offender("I4", "session unfounded" if name in there else "session missing", f"session {name}")
    for name, (seq, session) in newest.items():
        row = there.get(name)
        if row is not None and (row["seq"] != seq or row["session"] != session):
            yield Offender("I4", "session diverged", f"session {name} is kept at seq {row['seq']}, its newest is {seq}")


def _stages(stored: Stored) -> Iterator[Offender]:
    wanted = Counter(
        (turn["_id"], effect["stage"])
        for turn in stored.turns
        for effect in turn.get("effects") or ()
        if effect["type"] == "set_stage"
    )
    there = Counter((row["turn"], row["stage"]) for row in stored.stage_log)
    for turn, stage in (wanted - there).elements():
        yield Offender("I4", "effect missing", f"Turn {turn} moves the contact to {stage} and no row says so")
    for turn, stage in (there - wanted).elements():
        yield Offender("I4", "effect unfounded", f"a row moves a contact to {stage}, and Turn {turn} does not")


def _timers(stored: Stored) -> Iterator[Offender]:
    """I10: a timer that fired has one Turn, one that was cancelled has none, and none is left over."""
    causes = {turn["cause"] for turn in stored.turns}
    known = {timer["_id"] for timer in stored.timers}
    for timer in stored.timers:
        fired = f"timer:{timer['_id']}" in causes
        if timer["status"] == "pending":
            yield Offender("I10", "left over", f"timer {timer['_id']} ({timer['kind']}) never fired")
        elif fired != (timer["status"] == "fired"):
            yield Offender("I10", "wrong mark", f"timer {timer['_id']} is {timer['status']}, its Turn: {fired}")
    for cause in causes:
        if cause.startswith("timer:") and cause.removeprefix("timer:") not in known:
            yield Offender("I10", "without timer", f"{cause} has a Turn and is no timer")


def _replayed(stored: Stored) -> Iterator[Offender]:
    """The engine, given what is stored, comes to the same sessions and says the same."""
    flow = compiled()
    messages = {message["_id"]: message for message in stored.messages}
    timers = {timer["_id"]: timer for timer in stored.timers}
    for conversation, turns in _by_conversation(stored).items():
        session: Session | None = None
        control = ""
        for turn in turns:
            where = f"Turn {turn['seq']} ({turn['kind']}) of {conversation}"
            kept = _SESSION.validate_python(turn["session"]) if turn.get("session") else None
            event = _event(turn, session, control, messages, timers)
            if event is None:
                if kept is not None:
                    yield Offender("I4", "replay diverged", f"{where} holds a session that nothing led to")
            elif kept is None:
                step = _step(flow, session, event, turn)
                if session is None or step.session != session:
                    yield Offender("I4", "replay diverged", f"{where} holds no session, and the engine moves one")
            else:
                step = _step(flow, session, event, turn, name=kept.id)
                if step.session != kept:
                    yield Offender("I4", "replay diverged", f"{where}: the engine comes to another session")
                yield from _said(step.effects, turn, where)
            session, control = kept or session, turn["state"]["control"]


def _event(
    turn: Document,
    session: Session | None,
    control: str,
    messages: Mapping[str, Document],
    timers: Mapping[str, Document],
) -> Event | None:
    """What happened to the flow; None when it had nothing to do with it."""
    state = session.state if session else None
    cause = str(turn["cause"]).partition(":")[2]
    match turn["kind"]:
        case "message":
            message = messages.get(cause)
            if message is None:  # told as a breach of its own
                return None
            if session is None and turn.get("session"):
                return Begin()
            if (state is State.ACTIVE and control == "bot") or (state is State.ABANDONED and control != "operator"):
                return Said(message["_id"], _heard_at(session, message, messages), message["text"])
        case "timer":
            timer = timers.get(cause, {})
            due = {"flow_remind": Due.REMIND, "flow_close": Due.CLOSE}.get(timer.get("kind", ""))
            return Begin() if due is None else TimedOut(due, timer["asked"])
        case "flow":
            return Begin()
        case "hand_back" if turn["state"]["control"] == "bot":
            return Resumed()
        case "take" | "reply" | "hand_back" if state is State.ACTIVE:
            return Held()
    return None


def _heard_at(session: Session | None, message: Document, messages: Mapping[str, Document]) -> datetime:
    """When the message was received; not before a question that stands before it, whatever the clocks said."""
    at: datetime = message["created_at"]
    if session is None or session.open is None or at >= session.open.asked_at:
        return at
    before = [
        each
        for each in messages.values()
        if each["conversation"] == message["conversation"] and each.get("ask")
        and each["position"] <= message["position"]
    ]  # fmt: skip
    put = max(before, key=lambda each: int(each["position"]), default=None)
    if put is None or put["ask"]["question"] != session.open.step or put["created_at"] < session.open.asked_at:
        return at
    return session.open.asked_at


def _step(flow: Flow, session: Session | None, event: Event, turn: Document, name: str = "") -> Step:
    at = At(now=turn["decided_at"], turn=turn["seq"], region="US", channel=turn["channel"])
    if isinstance(event, Begin):
        return engine.begin(flow, name, flow.lang, event, at)
    assert session is not None
    return engine.step(flow, session, event, at)


def _said(effects: tuple[Effect, ...], turn: Document, where: str) -> Iterator[Offender]:
    """What the bot says in a Turn is what the engine said; where it calls people, who is on duty decides the words."""
    if any(isinstance(effect, Escalate) for effect in effects):
        return
    wanted = [effect.text for effect in effects if isinstance(effect, Say)]
    bot = [
        effect for effect in turn.get("effects") or () if effect["type"] == "say" and effect["author"]["kind"] == "bot"
    ]
    told = [effect["text"] for effect in bot if effect["direction"] == "out"]
    if told != wanted:
        yield Offender("I4", "replay diverged", f"{where} says {told!r}, and the engine {wanted!r}")
