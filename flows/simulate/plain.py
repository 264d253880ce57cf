"""Answers and effects as plain values, for JSON."""

from collections.abc import Mapping

from flows.effects import (
    AddTag,
    CallBack,
    CallWebhook,
    Effect,
    Erase,
    Escalate,
    OptOut,
    RecordConsent,
    SetField,
    SetPriority,
    SetStage,
    StartFlow,
)
from flows.showing import shown
from flows.simulate.answers import Asked
from flows.simulate.player import short

Plain = str | int | float | bool | None | list["Plain"] | dict[str, "Plain"]


def plain_answer(asked: Asked, lang: str) -> dict[str, Plain]:
    """An answer for JSON: as given, as read, as shown."""
    found: dict[str, Plain] = {"id": asked.question.id, "type": asked.question.type.value, "text": asked.text}
    found["raw"] = plain(asked.raw)
    if asked.fault is not None:
        return {**found, "fault": asked.fault}
    answer = asked.answer
    if answer is None or answer.value is None:
        return {**found, "value": None, "refusal": answer.refusal.value if answer and answer.refusal else None}
    found |= {"value": plain(answer.value), "shown": shown(asked.question, answer.value, lang)}
    return {**found, "confirmed": True} if asked.confirmed else found


def plain(value: object) -> Plain:
    """A value as JSON has it."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return str(value)


def plain_effect(effect: Effect) -> dict[str, Plain] | None:
    """An effect in the words of `do`; None for what is said, drawn and timed."""
    match effect:
        case SetField(name=name, value=value):
            return {"save": {name: value}}
        case AddTag(tag=tag):
            return {"tag": tag}
        case SetStage(stage=stage):
            return {"stage": stage}
        case SetPriority(priority=priority):
            return {"priority": priority}
        case Escalate(team=team, reason=reason):
            return {"escalate": team or "", "reason": reason}
        case StartFlow(flow=flow, after=after):
            return {"start": flow, "after": short(after)} if after else {"start": flow}
        case CallBack(phone=phone, wanted=wanted, within=within, topic=topic, team=team):
            return {"call_back": phone, "wanted": wanted, "within": short(within) if within else None,
                    "topic": topic, "to": team}  # fmt: skip
        case CallWebhook(name=name, body=body):
            return {"webhook": name, "answers": plain(dict(body))}
        case RecordConsent(question=question, given=given, text_hash=digest):
            return {"consent": question, "given": given, "text_hash": digest}
        case OptOut():
            return {"opt_out": True}
        case Erase():
            return {"erase": True}
        case _:
            return None
