"""The exchange: an api-secret for a runtime token that authorises one session on one device."""

import secrets
from collections.abc import Callable, Mapping
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from bithuman.core import refusals
from bithuman.core.accounts import Account, SecretRecord, check_runtime_access
from bithuman.core.refusals import Refusal
from bithuman.core.sessions import EndReason, Session, lifetime
from bithuman.service.authenticate import touch
from bithuman.service.lease import (
    IssuedToken,
    carry_on,
    check_access,
    current_account,
    find_place,
    issue_token,
    next_life_ms,
)
from bithuman.service.platform import Platform
from bithuman.store.unit import Unit

FINGERPRINT_BYTES = 16
BEFORE_THE_FIRST = -1


class TokenRequest(Struct, frozen=True):
    """What a client asks for. Whatever it leaves out, the server makes.

    `details`: what else it says of itself (`store.rows.DETAILS`), kept for reports; it changes no rule.
    """

    fingerprint: str | None = None
    transaction_id: str | None = None
    billing_type: str | None = None
    agent_code: str | None = None
    details: Mapping[str, str | None] = {}


def submit_exchange(
    platform: Platform, secret: SecretRecord, request: TokenRequest, answer: Callable[[IssuedToken | Refusal], None]
) -> None:
    """Open a session, or continue the one that the client means.

    The same transaction id from the same account and device is the same session. A session that was opened without one
    is adopted by the device's next request, whatever its transaction id.

    Args:
        answer: called with a grant once that is on disk, or with a refusal: 401, 402, 403 or 503, as the contract says.

    Raises:
        Refusal: UNAVAILABLE.
    """
    decide, session_id = _asked(platform, secret, request)
    platform.database.writer.submit(decide, answer, session_id=session_id)


async def exchange(platform: Platform, secret: SecretRecord, request: TokenRequest) -> IssuedToken:
    """As `submit_exchange`, for whoever awaits the answer. Raises its refusal."""
    decide, session_id = _asked(platform, secret, request)
    return await platform.database.writer.run(decide, session_id=session_id)


def _asked(
    platform: Platform, secret: SecretRecord, request: TokenRequest
) -> tuple[Callable[[Unit], IssuedToken], str | None]:
    """The decision that a request asks for, and the id of the session that it is about, as far as that is known.

    Most requests renew a session that is there. Its id, known ahead, lets a whole batch be loaded together.
    """
    fingerprint = request.fingerprint or _fingerprint_of(platform, secret.user_id, request.transaction_id)
    known = None
    if request.transaction_id is not None:
        known = platform.database.session_id_of_client(secret.user_id, fingerprint, request.transaction_id)
    return partial(_exchange, platform, secret, fingerprint, known, request), known


def _exchange(
    platform: Platform, secret: SecretRecord, fingerprint: str, known: str | None, request: TokenRequest, unit: Unit
) -> IssuedToken:
    now_ms = unit.now_ms(platform.now_ms)
    account = current_account(unit, platform, secret.user_id, now_ms)
    session = unit.session(known) if known else None
    if session is None or session.transaction_id != request.transaction_id:
        session = _find(unit, platform, account, fingerprint, request.transaction_id, now_ms)
    try:
        check_runtime_access(account, unit.secret(secret.id), now_ms)
    except Refusal:
        if session is not None:
            check_access(unit, platform, account, session, now_ms)
        raise
    if session is None:
        session = _open(unit, platform, account, secret, fingerprint, request, now_ms)
    elif session.end_reason is EndReason.TERMINATED:
        raise refusals.terminated_session()
    else:
        session = carry_on(unit, platform, account, session, BEFORE_THE_FIRST, now_ms)
        if session.secret_id != secret.id:
            session = replace(session, secret_id=secret.id)
            unit.save_session(session)
        if request.transaction_id is not None and session.provisional:
            session = replace(session, transaction_id=request.transaction_id, provisional=False)
            unit.save_session(session)
    touch(unit, secret, now_ms)
    return issue_token(platform, session)


def _fingerprint_of(platform: Platform, user_id: str, transaction_id: str | None) -> str:
    """The device of a client that does not name it: that of its transaction's session, or a new one."""
    known = None
    if transaction_id is not None:
        with platform.database.read() as snapshot:
            known = snapshot.device_of_transaction(user_id, transaction_id)
    return known or secrets.token_hex(FINGERPRINT_BYTES)


def _find(
    unit: Unit, platform: Platform, account: Account, fingerprint: str, transaction_id: str | None, now_ms: int
) -> Session | None:
    """The session that the client means: the one that it names, else one of its device that has no name yet."""
    session = None
    if transaction_id is not None:
        session = unit.session_of_client(account.id, fingerprint, transaction_id)
    return session or unit.provisional_session(account.id, fingerprint, now_ms - platform.timing.grace_ms)


def _open(
    unit: Unit,
    platform: Platform,
    account: Account,
    secret: SecretRecord,
    fingerprint: str,
    request: TokenRequest,
    now_ms: int,
) -> Session:
    price = platform.schedule.price(request.billing_type)
    session_id = platform.new_id()
    others = find_place(unit, platform, account, session_id, now_ms)
    session = Session(
        id=session_id,
        user_id=account.id,
        secret_id=secret.id,
        fingerprint=fingerprint,
        transaction_id=request.transaction_id or platform.new_id(),
        provisional=request.transaction_id is None,
        pricing_code=price.code,
        rate=price.rate,
        started_ms=now_ms,
        seen_ms=now_ms,
        issued_ms=now_ms,
        expires_ms=now_ms,
        agent_code=request.agent_code,
    )
    life_ms = next_life_ms(unit, platform, account, session, others, now_ms)
    issued_ms, expires_ms = lifetime(now_ms, life_ms)
    session = replace(session, issued_ms=issued_ms, expires_ms=expires_ms)
    unit.add_session(session, request.details)
    return session
