"""Zones: the date and the time that the clocks of a time zone show."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAY = timedelta(days=1)


@lru_cache(maxsize=1024)
def zone_of(name: str) -> ZoneInfo:
    """The IANA zone; UTC for a name that is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def shown_at(moment: datetime, zone: ZoneInfo) -> datetime:
    """What a clock in `zone` shows at `moment`: its date and time alone are true, whatever its `tzinfo` says."""
    offset = _steady_offset(zone, moment.toordinal()) if moment.tzinfo is UTC else None
    return moment.astimezone(zone) if offset is None else moment + offset


@lru_cache(maxsize=4096)
def _steady_offset(zone: ZoneInfo, day: int) -> timedelta | None:
    """How far from UTC the clocks are all that day, of UTC; None on a day when they change.

    A step asks twice, and `astimezone` takes half a microsecond each time (CPython 3.11).
    """
    begins = datetime.fromordinal(day).replace(tzinfo=UTC)
    first, last = (moment.astimezone(zone).utcoffset() for moment in (begins, begins + DAY))
    return first if first == last else None
