"""The runtime token: a JWS in compact form (RFC 7515) with the claims of a JWT (RFC 7519), HS256 and nothing else.

The header is never parsed. A token is only looked at if its first part is, byte for byte, one that this server writes,
so `none`, another algorithm, and an unknown or path-like `kid` fail before any of it is interpreted (RFC 8725, 3.1).
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bithuman.core import refusals

ISSUER = "bitHuman"
CLOCK_SKEW_MS = 5_000
MAX_TOKEN_LENGTH = 2_048
KID_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,64}")
MIN_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An HMAC key. `retired_ms` is when it stopped signing; what it signed lives out its time."""

    kid: str
    secret: bytes = field(repr=False)
    retired_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Claims:
    """What a runtime token says. Times are milliseconds since the epoch."""

    user_id: str
    fingerprint: str
    session_id: str
    jti: str
    issued_ms: int
    expires_ms: int


class Keyring:
    """The keys that may have signed a token; the first that is not retired signs new ones."""

    def __init__(self, keys: Iterable[SigningKey]) -> None:
        keys = tuple(keys)
        self._macs = {_header(key.kid): hmac.new(key.secret, digestmod=hashlib.sha256) for key in keys}
        self._signing_header = _header(next(key.kid for key in keys if key.retired_ms is None))

    def mint(self, claims: Claims) -> str:
        """Write the token. The same claims under the same key give the same token."""
        payload = json.dumps(
            {
                "iss": ISSUER,
                "sub": claims.user_id,
                "aud": claims.fingerprint,
                "sid": claims.session_id,
                "jti": claims.jti,
                "iat": numeric_date(claims.issued_ms),
                "exp": numeric_date(claims.expires_ms),
            },
            separators=(",", ":"),
        )
        signed = self._signing_header + b"." + _encode(payload.encode())
        return (signed + b"." + self._sign(self._signing_header, signed)).decode()

    def read(self, token: str, now_ms: int) -> Claims:
        """The claims of a good token.

        Raises:
            Refusal: TOKEN_EXPIRED for a genuine token past its time, else UNAUTHORIZED.
        """
        if len(token) > MAX_TOKEN_LENGTH or not token.isascii():
            raise refusals.forged_token()
        signed, _, signature = token.encode().rpartition(b".")
        header, _, payload = signed.partition(b".")
        if header not in self._macs or not hmac.compare_digest(self._sign(header, signed), signature):
            raise refusals.forged_token()
        claims = _claims(payload)
        if claims.issued_ms > now_ms + CLOCK_SKEW_MS:
            raise refusals.forged_token()
        if claims.expires_ms + CLOCK_SKEW_MS <= now_ms:
            raise refusals.expired_token()
        return claims

    def _sign(self, header: bytes, signed: bytes) -> bytes:
        """The signature's segment. A copied state is as quick as `hmac.digest`, which would hand the interpreter over
        to another thread for every token."""
        mac = self._macs[header].copy()
        mac.update(signed)
        return _encode(mac.digest())


def numeric_date(ms: int) -> int | float:
    """Milliseconds as seconds, the NumericDate of RFC 7519, section 2: a whole number where it is one."""
    seconds, rest = divmod(ms, 1_000)
    return seconds + rest / 1_000 if rest else seconds


def _header(kid: str) -> bytes:
    return _encode(f'{{"alg":"HS256","typ":"JWT","kid":"{kid}"}}'.encode())


def _encode(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


_NUMBER = (int, float)
_CLAIM_TYPES: dict[str, tuple[type, ...]] = {
    "iss": (str,),
    "sub": (str,),
    "aud": (str,),
    "sid": (str,),
    "jti": (str,),
    "iat": _NUMBER,
    "exp": _NUMBER,
}
_decoder = json.JSONDecoder(object_pairs_hook=list)


def _claims(payload: bytes) -> Claims:
    """Read claims that are exactly those of a runtime token, so that no other kind of token passes for one."""
    try:
        text = base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)).decode()
        pairs: list[tuple[str, Any]] = _decoder.decode(text)
        claims = dict(pairs)
        if len(pairs) != len(claims) or claims.keys() != _CLAIM_TYPES.keys() or claims["iss"] != ISSUER:
            raise refusals.forged_token()
        if not all(type(claims[name]) in kinds for name, kinds in _CLAIM_TYPES.items()):
            raise refusals.forged_token()
        return Claims(
            user_id=claims["sub"],
            fingerprint=claims["aud"],
            session_id=claims["sid"],
            jti=claims["jti"],
            issued_ms=round(claims["iat"] * 1_000),
            expires_ms=round(claims["exp"] * 1_000),
        )
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise refusals.forged_token() from None
