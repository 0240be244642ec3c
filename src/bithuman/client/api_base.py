"""Where the API is, and whether a secret may travel there."""

import ipaddress
from urllib.parse import urlsplit

from bithuman.errors import ConfigurationError

DEFAULT_API_URL = "http://127.0.0.1:8787"

_ELSEWHERE = "bithuman.ai"
_REQUEST_PATH = "/v1/runtime-tokens/request"
_CURE = "Set api_url or BITHUMAN_API_URL to the server's base, such as https://avatars.example.org."


def api_base(url: str) -> str:
    """The base under which `/v1/…` lies, without a slash at its end.

    `url` is that base, or the full `…/v1/runtime-tokens/request` that published clients pass.

    Raises:
        ConfigurationError: it is no such URL, holds a user, password, query or fragment, is plain HTTP to anything but
            loopback, or is bitHuman's own service. The message never repeats what may be a credential.
    """
    text = url.strip()
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ConfigurationError("The API's URL is malformed.", cure=_CURE) from None
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ConfigurationError("The API's URL holds a user, a password, a query or a fragment.", cure=_CURE)
    if "://" not in text and text.isascii() and text.isprintable():
        raise ConfigurationError(
            "The API's URL begins with neither https:// nor http://.",
            cure="Write https:// before the server's name, or http:// where it runs on this machine.",
        )
    if parts.scheme not in ("http", "https") or not host or not text.isascii() or not text.isprintable() or " " in text:
        raise ConfigurationError("The API's URL is not an http or https address.", cure=_CURE)
    if parts.scheme == "http" and not is_loopback(host):
        raise ConfigurationError(
            f"The API's URL is plain HTTP to {host}: a secret would cross the network unencrypted.",
            cure="Use https, or put a TLS proxy in front of the server. Plain HTTP is for loopback alone.",
        )
    if f".{host.rstrip('.')}".endswith(f".{_ELSEWHERE}"):
        # Published plugins name it where nobody names a server, and a secret of ours would travel there.
        raise ConfigurationError(
            f"{host} is bitHuman's own service, which does not know your server's secrets.", cure=_CURE
        )
    authority = f"[{host}]" if ":" in host else host
    if port is not None:
        authority += f":{port}"
    path = parts.path.rstrip("/").removesuffix(_REQUEST_PATH).rstrip("/")
    return f"{parts.scheme}://{authority}{path}"


def is_loopback(host: str) -> bool:
    """Whether `host` names this machine: `localhost`, 127.0.0.0/8 or ::1."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
