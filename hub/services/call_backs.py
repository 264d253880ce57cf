"""Call backs: from a wish to be called to a task with its due time and timers; pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from flows.answers.phones import show_phone
from hub.model.ids import ChannelId, ContactId, ConversationId, OperatorId, ProjectId, TaskId, TeamId, derived_id
from hub.model.message import Actor, ActorKind, Direction
from hub.model.task import CallBackWish, Task, TaskDid, TaskStatus
from hub.model.turn import Effect, KeepTask, Say, SetTimer, TimerKind

OPEN_OF_CONVERSATION = 20
"""So many calls are promised in one conversation at the most: who sends more wishes means none of them."""
LONGEST = timedelta(days=366)
BOT = Actor(kind=ActorKind.BOT)
_CLOCK = re.compile(r"(?:^|[ T])([01]?\d|2[0-3]):([0-5]\d)")
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})\.(\d{1,2})\.(\d{4})")
_NOTES = {
    "ru": {TaskDid.CREATED: "Перезвонить", TaskDid.RENEWED: "Снова просит перезвонить", "by": "до"},
    "en": {TaskDid.CREATED: "Call back", TaskDid.RENEWED: "Asks for the call again", "by": "by"},
}


@dataclass(frozen=True, slots=True)
class Norms:
    """How soon a call is due when no time was said, and how long before its time somebody is reminded."""

    within_s: int = 900
    remind_s: int = 300


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a call back is asked for: the conversation and Turn, whose it becomes, and how times are read there."""

    project: ProjectId
    conversation: ConversationId
    channel: ChannelId
    contact: ContactId
    seq: int
    now: datetime
    zone: str
    locale: str
    team: TeamId | None = None
    assignee: OperatorId | None = None
    norms: Norms = Norms()
    announce: bool = True
    """Whether a note tells it: not where the thread shows the Turn itself."""


def asked(wish: CallBackWish, desk: Desk, known: Sequence[Task]) -> tuple[Effect, ...]:
    """What follows from a wish. `known` are the conversation's open tasks: the same number is called once.

    A wish that repeats one changes it where it says another time, and else nothing.
    """
    same = next((task for task in known if task.phone == wish.phone), None)
    wanted_at = wish.wanted_at if wish.wanted_at and desk.now < wish.wanted_at < desk.now + LONGEST else None
    within = timedelta(seconds=desk.norms.within_s if wish.within_s is None else wish.within_s)
    due_at = wanted_at or desk.now + within
    if same is not None:
        if wanted_at in (None, same.wanted_at):
            return ()
        change = {"wanted": wish.wanted, "wanted_at": wanted_at, "seq": desk.seq}
        return _kept(due(same.model_copy(update=change), due_at, desk.now, desk.norms), TaskDid.RENEWED, desk)
    if len(known) >= OPEN_OF_CONVERSATION:
        return ()
    task = Task(
        id=TaskId(derived_id("task", desk.conversation, desk.seq, wish.phone)), project=desk.project,
        conversation=desk.conversation, channel=desk.channel, contact=desk.contact, seq=desk.seq, phone=wish.phone,
        reason=wish.reason, page=wish.page, wanted=wish.wanted, wanted_at=wanted_at, zone=desk.zone, due_at=due_at,
        team=desk.team, assignee=desk.assignee, created_at=desk.now,
    )  # fmt: skip
    return _kept(due(task, due_at, desk.now, desk.norms), TaskDid.CREATED, desk)


def due(task: Task, due_at: datetime, now: datetime, norms: Norms, remind_at: datetime | None = None) -> Task:
    """`task` as it is due at another time: the reminder with it, where there is time for one."""
    remind_at = remind_at or due_at - timedelta(seconds=norms.remind_s)
    change = {
        "due_at": due_at, "remind_at": remind_at if now < remind_at < due_at else None, "reminded_at": None,
        "overdue_at": None,
    }  # fmt: skip
    return task.model_copy(update=change)


def timers(task: Task) -> tuple[SetTimer, ...]:
    """The timers of an open task: each fires only while the task still has that time."""
    due_timer = SetTimer(kind=TimerKind.TASK_DUE, due_at=task.due_at, task=task.id)
    if task.status is not TaskStatus.OPEN:
        return ()
    if task.remind_at is None:
        return (due_timer,)
    return (SetTimer(kind=TimerKind.TASK_REMIND, due_at=task.remind_at, task=task.id), due_timer)


def _kept(task: Task, did: TaskDid, desk: Desk) -> tuple[Effect, ...]:
    effects: list[Effect] = [KeepTask(task=task), *timers(task)]
    if desk.announce:
        words = _NOTES.get(desk.locale, _NOTES["en"])
        at = task.due_at.astimezone(ZoneInfo(task.zone))
        said = f"{words[did]}: {show_phone(task.phone, desk.locale)}, {words['by']} {at:%d.%m.%Y %H:%M} ({task.zone})"
        text = "\n".join(part for part in (said, task.reason, task.page) if part)
        effects.append(Say(direction=Direction.NOTE, author=BOT, text=text, automatic=True))
    return tuple(effects)


def zone_of(phone: str, otherwise: str) -> str:
    """The time zone of a number, where its prefix lies in one zone alone."""
    import phonenumbers
    from phonenumbers.timezone import time_zones_for_number

    try:
        zones = time_zones_for_number(phonenumbers.parse(phone.partition(";ext=")[0], None))
    except phonenumbers.NumberParseException:
        return otherwise
    return zones[0] if len(zones) == 1 and zones[0] != "Etc/Unknown" else otherwise


def wanted_at(text: str, zone: str, now: datetime) -> datetime | None:
    """A time that a form or a widget names, in the contact's zone: a day with a time, or a time of the next hours.

    With an offset (`2026-11-24T15:00+03:00`) it is taken as it says. None where it says no time: a person reads it.
    """
    text = text.strip()[:60]
    try:
        exact = datetime.fromisoformat(text)
        if exact.tzinfo is not None:
            return exact
    except ValueError:
        pass
    clock = _CLOCK.search(text)
    if clock is None:
        return None
    here = now.astimezone(ZoneInfo(zone))
    at = time(int(clock[1]), int(clock[2]))
    day = _DAY.search(text)
    try:
        if day is not None:
            year, month, number = (day[1], day[2], day[3]) if day[1] else (day[6], day[5], day[4])
            return datetime(int(year), int(month), int(number), at.hour, at.minute, tzinfo=ZoneInfo(zone))
        today = datetime.combine(here.date(), at, ZoneInfo(zone))
        return today if today > here else datetime.combine(here.date() + timedelta(days=1), at, ZoneInfo(zone))
    except (ValueError, OverflowError):
        return None
