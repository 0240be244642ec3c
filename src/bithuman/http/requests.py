"""Reading a request: where it comes from, its token, its body."""

import codecs
import ipaddress
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import httptools
import orjson
from starlette.types import Receive, Scope
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from bithuman.core import refusals
from bithuman.core.refusals import Code, Refusal

MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 64 * 1024

# Headers that say one thing: two of them would be read differently by different readers.
_ONCE = (b"api-secret", b"authorization", b"content-type")

Headers = dict[bytes, bytes]

_JSON = b"application/json"
_SLASHES = re.compile("/{2,}")


def read_headers(pairs: list[tuple[bytes, bytes]]) -> Headers:
    """The headers of a request, by name in lower case.

    Raises:
        Refusal: VALIDATION_ERROR: one that may come once came more often.
    """
    headers = dict(pairs)
    if len(headers) != len(pairs):
        names = [name for name, _ in pairs]
        for name in _ONCE:
            if names.count(name) > 1:
                raise refusals.invalid(f"The header {name.decode()} was sent more than once. Send it once.")
    return headers


def tidy(path: str) -> str:
    """A path, read kindly: published clients follow no redirect, so a slash too many is taken out."""
    if "//" in path or (path.endswith("/") and path != "/"):
        return _SLASHES.sub("/", path).rstrip("/") or "/"
    return path


def path_of(target: bytes) -> str:
    """The tidy path of a request's target. Empty where it has none."""
    try:
        path: bytes = httptools.parse_url(target).path
        return tidy(unquote(path.decode("ascii")))
    except (httptools.HttpParserInvalidURLError, AttributeError, UnicodeDecodeError):
        return ""


class Proxies:
    """Who a trusted proxy says that its client is. uvicorn reads the same for the requests of its application.

    Args:
        trusted: addresses and networks, with commas between them.
    """

    def __init__(self, trusted: str) -> None:
        self._trusted = ProxyHeadersMiddleware(_no_application, trusted).trusted_hosts if trusted else ()

    def client(self, peer: tuple[str, int] | None, headers: list[tuple[bytes, bytes]]) -> str:
        """The address of a client whose connection comes from `peer`."""
        address = peer[0] if peer else "unknown"
        if not self._trusted or address not in self._trusted:
            return address
        forwarded = b", ".join(value for name, value in headers if name == b"x-forwarded-for").decode("latin-1")
        return (self._trusted.get_trusted_client_address(forwarded)[0] if forwarded else "") or address


async def _no_application(*_: object) -> None:
    """Stands where the middleware wants an application."""


def client_network(scope: Scope) -> str:
    """Whose line the request came over, as far as the server believes."""
    client = scope.get("client")
    return network_of(client[0]) if client else "unknown"


def network_of(address: str) -> str:
    """What one client has to itself: an IPv4 address, or the first 64 bits of an IPv6 address, since the rest is the
    client's to choose (RFC 4291, section 2.5.1)."""
    try:
        full = ipaddress.IPv6Address(address)
    except ValueError:
        return address
    return str(full.ipv4_mapped or ipaddress.IPv6Network((full.packed[:8] + bytes(8), 64)))


def head_too_large() -> Refusal:
    """A request line and headers over their bound (RFC 6585, section 5)."""
    return Refusal(
        Code.HEAD_TOO_LARGE,
        f"The request line and headers are larger than {MAX_HEAD_BYTES // 1024} KiB. Send fewer or shorter headers.",
    )


def body_too_large(most_bytes: int = MAX_BODY_BYTES) -> Refusal:
    """A body over its bound."""
    return Refusal(Code.PAYLOAD_TOO_LARGE, f"The body is larger than {most_bytes // 1024} KiB.")


def declared_length(headers: Mapping[bytes, bytes]) -> int:
    """The length of the body that is declared; 0 where none is. The parser bounds it, but not its leading zeros."""
    digits = headers.get(b"content-length", b"0").lstrip(b"0")
    return int(digits) if digits.isdigit() else 0


async def read_body(headers: Headers, receive: Receive) -> bytes:
    """The whole body, without a byte order mark.

    Raises:
        Refusal: PAYLOAD_TOO_LARGE, before the rest is read.
    """
    size = declared_length(headers)
    chunks: list[bytes] = []
    received, more = 0, True
    while more:
        if max(size, received) > MAX_BODY_BYTES:
            raise body_too_large()
        message = await receive()
        if message["type"] != "http.request":
            raise refusals.invalid("The request was cut off.")
        chunk: bytes = message.get("body", b"")
        chunks.append(chunk)
        received += len(chunk)
        more = message.get("more_body", False)
    if received > MAX_BODY_BYTES:
        raise body_too_large()
    return without_mark(b"".join(chunks))


def without_mark(body: bytes) -> bytes:
    """A body without a byte order mark at its start (RFC 8259, section 8.1)."""
    return body.removeprefix(codecs.BOM_UTF8)


def check_json(headers: Headers) -> None:
    """Whether a body is said to be JSON. One that is said to be nothing is taken for it.

    Raises:
        Refusal: UNSUPPORTED_TYPE.
    """
    content_type = headers.get(b"content-type", _JSON)
    if content_type != _JSON and content_type.partition(b";")[0].strip().lower() != _JSON:
        raise Refusal(Code.UNSUPPORTED_TYPE, "Send JSON, with Content-Type: application/json.")


def parse_object(headers: Headers, body: bytes) -> dict[str, Any]:
    """A JSON object; no body at all, or null, is an empty one.

    Raises:
        Refusal: UNSUPPORTED_TYPE or VALIDATION_ERROR.
    """
    if not body:
        return {}
    check_json(headers)
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise refusals.invalid("The body is not JSON.") from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise refusals.invalid("The body must be a JSON object.")
    return document


def bearer(headers: Headers) -> str:
    """The token of an Authorization header (RFC 6750, section 2.1).

    Raises:
        Refusal: MISSING_AUTH.
    """
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Refusal(Code.MISSING_AUTH, "No runtime token. Send it as 'Authorization: Bearer …'.")
    return token.strip()
