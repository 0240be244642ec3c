"""How often a password may be tried."""

import secrets

from fastapi import Request, Response

from bithuman.console.cookies import DEVICE, YEAR_S, cookie_of, set_cookie
from bithuman.core.refusals import Code, Refusal
from bithuman.core.secrets import hash_secret
from bithuman.http.limits import Buckets
from bithuman.http.requests import client_network
from bithuman.service.accounts import normal_address
from bithuman.service.platform import Platform

PER_MINUTE = 10


class SignInThrottle:
    """Ten tries a minute for a network, and ten for an address.

    A browser in which the person has signed in before has tries of its own. So nobody who guesses an owner's password
    from elsewhere locks the owner out (OWASP, "Slow down online guessing attacks with device cookies").
    """

    def __init__(self) -> None:
        self._buckets = Buckets()

    def check(self, request: Request, platform: Platform, email: str) -> None:
        """Count a try.

        Raises:
            Refusal: RATE_LIMITED.
        """
        device = cookie_of(request, DEVICE)
        email = normal_address(email)
        mark = _mark(platform, email, device.partition(".")[0])
        is_known = secrets.compare_digest(device.encode(), mark.encode())
        keys = [f"device {device}"] if is_known else [f"network {client_network(request.scope)}", f"person {email}"]
        now_ms = platform.now_ms()
        tries = [self._buckets.take(key, PER_MINUTE, now_ms) for key in keys]
        refused = [bucket for bucket, allowed in tries if not allowed]
        if refused:
            raise Refusal(
                Code.RATE_LIMITED,
                "Too many tries. Wait a minute, then try again.",
                retry_after_s=max(bucket.retry_after_s for bucket in refused),
            )

    @staticmethod
    def remember(request: Request, response: Response, platform: Platform, email: str) -> None:
        """Let the browser show, next time, that the person has signed in with it."""
        set_cookie(request, response, DEVICE, _mark(platform, normal_address(email), secrets.token_hex(8)), YEAR_S)


def _mark(platform: Platform, email: str, nonce: str) -> str:
    return f"{nonce}.{hash_secret(f'device.{nonce}.{email}', platform.pepper).hex()}"
