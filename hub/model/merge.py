"""Merging: two contacts that are one person, what became of their facts, and how it is undone."""

from collections.abc import Collection
from typing import Any

from hub.model.base import Moment, Stored
from hub.model.contact import Contact, Field
from hub.model.ids import ContactId, ProjectId

OWN_FACTS = ("name", "language", "time_zone")
"""Facts that are of the contact itself, beside its fields."""
MERGED = (*OWN_FACTS, "fields", "blocked", "opted_out_at", "stage", "stage_at")
"""What of the survivor a merge may change."""


class Fact(Stored):
    """A fact of one or both: what the survivor says, what the other says, and what the person has after it."""

    name: str
    survivor: str | None
    other: str | None
    after: str | None

    @property
    def conflict(self) -> bool:
        """Whether the two say different things."""
        return None not in (self.survivor, self.other) and self.survivor != self.other


class Merge(Stored):
    """One merge. `before` and `after` are the survivor's facts, so that they can be given back.

    `moved` are all contacts that go with the survivor by it: the other one, and whoever was merged into that before.
    `by` is the operator, None where a link of ours did it.
    """

    id: str
    project: ProjectId
    survivor: ContactId
    merged: ContactId
    merged_name: str | None
    moved: tuple[ContactId, ...]
    by: str | None
    at: Moment
    before: dict[str, Any]
    after: dict[str, Any]
    undone_at: Moment | None = None


def facts(survivor: Contact, other: Contact, take: Collection[str] = ()) -> tuple[Fact, ...]:
    """Every fact of the two. The survivor's stands, unless `take` names it, or only the other's is verified."""
    found = [
        Fact(
            name=name, survivor=mine, other=theirs, after=theirs if mine is None or (name in take and theirs) else mine
        )
        for name in OWN_FACTS
        for mine, theirs in [(getattr(survivor, name), getattr(other, name))]
        if mine is not None or theirs is not None
    ]
    ours, theirs_by_name = ({field.name: field for field in one.fields} for one in (survivor, other))
    for name in dict.fromkeys([*ours, *theirs_by_name]):
        mine_field, their_field = ours.get(name), theirs_by_name.get(name)
        kept = _kept(mine_field, their_field, name in take)
        found.append(
            Fact(
                name=name,
                survivor=mine_field.value if mine_field else None,
                other=their_field.value if their_field else None,
                after=kept.value if kept else None,
            )
        )
    return tuple(found)


def merged_values(survivor: Contact, other: Contact, take: Collection[str] = ()) -> dict[str, Any]:
    """What the survivor is set to. A wish to be left alone, and a block, of either holds for the person."""
    values: dict[str, Any] = {}
    for fact in facts(survivor, other, take):
        if fact.name in OWN_FACTS:
            values[fact.name] = fact.after
    ours, theirs = ({field.name: field for field in one.fields} for one in (survivor, other))
    kept = [_kept(ours.get(name), theirs.get(name), name in take) for name in dict.fromkeys([*ours, *theirs])]
    values["fields"] = tuple(field for field in kept if field is not None)
    values["blocked"] = survivor.blocked or other.blocked
    stopped = [one.opted_out_at for one in (survivor, other) if one.opted_out_at is not None]
    values["opted_out_at"] = min(stopped, default=None)
    placed = survivor if survivor.stage is not None else other
    values |= {"stage": placed.stage, "stage_at": placed.stage_at}
    return values


def given_back(now: Contact, before: Contact, after: Contact) -> dict[str, Any]:
    """What the survivor is set to when a merge is undone: what it had, but for what was changed since."""
    values: dict[str, Any] = {
        name: getattr(before, name)
        for name in (*OWN_FACTS, "blocked", "opted_out_at", "stage", "stage_at")
        if getattr(now, name) == getattr(after, name)
    }
    had, got = ({field.name: field for field in one.fields} for one in (before, after))
    kept = {field.name: field for field in now.fields}
    for name in {*had, *got}:
        if kept.get(name) == got.get(name):
            kept.pop(name, None)
            if name in had:
                kept[name] = had[name]
    values["fields"] = tuple(kept.values())
    return values


def _kept(ours: Field | None, theirs: Field | None, taken: bool) -> Field | None:
    if ours is None or theirs is None:
        return ours or theirs
    return theirs if taken or (theirs.verified and not ours.verified) else ours
