"""The runtime token: a JWS in compact form (RFC 7515) with the claims of a JWT (RFC 7519), HS256 and nothing else.

The header is never parsed. A token is only looked at if its first part is, byte for byte, one that this server writes,
so `none`, another algorithm, and an unknown or path-like `kid` fail before any of it is interpreted (RFC 8725, 3.1).
"""

import binascii
import hmac
import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from msgspec import MsgspecError, Struct, json

from bithuman.core import refusals
from bithuman.core.mac import Mac
from bithuman.core.refusals import Code, Refusal

ISSUER = "bitHuman"
CLOCK_SKEW_MS = 5_000
MAX_TOKEN_LENGTH = 2_048
KID_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,64}")
MIN_KEY_BYTES = 32
# About 100 MB.
MAX_UNREAD = 131_072
_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An HMAC key. `retired_ms` is when it stopped signing; what it signed until then lives out its time.

    `signs`: whether new tokens are made with it. A key that was given from outside may verify without our knowing since
    when it no longer signs.
    """

    kid: str
    secret: bytes = field(repr=False)
    retired_ms: int | None = None
    signs: bool = True


class Claims(Struct, frozen=True, gc=False):
    """What a runtime token says. Times are milliseconds since the epoch."""

    user_id: str
    fingerprint: str
    session_id: str
    jti: str
    issued_ms: int
    expires_ms: int


class ExpiredToken(Refusal):
    """A genuine token past its time. `claims`: what it says, and whose session is therefore over."""

    def __init__(self, claims: Claims) -> None:
        super().__init__(Code.TOKEN_EXPIRED, refusals.EXPIRED_TOKEN)
        self.claims = claims


class Keyring:
    """The keys that may have signed a token; the first that signs makes new ones.

    Args:
        keys: the signing key and those before it.
        life_ms: how long a token lives: a retired key verifies none for longer, so whoever stole it gains nothing.
    """

    def __init__(self, keys: Iterable[SigningKey], life_ms: int) -> None:
        keys = tuple(keys)
        self._macs = {_header(key.kid): Mac(key.secret) for key in keys}
        self._retired_ms = {_header(key.kid): key.retired_ms for key in keys if key.retired_ms is not None}
        self._life_ms = life_ms
        # Tokens that were minted and not read yet, oldest first. Whoever shows one of these shows what was signed.
        self._unread: OrderedDict[str, Claims] = OrderedDict()
        signing_header = _header(next(key.kid for key in keys if key.signs and key.retired_ms is None))
        self._signing_prefix = signing_header + b"."
        self._signing_mac = self._macs[signing_header]

    def mint(self, claims: Claims) -> str:
        """Write the token. The same claims under the same key give the same token."""
        signed = self._signing_prefix + _encode(_payload(claims))
        token = (signed + b"." + _encode(self._signing_mac.digest(signed))).decode()
        if len(self._unread) >= MAX_UNREAD:
            self._unread.popitem(last=False)
        self._unread[token] = claims
        return token

    def read(self, token: str, now_ms: int) -> Claims:
        """The claims of a good token.

        Raises:
            ExpiredToken: a genuine token past its time.
            Refusal: TOKEN_EXPIRED for one whose time has not come, else UNAUTHORIZED.
        """
        # A token is mostly read once: by the heartbeat that gets the next one.
        claims = self._unread.pop(token, None) or self._verified(token, now_ms)
        if claims.issued_ms > now_ms + CLOCK_SKEW_MS:
            # Genuine, and from a time that this clock has not reached: it stepped back. A new token mends that.
            raise refusals.expired_token()
        if claims.expires_ms + CLOCK_SKEW_MS <= now_ms:
            raise ExpiredToken(claims)
        return claims

    def _verified(self, token: str, now_ms: int) -> Claims:
        """The claims of a token that one of the keys has signed."""
        if len(token) > MAX_TOKEN_LENGTH or not token.isascii():
            raise refusals.forged_token()
        signed, _, signature = token.encode().rpartition(b".")
        header, _, payload = signed.partition(b".")
        if header not in self._macs or not hmac.compare_digest(_encode(self._macs[header].digest(signed)), signature):
            raise refusals.forged_token()
        claims = _claims(payload)
        retired_ms = self._retired_ms.get(header)
        if retired_ms is not None and (
            claims.issued_ms > retired_ms + CLOCK_SKEW_MS or now_ms > retired_ms + self._life_ms + CLOCK_SKEW_MS
        ):
            raise refusals.forged_token()
        return claims


def numeric_date(ms: int) -> int | float:
    """Milliseconds as seconds, the NumericDate of RFC 7519, section 2: a whole number where it is one."""
    return ms / 1_000 if ms % 1_000 else ms // 1_000


def _header(kid: str) -> bytes:
    return _encode(f'{{"alg":"HS256","typ":"JWT","kid":"{kid}"}}'.encode())


def _encode(data: bytes) -> bytes:
    return binascii.b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=")


class _Payload(Struct, forbid_unknown_fields=True, gc=False):
    """The claims as JSON, in the order in which this server writes them."""

    iss: str
    sub: str
    aud: str
    sid: str
    jti: str
    iat: int | float
    exp: int | float


_encoder = json.Encoder()
_decoder = json.Decoder(_Payload)


def _payload(claims: Claims) -> bytes:
    return _encoder.encode(
        _Payload(
            ISSUER,
            claims.user_id,
            claims.fingerprint,
            claims.session_id,
            claims.jti,
            numeric_date(claims.issued_ms),
            numeric_date(claims.expires_ms),
        )
    )


def _claims(segment: bytes) -> Claims:
    """Read claims that are exactly those of a runtime token, so that no other kind of token passes for one.

    The payload must be, byte for byte, what this server writes for what it says: no duplicate, no other order.
    """
    try:
        payload = binascii.a2b_base64(segment.translate(_FROM_URL) + b"==")
        said = _decoder.decode(payload)
    except (ValueError, MsgspecError):
        raise refusals.forged_token() from None
    if said.iss != ISSUER or _encoder.encode(said) != payload:
        raise refusals.forged_token()
    return Claims(said.sub, said.aud, said.sid, said.jti, round(said.iat * 1_000), round(said.exp * 1_000))
