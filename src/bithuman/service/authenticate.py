"""Who is asking? An api-secret leads to one account, or nowhere."""

from bithuman.core import refusals
from bithuman.core.accounts import Secret
from bithuman.core.billing import MINUTE_MS
from bithuman.core.refusals import Code, Refusal
from bithuman.core.secrets import hash_secret
from bithuman.service.platform import Platform
from bithuman.store import queries
from bithuman.store.unit import Unit


def authenticate(platform: Platform, text: str | None) -> Secret:
    """The secret that `text` is, if it lives. The account may still be suspended.

    Raises:
        Refusal: MISSING_AUTH or UNAUTHORIZED.
    """
    return _find(platform, text)[0]


def is_valid(platform: Platform, text: str | None) -> bool:
    """Whether `text` is a live secret of an active account.

    Raises:
        Refusal: UNAVAILABLE: nobody knows.
    """
    try:
        return not _find(platform, text)[1]
    except Refusal as refusal:
        if refusal.code is Code.UNAVAILABLE:
            raise
        return False


def touch(unit: Unit, secret: Secret, now_ms: int) -> None:
    """Remember that the secret was used, to the minute."""
    minute = now_ms // MINUTE_MS * MINUTE_MS
    if secret.last_used_ms != minute:
        unit.execute(queries.touch_secret, row_id=secret.id, last_used_ms=minute)


def _find(platform: Platform, text: str | None) -> tuple[Secret, bool]:
    if not text:
        raise refusals.missing_auth()
    # The index finds a hash under the server's own key: an attacker cannot steer the comparison, so its time says
    # nothing about the secret.
    found = platform.database.secret_by_hash(hash_secret(text, platform.pepper))
    if found is None:
        raise refusals.unknown_secret()
    if not found[0].is_live(platform.now_ms()):
        raise refusals.dead_secret()
    return found
