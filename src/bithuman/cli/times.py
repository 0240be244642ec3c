"""Moments as people say them."""

from datetime import UTC, datetime


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


def local(moment: str | None) -> str:
    """A time of RFC 3339 in this machine's time zone, to the minute. None is never."""
    if moment is None:
        return "never"
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M")
