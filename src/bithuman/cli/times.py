"""Moments as people say them."""

from datetime import UTC, datetime


def ago(moment: str | None, now: datetime | None = None) -> str:
    """How long ago a time of RFC 3339 was; beyond a day, the local date and time. None is never.

    Args:
        moment: such as `2026-11-25T03:00:00.000Z`.
        now: an aware time; the present where None.
    """
    if moment is None:
        return "never"
    then = datetime.fromisoformat(moment)
    seconds = int(((now or datetime.now(UTC)) - then).total_seconds())
    if seconds < 60:
        return f"{seconds} s ago" if seconds > 0 else "now"
    if seconds < 3_600:
        return f"{seconds // 60} min ago"
    if seconds < 86_400:
        return f"{seconds // 3_600} h ago"
    return local(moment)


def local(moment: str) -> str:
    """A time of RFC 3339 in this machine's time zone, to the minute."""
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")
