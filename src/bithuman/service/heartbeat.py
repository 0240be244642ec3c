"""The heartbeat: proves that a session is alive, bills it and renews its token. And its end."""

from bithuman.core import refusals
from bithuman.core.accounts import check_runtime_access
from bithuman.core.refusals import Code, Refusal
from bithuman.core.sessions import EndReason, Session, is_current, is_newest, is_repeat
from bithuman.core.tokens import Claims, ExpiredToken
from bithuman.service.lease import (
    Grant,
    carry_on,
    check_access,
    current_account,
    grant,
    keeps_place,
    settle,
)
from bithuman.service.platform import Platform
from bithuman.store.unit import Unit

_FOR_GOOD = (EndReason.CLOSED, EndReason.TERMINATED)


async def heartbeat(platform: Platform, token: str, seq: int) -> Grant:
    """Renew the session that `token` authorises. The same `seq` again gets the same answer and bills nothing.

    Raises:
        Refusal: 401 (the token or its secret is no longer good), 402, 403 or 409, as the contract says.
    """
    claims = await _read(platform, token)

    def decide(unit: Unit) -> Session:
        now_ms = platform.now_ms()
        session = _session_of(unit, claims)
        account = current_account(unit, platform, session.user_id, now_ms)
        check_access(unit, platform, account, session, now_ms)
        if session.end_reason in _FOR_GOOD:
            raise refusals.ended_session(session.end_reason)
        if _is_repeat(unit, session, claims, seq, now_ms) and keeps_place(unit, platform, account, session, now_ms):
            return session
        return carry_on(unit, platform, account, session, seq, now_ms)

    return grant(platform, await platform.database.writer.run(decide, session_id=claims.session_id))


async def end_session(platform: Platform, token: str) -> Session:
    """Close the session and bill its last part. Closing it again changes nothing.

    Raises:
        Refusal: UNAUTHORIZED or TOKEN_EXPIRED.
    """
    claims = await _read(platform, token)

    def decide(unit: Unit) -> Session:
        now_ms = platform.now_ms()
        session = _session_of(unit, claims)
        if not is_current(session, claims.jti):
            unit.record("superseded_token_used", session.user_id, session.id, now_ms)
            raise refusals.superseded_token()
        account = current_account(unit, platform, session.user_id, now_ms)
        return settle(unit, platform, account, session, EndReason.CLOSED, now_ms)

    return await platform.database.writer.run(decide, session_id=claims.session_id)


def introspect(platform: Platform, user_id: str, token: str) -> Claims | None:
    """What a token says, if it is good now and belongs to this account; else None (RFC 7662, section 2.2).

    The token of a silent session is good until another session takes its place.

    Raises:
        Refusal: UNAVAILABLE: nobody knows.
    """
    now_ms = platform.now_ms()
    try:
        claims = platform.keyring.read(token, now_ms)
        with platform.database.read() as connection:
            unit = Unit(connection)
            session = _session_of(unit, claims)
            account = unit.account(session.user_id)
            if account is None or account.id != user_id:
                return None
            check_runtime_access(account, unit.secret(session.secret_id), now_ms)
            good = is_current(session, claims.jti) and keeps_place(unit, platform, account, session, now_ms)
    except Refusal as refusal:
        if refusal.code is Code.UNAVAILABLE:
            raise
        return None
    return claims if good else None


async def _read(platform: Platform, token: str) -> Claims:
    """The claims of a good token. One that has expired shows that its engine may have rendered to its end.

    That time is billed, unless the token is older than another grace: then it shows nothing about its client any more.

    Raises:
        Refusal: UNAUTHORIZED or TOKEN_EXPIRED.
    """
    try:
        return platform.keyring.read(token, platform.now_ms())
    except ExpiredToken as expired:
        claims = expired.claims

        def decide(unit: Unit) -> None:
            session = unit.session(claims.session_id)
            now_ms = platform.now_ms()
            if session is None or not is_newest(session, claims.jti):
                return
            if now_ms - claims.expires_ms <= platform.timing.grace_ms:
                account = current_account(unit, platform, session.user_id, now_ms)
                settle(unit, platform, account, session, EndReason.EXPIRED, now_ms)

        await platform.database.writer.run(decide, session_id=claims.session_id)
        raise


def _session_of(unit: Unit, claims: Claims) -> Session:
    session = unit.session(claims.session_id)
    if session is None or (session.user_id, session.fingerprint) != (claims.user_id, claims.fingerprint):
        raise refusals.forged_token()
    return session


def _is_repeat(unit: Unit, session: Session, claims: Claims, seq: int, now_ms: int) -> bool:
    try:
        return is_repeat(session, claims.jti, seq)
    except Refusal:
        unit.record("superseded_token_used", session.user_id, session.id, now_ms)
        raise
