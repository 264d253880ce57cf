"""The checker: holds the logs of a run against the promises. It knows the wire and the documents, and no hub code."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.chaos.flow_checks import check_flows
from tests.chaos.logs import Document, Handed, Logs, Offender, Shown, Stored

SHOWN_OFFENDERS = 10
DRAIN_LIMIT_S = 60.0
STATE_FIELDS = ("status", "control", "control_epoch", "control_reason", "assignee", "team", "waiting_since",
                "snoozed_until", "resolved_at", "first_reply_at", "priority", "tags", "flow")  # fmt: skip


@dataclass
class Report:
    """What the checker found."""

    seed: int
    offenders: list[Offender] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """How often each promise was broken, in which way."""
        return dict(sorted(Counter(offender.name for offender in self.offenders).items()))

    @property
    def passed(self) -> bool:
        """Whether every promise was kept."""
        return not self.offenders

    def __str__(self) -> str:
        """The verdict, the counts, and the first offenders."""
        if self.passed:
            return f"seed {self.seed}: every promise was kept"
        lines = [f"seed {self.seed}: {json.dumps(self.counts)}"]
        for offender in self.offenders[:SHOWN_OFFENDERS]:
            when = "in the store" if offender.at_s is None else f"at {offender.at_s:.2f} s"
            lines.append(f"  seed {self.seed} {when}: {offender.name}: {offender.what}")
        if len(self.offenders) > SHOWN_OFFENDERS:
            lines.append(f"  and {len(self.offenders) - SHOWN_OFFENDERS} more")
        return "\n".join(lines)


def check(logs: Logs, stored: Stored) -> Report:
    """Hold everything that was seen against everything that is stored."""
    place = _Places(stored)
    checks: Sequence[Iterable[Offender]] = (
        _accepted_once(logs, stored, place),
        _positions(stored, place),
        _outbox(stored),
        _copies(logs),
        _turns(stored),
        _folded(stored),
        _effects(stored),
        _lists(stored),
        _readers(logs, place),
        _mirrors(logs),
        _commands(logs, stored),
        _epochs(logs),
        _end(logs),
        check_flows(stored),
    )
    return Report(logs.seed, [offender for found in checks for offender in found])


class _Places:
    """Look-ups into the stored messages."""

    def __init__(self, stored: Stored) -> None:
        self.by_conversation: dict[str, list[Document]] = defaultdict(list)
        self.received: dict[str, list[Document]] = defaultdict(list)
        self.of_visitor: dict[str, set[str]] = defaultdict(set)
        for message in sorted(stored.messages, key=lambda each: each["position"]):
            self.by_conversation[message["conversation"]].append(message)
            if message["direction"] == "in":
                self.received[message["text"]].append(message)
                self.of_visitor[_visitor(message)].add(message["conversation"])
        self.parked = [bytes(event["raw"]).decode(errors="replace") for event in stored.parked]


def _visitor(message: Document) -> str:
    return str(message["text"]).partition(" ")[0]


def _number(message: Document) -> int:
    return int(str(message["text"]).rpartition(" ")[2])


# I1, I2 ---------------------------------------------------------------------------------------------------------------


def _accepted_once(logs: Logs, stored: Stored, place: _Places) -> Iterator[Offender]:
    positions: dict[str, int] = {}
    for accepted in logs.accepted:
        copies = place.received.get(accepted.text, [])
        if not copies and not any(f'"{accepted.text}"' in raw for raw in place.parked):
            yield Offender("I1", "lost", f"{accepted.text} was acknowledged and is not stored", accepted.at_s)
        elif copies and accepted.position not in {copy["position"] for copy in copies}:
            where = [copy["position"] for copy in copies]
            what = f"{accepted.text} was acknowledged at position {accepted.position} and stands at {where}"
            yield Offender("I1", "moved", what, accepted.at_s)
        if positions.setdefault(accepted.text, accepted.position) != accepted.position:
            what = f"{accepted.text} was acknowledged at {positions[accepted.text]} and at {accepted.position}"
            yield Offender("I1", "two answers", what, accepted.at_s)
    for text, copies in place.received.items():
        if len(copies) > 1:
            yield Offender("I1", "twice", f"{text} is stored {len(copies)} times")
        if text not in logs.offered:
            yield Offender("I1", "invented", f"{text} is stored and nobody sent it")
    keys = Counter((each["channel"], each["external_id"]) for each in stored.messages if each.get("external_id"))
    for key, count in keys.items():
        if count > 1:
            yield Offender("I1", "key twice", f"{key} is stored {count} times")


def _positions(stored: Stored, place: _Places) -> Iterator[Offender]:
    for conversation, messages in place.by_conversation.items():
        positions = [message["position"] for message in messages]
        if positions != list(range(1, len(positions) + 1)):
            wrong = next(index for index, position in enumerate(positions, 1) if position != index)
            what = f"conversation {conversation} has {len(positions)} messages up to position {positions[-1]}"
            yield Offender("I2", "not dense", f"{what}; the first wrong one follows {wrong - 1}")
        received = [message for message in messages if message["direction"] == "in"]
        by_visitor: dict[str, list[Document]] = defaultdict(list)
        for message in received:
            by_visitor[_visitor(message)].append(message)
        if len(by_visitor) > 1:
            yield Offender("I2", "mixed", f"conversation {conversation} holds {sorted(by_visitor)}")
        for own in by_visitor.values():
            for before, after in pairwise(own):
                if _number(after) < _number(before):
                    what = f"{after['text']!r} (position {after['position']}) follows {before['text']!r}"
                    yield Offender("I2", "out of order", what)
    for visitor, conversations in place.of_visitor.items():
        if len(conversations) > 1:
            yield Offender("I2", "split", f"the messages of {visitor} are in {len(conversations)} conversations")


# I3 -------------------------------------------------------------------------------------------------------------------


def _outbox(stored: Stored) -> Iterator[Offender]:
    for message in stored.messages:
        delivery = message.get("delivery")
        if message["direction"] != "out":
            if delivery is not None:
                yield Offender("I3a", "sent inwards", f"message {message['_id']} is no outgoing one and has a delivery")
        elif delivery is None or delivery["status"] in ("queued", "sending"):
            status = None if delivery is None else delivery["status"]
            yield Offender("I3a", "not final", f"message {message['_id']} ({message['text']!r}) is {status}")
        elif delivery["status"] == "failed" and not delivery.get("reason"):
            yield Offender("I3a", "no reason", f"message {message['_id']} failed and does not say why")


def _copies(logs: Logs) -> Iterator[Offender]:
    first: dict[str, Handed] = {}
    extra = 0
    newest: dict[str, int] = {}
    for handed in logs.handed:
        if handed.message in first:
            extra += 1
            continue
        first[handed.message] = handed
        if handed.position < newest.get(handed.conversation, 0):
            what = f"position {handed.position} of {handed.conversation} reached the service after a later one"
            yield Offender("I3c", "out of order", what, handed.at_s)
        newest[handed.conversation] = max(newest.get(handed.conversation, 0), handed.position)
    if extra > logs.uncertain_causes:
        yield Offender("I3b", "copies", f"{extra} extra copies with {logs.uncertain_causes} causes for one")


# I4 -------------------------------------------------------------------------------------------------------------------


def _turns(stored: Stored) -> Iterator[Offender]:
    for conversation, turns in _turns_by_conversation(stored).items():
        seqs = [turn["seq"] for turn in turns]
        if seqs != list(range(1, len(seqs) + 1)):
            yield Offender("I4", "seq not dense", f"conversation {conversation}: {len(seqs)} Turns up to {seqs[-1]}")
    causes = Counter(turn["cause"] for turn in stored.turns)
    for cause, count in causes.items():
        if count > 1:
            yield Offender("I4", "decided twice", f"{cause} has {count} Turns")
    messages = {message["_id"]: message for message in stored.messages}
    for message in stored.messages:
        if message["direction"] == "in" and causes[f"message:{message['_id']}"] == 0:
            yield Offender("I4", "undecided", f"{message['text']!r} has no Turn")
        if message.get("undecided"):
            yield Offender("I4", "undecided", f"{message['text']!r} is still marked as undecided")
    for turn in stored.turns:
        if turn.get("applied") is False:  # of the Turn of a message its message says it
            yield Offender("I4", "unapplied", f"Turn {turn['seq']} of {turn['conversation']} ({turn['cause']})")
        kind, _, cause = turn["cause"].partition(":")
        if kind == "message" and cause not in messages:
            yield Offender("I4", "without cause", f"Turn {turn['seq']} of {turn['conversation']} is about no message")


def _turns_by_conversation(stored: Stored) -> dict[str, list[Document]]:
    found: dict[str, list[Document]] = defaultdict(list)
    for turn in sorted(stored.turns, key=lambda each: each["seq"]):
        found[turn["conversation"]].append(turn)
    return found


def _folded(stored: Stored) -> Iterator[Offender]:
    """Each Turn's state is what its kind makes of the state before it: none was decided on an older one."""
    messages = {message["_id"]: message for message in stored.messages}
    for conversation, turns in _turns_by_conversation(stored).items():
        before: Mapping[str, Any] = {"control": "queue", "control_epoch": 1, "assignee": None, "waiting_since": None}
        for turn in turns:
            state = turn["state"]
            expected = _after(before, turn, messages) | {"control_epoch": _epoch_after(before, state)}
            for name, value in expected.items():
                if state.get(name) != value:
                    what = f"Turn {turn['seq']} ({turn['kind']}) of {conversation}: {name} is {state.get(name)!r}"
                    yield Offender("I4", "diverged", f"{what} and {value!r} follows from the Turn before")
            before = state


def _epoch_after(before: Mapping[str, Any], state: Mapping[str, Any]) -> int:
    """The epoch rises by one with whoever speaks next."""
    moved = (state["control"], state.get("assignee")) != (before["control"], before.get("assignee"))
    return int(before["control_epoch"]) + moved


def _after(before: Mapping[str, Any], turn: Document, messages: Mapping[str, Document]) -> dict[str, Any]:
    """What a Turn makes of the holder and the waiting time; what the bot decides is held against the engine instead."""
    control, assignee, waiting = (before.get(name) for name in ("control", "assignee", "waiting_since"))
    match turn["kind"]:
        case "message" if turn.get("session") is not None or control not in ("operator", "queue"):
            return {}
        case "message":
            message = messages.get(turn["cause"].partition(":")[2])
            waiting = waiting or (message and message["created_at"])
        case "reply":
            waiting = None
            if control != "operator" or assignee is None:
                control, assignee = "operator", turn["actor"]["id"]
        case "take":
            control, assignee = "operator", turn["actor"]["id"]
        case "hand_back":
            to_bot = turn["state"]["control"] == "bot" and turn.get("session") is not None
            return {"control": "bot" if to_bot else "queue", "assignee": None}
        case "note":
            pass
        case _:
            return {}  # of the bot, or a kind that the load does not use
    return {"control": control, "assignee": assignee, "waiting_since": waiting}


def _effects(stored: Stored) -> Iterator[Offender]:
    wanted: Counter[tuple[str, str, str, str]] = Counter()
    timers_wanted: Counter[tuple[str, int]] = Counter()
    for turn in stored.turns:
        for effect in turn.get("effects") or ():
            if effect["type"] == "say":
                wanted[turn["conversation"], turn["_id"], effect["direction"], effect["text"]] += 1
            elif effect["type"] == "set_timer":
                timers_wanted[turn["conversation"], turn["seq"]] += 1
    there = Counter(
        (message["conversation"], message["turn"], message["direction"], message["text"])
        for message in stored.messages
        if message.get("turn") is not None
    )
    timers_there = Counter((timer["conversation"], timer["seq"]) for timer in stored.timers)
    for missing in (wanted - there).elements():
        yield Offender("I4", "effect missing", f"Turn {missing[1]} says {missing[3]!r} and no message does")
    for extra in (there - wanted).elements():
        yield Offender("I4", "effect unfounded", f"message {extra[3]!r} follows from no effect of Turn {extra[1]}")
    for timer in (timers_wanted - timers_there).elements():
        yield Offender("I4", "effect missing", f"Turn {timer[1]} of {timer[0]} sets a timer that is not there")
    for timer in (timers_there - timers_wanted).elements():
        yield Offender("I4", "effect unfounded", f"a timer of {timer[0]} follows from no effect of Turn {timer[1]}")
    for message in stored.messages:
        if message["direction"] != "in" and message.get("turn") is None:
            yield Offender("I4", "effect unfounded", f"message {message['text']!r} names no Turn")


def _lists(stored: Stored) -> Iterator[Offender]:
    """The list documents say what the newest Turn and the newest message say."""
    listed = {conversation["_id"]: conversation for conversation in stored.conversations}
    newest = {message["conversation"]: message for message in sorted(stored.messages, key=lambda m: m["position"])}
    said = {
        message["conversation"]: message
        for message in sorted(stored.messages, key=lambda m: m["position"])
        if not message.get("automatic")
    }
    decided = {turn["conversation"]: turn for turn in sorted(stored.turns, key=lambda t: t["seq"])}
    for conversation in {*newest, *decided} - set(listed):
        yield Offender("I4", "not listed", f"conversation {conversation} has messages and no list document")
    for conversation, shown in listed.items():
        if conversation not in newest:
            yield Offender("I4", "listed empty", f"conversation {conversation} is listed and has no message")
            continue
        message, turn = newest[conversation], decided.get(conversation)
        state = turn["state"] if turn else {}
        wrong = [name for name in STATE_FIELDS if turn and (shown.get(name) or None) != (state.get(name) or None)]
        if turn and shown["seq"] != turn["seq"]:
            wrong.append("seq")
        if shown["last_position"] != message["position"]:
            wrong.append("last_position")
        last = shown.get("last_message") or {}
        shows = said.get(conversation, {})
        if last.get("position") != shows.get("position") or last.get("preview") != _preview(shows.get("text")):
            wrong.append("last_message")
        if wrong:
            what = f"conversation {conversation} is behind in {', '.join(wrong)}"
            detail = f"listed at seq {shown['seq']} and position {shown['last_position']}"
            yield Offender("I4", "list diverged", f"{what}: {detail}, newest {message['position']}")


def _preview(text: str | None) -> str | None:
    """What a list shows of a text: one line of 140 characters."""
    line = None if text is None else " ".join(text.split())
    return line if line is None or len(line) <= 140 else line[:139] + "…"


# I5, I6, I12b, I16 ----------------------------------------------------------------------------------------------------


def _readers(logs: Logs, place: _Places) -> Iterator[Offender]:
    shown_to: dict[str, list[Shown]] = defaultdict(list)
    for shown in logs.shown:
        shown_to[shown.reader].append(shown)
    confirmed: dict[str, set[int]] = defaultdict(set)
    for accepted in logs.accepted:
        confirmed[accepted.visitor].add(accepted.position)
    for reader, visitor in logs.readers.items():
        yield from _one_reader(reader, shown_to[reader])
        visible = {
            message["position"]: message["text"]
            for conversation in place.of_visitor.get(visitor, ())
            for message in place.by_conversation[conversation]
            if message["direction"] != "note"
        }
        seen = {shown.position for shown in shown_to[reader]}
        known = seen | confirmed[visitor] if reader in logs.acknowledging else seen
        for position in sorted(visible.keys() - known):
            yield Offender("I5", "not shown", f"{reader} never saw position {position}: {visible[position]!r}")
        for shown in shown_to[reader]:
            if visible.get(shown.position) != shown.text:
                what = f"{reader} saw {shown.text!r} at {shown.position}, where {visible.get(shown.position)!r} stands"
                yield Offender("I5", "shown wrong", what, shown.at_s)


def _one_reader(reader: str, shown: Sequence[Shown]) -> Iterator[Offender]:
    seen: set[int] = set()
    newest = 0
    for each in shown:
        if each.position in seen:
            yield Offender("I5", "shown twice", f"{reader} saw position {each.position} again", each.at_s)
        elif each.position < newest:
            yield Offender("I5", "out of order", f"{reader} saw {each.position} after {newest}", each.at_s)
        seen.add(each.position)
        newest = max(newest, each.position)


def _mirrors(logs: Logs) -> Iterator[Offender]:
    for mirror in logs.mirrors:
        for name in sorted(mirror.kept.keys() | mirror.fresh.keys()):
            kept, fresh = mirror.kept.get(name), mirror.fresh.get(name)
            if kept != fresh:
                yield Offender("I5", "stale", f"{mirror.reader} shows {name} as {kept!r}, and it is {fresh!r}")


def _commands(logs: Logs, stored: Stored) -> Iterator[Offender]:
    by_key: Counter[tuple[str, str]] = Counter()
    for turn in stored.turns:
        kind, _, rest = turn["cause"].partition(":")
        if kind == "command":
            operator, _, key = rest.partition(":")
            by_key[operator, key] += 1
    said = Counter(message["text"] for message in stored.messages if message["author"]["kind"] == "operator")
    for text, count in said.items():
        if count > 1:
            yield Offender("I6", "twice", f"{text!r} is stored {count} times")
        if text not in logs.offered:
            yield Offender("I6", "invented", f"{text!r} is stored and nobody wrote it")
    for answered in logs.answered:
        count = by_key[answered.operator, answered.key]
        if count > 1:
            yield Offender("I6", "twice", f"key {answered.key} led to {count} Turns", answered.at_s)
        if answered.text is None:
            continue
        if answered.done and (count == 0 or said[answered.text] == 0):
            what = f"{answered.text!r} ({answered.key}) was confirmed and is not stored"
            yield Offender("I6", "lost", what, answered.at_s)
        if not answered.done and (count or said[answered.text]):
            what = f"{answered.text!r} ({answered.key}) was refused and is stored"
            yield Offender("I6", "refused and done", what, answered.at_s)


def _epochs(logs: Logs) -> Iterator[Offender]:
    taken = [(each.conversation, each.at_s, each.epoch) for each in logs.answered if each.done and each.epoch]
    for handed in logs.handed:
        epoch = handed.epoch
        if epoch is None:
            continue
        held = [by for where, at_s, by in taken if where == handed.conversation and at_s < handed.at_s and by > epoch]
        if held:
            what = f"a bot's message of epoch {epoch} was sent after a person held epoch {max(held)}"
            yield Offender("I12b", "bot talked on", f"{handed.conversation}: {what}", handed.at_s)


def _end(logs: Logs) -> Iterator[Offender]:
    if not logs.drained or logs.drain_s > DRAIN_LIMIT_S:
        yield Offender("I16", "not drained", f"work was left {logs.drain_s:.1f} s after the last fault")
    for surprise in logs.surprises:
        yield Offender("I16", "surprise", surprise.what, surprise.at_s)
