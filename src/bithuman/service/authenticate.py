"""Who is asking? An api-secret leads to one account, or nowhere."""

import hmac

from bithuman.core import refusals
from bithuman.core.accounts import SecretRecord
from bithuman.core.billing import MINUTE_MS
from bithuman.core.refusals import Code, Refusal
from bithuman.core.secrets import hash_secret
from bithuman.service.platform import Platform
from bithuman.store.rows import FoundSecret
from bithuman.store.unit import Unit


def authenticate(platform: Platform, text: str | None) -> SecretRecord:
    """The secret that `text` is, if it lives. The account may still be suspended.

    Raises:
        Refusal: MISSING_AUTH or UNAUTHORIZED.
    """
    return _find(platform, text).secret


def is_valid(platform: Platform, text: str | None) -> bool:
    """Whether `text` is a live secret of an active account.

    Raises:
        Refusal: UNAVAILABLE: nobody knows.
    """
    try:
        return not _find(platform, text).suspended
    except Refusal as refusal:
        if refusal.code is Code.UNAVAILABLE:
            raise
        return False


async def remember_use(platform: Platform, secret: SecretRecord) -> None:
    """Remember that the secret was used, to the minute."""
    now_ms = platform.now_ms()
    if secret.last_used_ms != _minute(now_ms):
        await platform.database.writer.run(lambda unit: touch(unit, secret, now_ms))


def touch(unit: Unit, secret: SecretRecord, now_ms: int) -> None:
    """Remember that the secret was used, as part of a transaction."""
    current = unit.secret(secret.id)
    if current is not None and current.last_used_ms != _minute(now_ms):
        unit.touch_secret(current, _minute(now_ms))


def _minute(now_ms: int) -> int:
    return now_ms // MINUTE_MS * MINUTE_MS


def _find(platform: Platform, text: str | None) -> FoundSecret:
    if not text:
        raise refusals.missing_auth()
    digest = hash_secret(text, platform.pepper)
    found = platform.database.secret_by_hash(digest)
    if found is None or not hmac.compare_digest(found.hash, digest):
        raise refusals.unknown_secret()
    if not found.secret.is_live(platform.now_ms()):
        raise refusals.dead_secret()
    return found
