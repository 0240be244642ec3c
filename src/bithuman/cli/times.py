"""Moments and days as people say them, in a time zone."""

import difflib
import zoneinfo
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import typer


def find_zone(name: str | None) -> ZoneInfo | None:
    """The time zone of a name, such as `Europe/Rome`; None, which is this machine's, where there is no name.

    Raises:
        BadParameter: there is no such zone.
    """
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        pass
    known = zoneinfo.available_timezones()
    if not known:
        cure = "This machine knows no time zones: install them (pip install tzdata), or leave the option out."
    elif close := difflib.get_close_matches(name, known, 1):
        cure = f"Did you mean {close[0]}?"
    else:
        cure = "Give a name such as Europe/Rome or UTC, or leave it out for this machine's time zone."
    raise typer.BadParameter(f"{name!r} is no time zone. {cure}", param_hint="--zone")


def moment_in_utc(text: str, zone: ZoneInfo | None, hint: str) -> str:
    """When a day begins in a time zone, or a time of RFC 3339, as RFC 3339 in UTC.

    Args:
        text: such as `2026-11-25` or `2026-11-25T03:00:00+01:00`.
        hint: the option that names it.

    Raises:
        BadParameter: it is neither.
    """
    try:
        if len(text) == len("2026-11-25"):
            # Where the clocks skip midnight, this is the moment at which they do: the day's first.
            moment = datetime.combine(date.fromisoformat(text), time(), zone)
        else:
            moment = datetime.fromisoformat(text.upper())
            if moment.tzinfo is None:
                raise ValueError
        # A date without a zone is one of this machine's.
        utc = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"{text!r} is no day and no time. Give a day such as 2026-11-25, or a time such as 2026-11-25T03:00:00Z.",
            param_hint=hint,
        ) from None
    return utc.replace(tzinfo=None).isoformat() + "Z"


def ago(moment: str, now: datetime | None = None) -> str:
    """How long ago a time of RFC 3339 was; beyond a day, the local date and time.

    Args:
        moment: such as `2026-11-25T03:00:00.000Z`.
        now: an aware time; the present where None.
    """
    then = datetime.fromisoformat(moment)
    seconds = int(((now or datetime.now(UTC)) - then).total_seconds())
    if seconds < 60:
        return f"{seconds} s ago" if seconds > 0 else "now"
    if seconds < 3_600:
        return f"{seconds // 60} min ago"
    if seconds < 86_400:
        return f"{seconds // 3_600} h ago"
    return local(moment)


def local(moment: str | None, zone: ZoneInfo | None = None) -> str:
    """A time of RFC 3339 in a time zone, to the minute: this machine's where None. No time is never.

    A minute that comes twice, because the clocks were set back, has its distance from UTC too.
    """
    if moment is None:
        return "never"
    there = datetime.fromisoformat(moment).astimezone(zone)
    wall = there.replace(tzinfo=zone, fold=0)
    comes_twice = wall.astimezone(UTC) != wall.replace(fold=1).astimezone(UTC)
    return there.strftime("%Y-%m-%d %H:%M%z" if comes_twice else "%Y-%m-%d %H:%M")
