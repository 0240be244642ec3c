"""Records of the platform, as tests begin with them."""

from bithuman.core.sessions import Session

OPENED_MS = 1_790_000_000_000


def new_session(name: str = "s") -> Session:
    """A session of the account `u` and its secret 1, opened at `OPENED_MS` with a token of five minutes."""
    return Session(
        id=name,
        user_id="u",
        secret_id=1,
        fingerprint=name,
        transaction_id=name,
        provisional=False,
        pricing_code="self_hosted",
        rate=1_000_000,
        started_ms=OPENED_MS,
        seen_ms=OPENED_MS,
        issued_ms=OPENED_MS,
        expires_ms=OPENED_MS + 300_000,
    )
