"""When reminders are due: by the contact's own clock, never in quiet hours."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flows.definition import Hours
from flows.zones import shown_at


def is_quiet(moment: datetime, quiet: Hours | None, zone: ZoneInfo) -> bool:
    """Whether nobody is to be disturbed at `moment`."""
    return quiet is not None and quiet.holds(shown_at(moment, zone).time())


def at_a_good_hour(moment: datetime, quiet: Hours | None, zone: ZoneInfo) -> datetime:
    """`moment`, or the end of the quiet hours it falls into, in UTC.

    The end is a wall time: in the night of a change of clocks it is as many hours away as that night has. A wall time
    that the change leaves out is the same time after it; one that comes twice is the first.
    """
    if quiet is None:
        return moment
    local = shown_at(moment, zone)
    if not quiet.holds(local.time()):
        return moment
    end = datetime.combine(local.date(), quiet.end, zone)
    if quiet.end <= local.time():
        end = datetime.combine(local.date() + timedelta(days=1), quiet.end, zone)
    return end.astimezone(UTC)
