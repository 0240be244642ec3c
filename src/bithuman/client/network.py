"""What the environment says of the network, and what went wrong where no connection could be made."""

import ipaddress
import os
import re
import socket
import ssl
import urllib.request
from functools import cache
from urllib.parse import urlsplit

import httpx

from bithuman.errors import ConfigurationError

_ENTRY = re.compile(r"(?:\[(?P<address>[^\]]+)\]|(?P<name>[^:]*))(?::(?P<port>\d+))?")
_UNREACHABLE_CURE = "Start it with `bithuman serve`, or set BITHUMAN_API_URL to where it is."
_NAME_CURE = "Check the host in BITHUMAN_API_URL, and that this machine has a network."
_TLS_CURE = (
    "Check that BITHUMAN_API_URL names a server that speaks TLS, by the name in its certificate. Where an authority of "
    "your own made the certificate, set SSL_CERT_FILE to that authority's file."
)


def proxy_for(base: str) -> httpx.Proxy | None:
    """The proxy through which `base` is reached, by `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`.

    Only an encrypted connection goes through a proxy: another would let the proxy read the secret.

    Raises:
        ConfigurationError: the proxy cannot be used. The message does not repeat it: it may hold a password.
    """
    parts = urlsplit(base)
    proxies = urllib.request.getproxies()
    found = proxies.get("https") or proxies.get("all")
    if (
        parts.scheme != "https"
        or not found
        or is_excluded(parts.hostname or "", parts.port or 443, proxies.get("no", ""))
    ):
        return None
    try:
        url = found if "://" in found else f"http://{found}"
        proxy = httpx.Proxy(url)
        if not urlsplit(url).hostname:
            raise ValueError("a proxy has a host")
    except (ValueError, httpx.InvalidURL):
        raise ConfigurationError(
            f"{_variable_of(found)} is not a proxy's URL.",
            cure="Set it to a URL such as http://proxy.example:3128, or unset it.",
        ) from None
    try:
        httpx.AsyncHTTPTransport(proxy=proxy, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    except ImportError:
        raise ConfigurationError(
            f"{_variable_of(found)} names a SOCKS proxy, and the package for that is not installed.",
            cure="Run: pip install socksio. Or set it to an HTTP proxy, or unset it.",
        ) from None
    return proxy


def is_excluded(host: str, port: int, no_proxy: str) -> bool:
    """Whether `NO_PROXY` lists a host: by name or by a domain above it, by address or network (both IP versions, in
    brackets or not), with or without a port. `*` lists all.
    """
    for text in no_proxy.lower().split(","):
        entry = text.strip()
        if entry == "*":
            return True
        found = _ENTRY.fullmatch(entry)  # A bare IPv6 address does not match.
        if found is not None and found["port"] and int(found["port"]) != port:
            continue
        name = (found["address"] or found["name"]) if found is not None else entry
        if name and _names(name, host.lower()):
            return True
    return False


def certificates() -> ssl.SSLContext:
    """The authorities that are trusted: those of `SSL_CERT_FILE` or `SSL_CERT_DIR`, else certifi's.

    Raises:
        ConfigurationError: the variable names nothing that can be read.
    """
    return _certificates_of(os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", ""))


def trouble(base: str, error: Exception) -> tuple[str, str]:
    """What happened where no answer came, and what to do. Nothing of the request is in it. No cure: it may pass."""
    causes = _causes(error)
    if (tls := next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None)) is not None:
        why = getattr(tls, "verify_message", None) or (tls.reason or "TLS failed").replace("_", " ").lower()
        return f"There is no secure connection to {base}: {why}.", _TLS_CURE
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return f"The host of {base} is not known here.", _NAME_CURE
    if isinstance(error, httpx.ConnectError):
        return f"No server answers at {base}.", _UNREACHABLE_CURE
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return f"The service at {base} did not answer in time.", ""
    if isinstance(error, httpx.TransportError | OSError):
        return f"The service at {base} did not answer: the connection broke.", ""
    return f"The service at {base} did not answer ({type(error).__name__}).", ""


def _names(entry: str, host: str) -> bool:
    try:
        network = ipaddress.ip_network(entry, strict=False)
    except ValueError:
        domain = entry.lstrip("*.")
        return bool(domain) and f".{host}".endswith(f".{domain}")
    try:
        return ipaddress.ip_address(host) in network
    except ValueError:
        return False


def _variable_of(url: str) -> str:
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        if os.environ.get(name) == url:
            return name
    return "The system's proxy setting"


@cache
def _certificates_of(file: str, folder: str) -> ssl.SSLContext:
    # Reading them takes a sixth of a second, which an event loop should lose once and not for every session.
    try:
        return httpx.create_ssl_context(trust_env=bool(file or folder))
    except OSError as error:
        name, value = ("SSL_CERT_FILE", file) if file else ("SSL_CERT_DIR", folder)
        reason = "holds no certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise ConfigurationError(
            f"{name} is {value}, which cannot be used: {reason}.",
            cure="Set it to a file or folder of certificates in PEM format, or unset it.",
        ) from error


def _causes(error: BaseException) -> list[BaseException]:
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    return causes
