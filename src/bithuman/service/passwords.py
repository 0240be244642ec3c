"""Passwords: hashed with argon2id (RFC 9106), in threads, so that no other request waits for it."""

from functools import cache

import anyio.to_thread
from anyio import CapacityLimiter
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bithuman.core import refusals
from bithuman.core.people import LONGEST_PASSWORD, SHORTEST_PASSWORD

_hasher = PasswordHasher()
# Each takes 64 MiB and a twentieth of a second of four threads.
_AT_ONCE = 2


def check_password(text: str) -> None:
    """Whether a new password is long enough (NIST SP 800-63B, section 3.1.1.2: length, and no rule for characters).

    Raises:
        Refusal: VALIDATION_ERROR.
    """
    if not SHORTEST_PASSWORD <= len(text) <= LONGEST_PASSWORD:
        raise refusals.invalid(f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD:,} characters.")


async def hash_password(text: str) -> str:
    """The hash to keep."""
    return await anyio.to_thread.run_sync(_hasher.hash, text, limiter=_limiter())


async def matches(text: str, known: str | None) -> bool:
    """Whether a password has this hash. Where there is none, it takes the same time to say no."""
    return await anyio.to_thread.run_sync(_matches, text[:LONGEST_PASSWORD], known, limiter=_limiter())


def _matches(text: str, known: str | None) -> bool:
    try:
        _hasher.verify(known or _hash_of_nobody(), text)
    except (VerificationError, InvalidHashError):
        return False
    return known is not None


@cache
def _limiter() -> CapacityLimiter:
    return CapacityLimiter(_AT_ONCE)


@cache
def _hash_of_nobody() -> str:
    return _hasher.hash("")
