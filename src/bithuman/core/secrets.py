"""The api-secret: `bhs_`, 33 random base62 digits, and a CRC32 of what stands before in 6 more.

The checksum shows whether a paste was cut, without asking the server, and lets a scanner find a leak by
pattern alone (GitHub's token format, 2021, is the model). It adds no security: the 196 random bits do.
"""

import zlib
from collections.abc import Callable
from functools import lru_cache

from bithuman.core import base62
from bithuman.core.mac import Mac
from bithuman.errors import TokenValidationError

PREFIX = "bhs_"
RANDOM_DIGITS = 33
CHECKSUM_DIGITS = 6
LENGTH = len(PREFIX) + RANDOM_DIGITS + CHECKSUM_DIGITS
PATTERN = rf"^{PREFIX}[0-9A-Za-z]{{{RANDOM_DIGITS + CHECKSUM_DIGITS}}}$"

_CURE = "Copy the whole secret again: it starts with bhs_ and has 43 characters."


def new_secret(random_below: Callable[[int], int]) -> str:
    """Make a secret. `random_below(n)` draws uniformly from range(n), as `secrets.randbelow` does."""
    body = PREFIX + base62.encode(random_below(62**RANDOM_DIGITS), RANDOM_DIGITS)
    return body + _checksum(body)


def is_well_formed(text: str) -> bool:
    """Whether `text` is a secret as somebody's server made it. It says nothing about whether it is good."""
    body, checksum = text[:-CHECKSUM_DIGITS], text[-CHECKSUM_DIGITS:]
    return len(text) == LENGTH and text.startswith(PREFIX) and text.isascii() and _checksum(body) == checksum


def check_secret(text: str) -> str:
    """Return `text` if it is a well-formed secret.

    Raises:
        TokenValidationError: it is not. The message says how, and never repeats any of it.
    """
    if is_well_formed(text):
        return text
    if not text.startswith(PREFIX):
        problem = "This is not an api-secret."
    elif len(text) != LENGTH:
        problem = f"The api-secret has {len(text)} characters where {LENGTH} are due."
    else:
        problem = "The api-secret has a mistyped character: its checksum does not match."
    raise TokenValidationError(problem, cure=_CURE)


def hash_secret(secret: str, pepper: bytes) -> bytes:
    """What the server keeps: HMAC-SHA256 under a key that is not in the database, 32 bytes.

    A plain keyed hash is enough, and a slow one would be a way to tire the server: nobody guesses 196 random bits.
    """
    return _mac(pepper).digest(secret.encode())


@lru_cache(maxsize=2)
def _mac(pepper: bytes) -> Mac:
    return Mac(pepper)


def mask(secret: str) -> str:
    """What may be shown after the secret was made: the first 8 and the last 4 characters."""
    return f"{secret[:8]}…{secret[-4:]}"


def _checksum(body: str) -> str:
    return base62.encode(zlib.crc32(body.encode()), CHECKSUM_DIGITS)
