"""The heartbeat: proves that a session is alive, bills it and renews its token. And its end."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from bithuman.core import refusals
from bithuman.core.accounts import check_runtime_access
from bithuman.core.refusals import Code, Refusal
from bithuman.core.sessions import EndReason, Session, is_current, is_newest, is_repeat
from bithuman.core.tokens import Claims, ExpiredToken
from bithuman.service.lease import (
    IssuedToken,
    carry_on,
    check_access,
    current_account,
    issue_token,
    keeps_place,
    settle,
)
from bithuman.service.platform import Platform
from bithuman.store.unit import Unit

# Of the heartbeats of one request, so many share a commit: to decide more at once would keep other requests waiting.
MAX_PART = 250
# So many go with the heartbeats of others.
MAX_SMALL = 16
_FOR_GOOD = (EndReason.CLOSED, EndReason.TERMINATED)


Answer = Callable[[IssuedToken | Refusal], None]


def submit_heartbeat(platform: Platform, token: str, seq: int, answer: Answer) -> None:
    """Renew the session that `token` authorises. The same `seq` again gets the same answer and bills nothing.

    Args:
        answer: called with a grant once that is on disk, or with a refusal: 401 (the token or its secret is no longer
            good), 402, 403, 409 or 503, as the contract says.

    Raises:
        Refusal: UNAUTHORIZED: the token is not genuine.
    """
    shown = _read(platform, token)
    platform.database.writer.submit(partial(_beat, platform, shown, seq), answer, session_id=shown.claims.session_id)


async def heartbeat(platform: Platform, token: str, seq: int) -> IssuedToken:
    """As `submit_heartbeat`, for whoever awaits the answer. Raises its refusal."""
    shown = _read(platform, token)
    return await platform.database.writer.run(partial(_beat, platform, shown, seq), session_id=shown.claims.session_id)


def shows_token(platform: Platform, beats: Iterable[tuple[str, int] | Refusal]) -> bool:
    """Whether one of the heartbeats has a genuine token."""
    for beat in beats:
        if not isinstance(beat, Refusal):
            with suppress(Refusal):
                _read(platform, beat[0])
                return True
    return False


def submit_heartbeats(
    platform: Platform,
    beats: list[tuple[str, int] | Refusal],
    answer: Callable[[list[IssuedToken | Refusal] | Refusal], None],
) -> None:
    """Renew many sessions of one account. Each is decided as if it came alone, and many share a commit.

    Args:
        beats: tokens and numbers, or refusals that were due before.
        answer: called with a grant or a refusal for each, or with one refusal for all where nothing can be written.

    Raises:
        Refusal: VALIDATION_ERROR: they belong to several accounts.
    """
    asked: list[tuple[_Shown, int] | Refusal] = []
    for beat in beats:
        try:
            asked.append(beat if isinstance(beat, Refusal) else (_read(platform, beat[0]), beat[1]))
        except Refusal as refusal:
            asked.append(refusal)
    if len({beat[0].claims.user_id for beat in asked if isinstance(beat, tuple)}) > 1:
        raise refusals.invalid("beats must belong to one account.")

    outcomes: dict[int, list[IssuedToken | Refusal] | Refusal] = {}
    parts = [asked[start : start + MAX_PART] for start in range(0, len(asked), MAX_PART)] or [[]]

    def collect(number: int, outcome: list[IssuedToken | Refusal] | Refusal) -> None:
        outcomes[number] = outcome
        if len(outcomes) == len(parts):
            failed = next((one for one in outcomes.values() if isinstance(one, Refusal)), None)
            answer(failed or [one for number in sorted(outcomes) for one in outcomes[number]])  # type: ignore[union-attr]

    for number, part in enumerate(parts):
        if any(isinstance(beat, tuple) for beat in part):
            decide, is_large = partial(_beat_all, platform, part), len(part) > MAX_SMALL
            platform.database.writer.submit(decide, partial(collect, number), is_large=is_large)
        else:
            # Who shows no genuine token takes no time of the writer.
            collect(number, [beat for beat in part if isinstance(beat, Refusal)])


def _beat_all(
    platform: Platform, beats: "list[tuple[_Shown, int] | Refusal]", unit: Unit
) -> list[IssuedToken | Refusal]:
    unit.prefetch({beat[0].claims.session_id for beat in beats if isinstance(beat, tuple)})
    outcomes: list[IssuedToken | Refusal] = []
    for beat in beats:
        try:
            outcomes.append(beat if isinstance(beat, Refusal) else _beat(platform, *beat, unit))
        except Refusal as refusal:
            outcomes.append(refusal)
    return outcomes


async def end_session(platform: Platform, token: str) -> Session:
    """Close the session and bill its last part. Closing it again changes nothing.

    Raises:
        Refusal: UNAUTHORIZED or TOKEN_EXPIRED.
    """
    shown = _read(platform, token)

    def decide(unit: Unit) -> Session:
        now_ms = platform.now_ms()
        _check_time(unit, platform, shown, now_ms)
        session = _session_of(unit, shown.claims)
        if not is_current(session, shown.claims.jti):
            unit.record("superseded_token_used", session.user_id, session.id, now_ms)
            raise refusals.superseded_token()
        account = current_account(unit, platform, session.user_id, now_ms)
        return settle(unit, platform, account, session, EndReason.CLOSED, now_ms)

    return await platform.database.writer.run(decide, session_id=shown.claims.session_id)


def introspect(platform: Platform, user_id: str, token: str) -> Claims | None:
    """What a token says, if it is good now and belongs to this account; else None (RFC 7662, section 2.2).

    The token of a silent session is good until another session takes its place.

    Raises:
        Refusal: UNAVAILABLE: nobody knows.
    """
    now_ms = platform.now_ms()
    try:
        claims = platform.keyring.read(token, now_ms)
        with platform.database.inspect() as unit:
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


class _Shown(NamedTuple):
    """A genuine token. `expired`: the refusal that is due where its time is over."""

    claims: Claims
    expired: ExpiredToken | None = None


def _read(platform: Platform, token: str) -> _Shown:
    """What a genuine token says.

    Raises:
        Refusal: UNAUTHORIZED, or TOKEN_EXPIRED where its time has not come.
    """
    try:
        return _Shown(platform.keyring.read(token, platform.now_ms()))
    except ExpiredToken as expired:
        return _Shown(expired.claims, expired)


def _beat(platform: Platform, shown: _Shown, seq: int, unit: Unit) -> IssuedToken:
    now_ms = unit.now_ms(platform.now_ms)
    _check_time(unit, platform, shown, now_ms)
    session = _session_of(unit, shown.claims)
    account = current_account(unit, platform, session.user_id, now_ms)
    check_access(unit, platform, account, session, now_ms)
    if session.end_reason in _FOR_GOOD:
        raise refusals.ended_session(session.end_reason)
    repeats = _is_repeat(unit, session, shown.claims, seq, now_ms)
    if not repeats or not keeps_place(unit, platform, account, session, now_ms):
        session = carry_on(unit, platform, account, session, seq, now_ms)
    return issue_token(platform, session)


def _check_time(unit: Unit, platform: Platform, shown: _Shown, now_ms: int) -> None:
    """Refuse a token that has expired. It shows that its engine may have rendered to its end, and that is billed.

    A token that is older than another grace shows nothing about its client any more.

    Raises:
        Refusal: TOKEN_EXPIRED.
    """
    if shown.expired is None:
        return
    session = unit.session(shown.claims.session_id)
    is_newest_token = session is not None and is_newest(session, shown.claims.jti)
    if session is not None and is_newest_token and now_ms - shown.claims.expires_ms <= platform.timing.grace_ms:
        account = current_account(unit, platform, session.user_id, now_ms)
        settle(unit, platform, account, session, EndReason.EXPIRED, now_ms)
    raise shown.expired


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
