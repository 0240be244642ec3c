"""An account's sessions: who renders what, and stopping it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bithuman.core import refusals
from bithuman.core.billing import HOUR_MS
from bithuman.core.sessions import EndReason, Session, State
from bithuman.service.lease import current_account, terminate
from bithuman.service.platform import Platform
from bithuman.store.rows import ListedSession
from bithuman.store.unit import Unit

RECENT_MS = 24 * HOUR_MS


class Window(StrEnum):
    """Which sessions to list: the live ones, those seen in the last day, or all."""

    LIVE = "live"
    RECENT = "recent"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as its account sees it at one moment."""

    session: Session
    key_alias: str
    details: Mapping[str, str | None]
    state: State
    reason: EndReason | None


@dataclass(frozen=True, slots=True)
class SessionOverview:
    """Sessions, and what the account burns. Money is micro-credits; `used_this_hour` covers the last 60 minutes."""

    active_count: int
    live_burn_rate: int
    used_this_hour: int
    sessions: list[SessionView]


def list_sessions(platform: Platform, user_id: str, window: Window, limit: int) -> SessionOverview:
    """The account's sessions, newest first."""
    now_ms = platform.now_ms()
    live_since_ms = now_ms - platform.timing.silent_after_ms(platform.timing.grace_ms)
    with platform.database.read() as snapshot:
        seen_lately = snapshot.open_sessions(user_id, live_since_ms)
        live = [listed for listed in seen_lately if listed.session.state(now_ms, platform.timing) is State.LIVE]
        used = snapshot.used_since(user_id, now_ms - HOUR_MS)
        if window is Window.LIVE:
            found = live[:limit]
        else:
            found = snapshot.recent_sessions(user_id, now_ms - RECENT_MS if window is Window.RECENT else 0, limit)
    views = [view_session(platform, listed, now_ms) for listed in found]
    return SessionOverview(len(live), sum(listed.session.rate for listed in live), used, views)


def view_session(platform: Platform, listed: ListedSession, now_ms: int) -> SessionView:
    """A session as its account sees it at one moment."""
    session = listed.session
    return SessionView(
        session,
        listed.key_alias,
        listed.details,
        session.state(now_ms, platform.timing),
        session.reason_ended(now_ms, platform.timing),
    )


def count_live_sessions(platform: Platform) -> int:
    """How many sessions are live now, of all accounts."""
    now_ms = platform.now_ms()
    since_ms = now_ms - platform.timing.silent_after_ms(platform.timing.grace_ms)
    with platform.database.read() as snapshot:
        return snapshot.count_live_sessions(since_ms, now_ms)


async def terminate_session(platform: Platform, user_id: str, session_id: str) -> None:
    """Stop a session for good: it is refused at its next heartbeat. What it may have rendered until now is billed.

    Raises:
        Refusal: NOT_FOUND.
    """

    def decide(unit: Unit) -> None:
        now_ms = platform.now_ms()
        session = unit.session(session_id)
        if session is None or session.user_id != user_id:
            raise refusals.not_found("session")
        account = current_account(unit, platform, user_id, now_ms)
        terminate(unit, platform, account, session, now_ms)
        unit.record("session_terminated", user_id, session_id, now_ms)

    await platform.database.writer.run(decide, session_id=session_id)
