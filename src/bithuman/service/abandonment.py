"""Sessions that are never heard again: each is billed for one interval and ends, without anybody asking."""

import asyncio
from functools import partial

from bithuman.core.sessions import State
from bithuman.service.lease import abandon, current_account
from bithuman.service.platform import Platform
from bithuman.store.unit import Unit

CHUNK = 100


async def end_abandoned(platform: Platform) -> int:
    """End the sessions that have expired, and bill each for one interval. Returns how many there were.

    Raises:
        Refusal: UNAVAILABLE.
    """
    found = await asyncio.to_thread(_expired, platform)
    for start in range(0, len(found), CHUNK):
        # One at a time in the writer, so that heartbeats share its commits.
        await asyncio.gather(
            *(
                platform.database.writer.run(partial(_end, platform, session_id), session_id=session_id)
                for session_id in found[start : start + CHUNK]
            )
        )
    return len(found)


def _expired(platform: Platform) -> list[str]:
    now_ms = platform.now_ms()
    with platform.database.read() as snapshot:
        return snapshot.expired_session_ids(now_ms, now_ms + platform.timing.grace_ms)


def _end(platform: Platform, session_id: str, unit: Unit) -> None:
    now_ms = platform.now_ms()
    session = unit.session(session_id)
    # It may have come back since it was found.
    if session is None or session.end_reason is not None or session.state(now_ms, platform.timing) is not State.ENDED:
        return
    account = current_account(unit, platform, session.user_id, now_ms)
    abandon(unit, platform, account, session, now_ms)
