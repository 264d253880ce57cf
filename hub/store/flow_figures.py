"""Flow figures: how many sessions began, where they stopped and how they ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flows.session import State
from hub.model.flow import LIVE
from hub.model.ids import ChannelId, ProjectId
from hub.store.connection import Database

SESSIONS_AT_MOST = 200_000
"""Of one answer, the newest: what more there are would cost a second."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of sessions, and by question: answered or skipped, skipped of these, open, left for good."""

    started: int = 0
    finished: int = 0
    live: int = 0
    median_s: float | None = None
    outcomes: Mapping[str, int] = field(default_factory=dict)
    answered: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    open: Mapping[str, int] = field(default_factory=dict)
    left: Mapping[str, int] = field(default_factory=dict)


class FlowFigures:
    """Counts over the sessions of all flows."""

    def __init__(self, database: Database) -> None:
        self._collection = database["flow_sessions"]

    async def of(
        self,
        project: ProjectId,
        flow: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        channel: ChannelId | None = None,
    ) -> Figures:
        """The figures of sessions that began from `since` to before `until`; None: no bound."""
        query: dict[str, Any] = {"project": project, "flow": flow}
        began = {key: value for key, value in (("$gte", since), ("$lt", until)) if value is not None}
        if began:
            query["started_at"] = began
        if channel is not None:
            query["channel"] = channel
        rows = await self._collection.aggregate(
            [
                {"$match": query},
                {"$sort": {"started_at": -1}},
                {"$limit": SESSIONS_AT_MOST},
                {"$project": PROJECTED},
                {"$facet": FACETS},
            ]
        )
        return _figures(await rows.next())


DONE = {"$eq": ["$state", State.DONE.value]}
TOOK = {"$dateDiff": {"startDate": "$started_at", "endDate": "$ended_at", "unit": "second"}}
ANSWERS = {"$objectToArray": {"$ifNull": ["$session.answers", {}]}}
SKIPPED = {"$filter": {"input": ANSWERS, "cond": {"$gt": ["$$this.v.refusal", None]}}}
PROJECTED: dict[str, Any] = {
    "state": 1,
    "outcome": 1,
    "open": {"$cond": [DONE, None, "$session.open.step"]},
    "ended": {"$in": ["$state", [state.value for state in State if state not in LIVE]]},
    "answered": {"$map": {"input": ANSWERS, "in": "$$this.k"}},
    "skipped": {"$map": {"input": SKIPPED, "in": "$$this.k"}},
    "took": {"$cond": [DONE, TOOK, None]},
}  # fmt: skip
FACETS: dict[str, Any] = {
    "states": [{"$group": {"_id": "$state", "count": {"$sum": 1}}}],
    "outcomes": [{"$match": {"outcome": {"$ne": None}}}, {"$group": {"_id": "$outcome", "count": {"$sum": 1}}}],
    "answered": [{"$unwind": "$answered"}, {"$group": {"_id": "$answered", "count": {"$sum": 1}}}],
    "skipped": [{"$unwind": "$skipped"}, {"$group": {"_id": "$skipped", "count": {"$sum": 1}}}],
    "open": [
        {"$match": {"open": {"$ne": None}}},
        {"$set": {"again": {"$in": ["$open", "$answered"]}}},
        {"$group": {"_id": {"step": "$open", "ended": "$ended", "again": "$again"}, "count": {"$sum": 1}}},
    ],
    # Sorted, so that the one in the middle is the median: MongoDB 6.0 has no `$median`.
    "took": [
        {"$match": {"took": {"$ne": None}}},
        {"$sort": {"took": 1}},
        {"$group": {"_id": None, "all": {"$push": "$took"}}},
        {"$project": {"middle": {"$arrayElemAt": ["$all", {"$floor": {"$divide": [{"$size": "$all"}, 2]}}]}}},
    ],
}


def _figures(row: Mapping[str, Any]) -> Figures:
    states = {one["_id"]: one["count"] for one in row["states"]}
    opened: dict[str, int] = {}
    left: dict[str, int] = {}
    for one in row["open"]:
        step = one["_id"]["step"]
        if not one["_id"]["again"]:  # who went back to it is among those who answered it
            opened[step] = opened.get(step, 0) + one["count"]
        if one["_id"]["ended"]:
            left[step] = left.get(step, 0) + one["count"]
    return Figures(
        started=sum(states.values()),
        finished=states.get(State.DONE.value, 0),
        live=sum(states.get(state.value, 0) for state in LIVE),
        median_s=row["took"][0]["middle"] if row["took"] else None,
        outcomes={one["_id"]: one["count"] for one in row["outcomes"]},
        answered={one["_id"]: one["count"] for one in row["answered"]},
        skipped={one["_id"]: one["count"] for one in row["skipped"]},
        open=opened,
        left=left,
    )
