"""What the service answers, as plain values: a grant, or the lack of one."""

import json
from dataclasses import dataclass
from typing import Any

from bithuman.client.secret import Secret
from bithuman.core.permit import PauseReason
from bithuman.errors import AccountStatusError, TokenAnswerError, TokenExpiredError, TokenRequestError

NO_CREDITS_CURE = "Ask the operator for credits: bithuman admin grant --email ADDRESS --credits NUMBER."

_MESSAGE_LIMIT = 300
_RETRY_AFTER_LIMIT_S = 3600.0

_REASONS = {
    401: PauseReason.UNAUTHORIZED,
    402: PauseReason.NO_CREDITS,
    403: PauseReason.FORBIDDEN,
    409: PauseReason.SESSION_ENDED,
}


@dataclass(frozen=True, slots=True)
class Grant:
    """A runtime token, and how long it lasts from the moment it was asked for."""

    token: Secret
    transaction_id: str
    session_id: str
    expires_in_s: float
    heartbeat_interval_s: float


@dataclass(frozen=True, slots=True)
class NoGrant:
    """Any answer but a grant; `http_status` is None where none came from the service.

    `what_to_do`: where no connection could be made.
    """

    message: str
    http_status: int | None = None
    code: str | None = None
    retry_after_s: float | None = None
    what_to_do: str = ""

    @property
    def reason(self) -> PauseReason | None:
        """Why to pause, where the service decided so; None for an outage, which decides nothing."""
        if self.code == "SESSION_TERMINATED":
            return PauseReason.SESSION_ENDED
        return None if self.http_status is None else _REASONS.get(self.http_status)

    @property
    def no_place(self) -> bool:
        """Whether other sessions hold all places of the plan."""
        return self.code == "CONCURRENCY_LIMIT_REACHED"

    @property
    def may_pass(self) -> bool:
        """Whether the service may decide otherwise later: credits are topped up, and suspensions end."""
        return self.reason in (PauseReason.NO_CREDITS, PauseReason.FORBIDDEN)

    def error(self) -> TokenAnswerError:
        """The refusal as an exception that says what to do next."""
        return self._kind(
            self.sentence,
            cure=self.cure,
            http_status=self.http_status,
            code=self.code,
            retry_after_s=self.retry_after_s,
        )

    @property
    def _kind(self) -> type[TokenAnswerError]:
        if self.code == "TOKEN_EXPIRED":
            return TokenExpiredError
        return AccountStatusError if self.http_status in (402, 403) else TokenRequestError

    @property
    def sentence(self) -> str:
        """What happened."""
        return f"Authentication failed: {self.message}" if self.http_status == 401 else self.message

    @property
    def cure(self) -> str:
        """What to do next."""
        if self.what_to_do:
            return self.what_to_do
        match self.http_status, self.code:
            case 401, "TOKEN_EXPIRED":
                return "Ask for a new runtime token, or pass an api-secret, which renews by itself."
            case 401, _:
                return (
                    "Run `bithuman init` with a good secret, or set it. "
                    "The operator makes one: `bithuman admin create-secret --email ADDRESS`."
                )
            case 402, _:
                return NO_CREDITS_CURE
            case 400 | 404 | 409, str():
                return ""  # the message names what is wrong with the request, and what it takes
            case 403, "SESSION_TERMINATED":
                return "Start a new session."
            case 403, "CONCURRENCY_LIMIT_REACHED":
                return (
                    "End one (`bithuman sessions list`, then `bithuman sessions terminate SESSION`), or wait for a "
                    "place: wait_for_place_s=120 in Python, --patience 120 on the command line."
                )
            case 403, _:
                return "Ask the operator of the server."
            case None | 429, _:
                return "Try again later; if it stays so, check BITHUMAN_API_URL and `bithuman doctor`."
            case status, _ if status >= 500:
                return "Try again later; if it stays so, report it to the operator of the server."
            case _:
                return "Check that BITHUMAN_API_URL is the base of a bithuman server of this version."


def read_grant(body: bytes) -> Grant | None:
    """The grant in the body of a 200, or None if there is none to be found."""
    # Nothing may be raised here: the token is in these local variables.
    try:
        data: Any = json.loads(body)["data"]
        grant = Grant(
            token=Secret(_text(data["token"])),
            transaction_id=str(data["transaction_id"]),
            session_id=str(data["session_id"]),
            expires_in_s=float(data["expires_in"]),
            heartbeat_interval_s=float(data["heartbeat_interval"]),
        )
    except (ValueError, TypeError, KeyError):
        return None
    return grant if all(0 < span < float("inf") for span in (grant.expires_in_s, grant.heartbeat_interval_s)) else None


def read_refusal(status: int, body: bytes, retry_after: str | None, sent: Secret | None) -> NoGrant:
    """What an answer that grants nothing says. A credential that it echoes is struck out.

    A status that decides counts only in the service's own envelope: a proxy or the sign-in page of a network answers
    401 and 403 too, and knows nothing of the account. Without the envelope it is an outage.
    """
    code, message = _envelope(body)
    if code is None and status in _REASONS:
        return NoGrant(
            f"Something in between answered {status}, without the service's own reason.",
            retry_after_s=_seconds(retry_after),
        )
    if not message:
        message = "a redirect, which is never followed" if 300 <= status < 400 else "no reason that can be read"
        message = f"The service answered {status}: {message}."
    if sent is not None:
        message = sent.scrub(message)
    return NoGrant(message[:_MESSAGE_LIMIT], status, code, _seconds(retry_after))


def _envelope(body: bytes) -> tuple[str | None, str]:
    try:
        error: Any = json.loads(body)["error"]
        code, message = error["code"], error["message"]
    except (ValueError, TypeError, KeyError):
        return None, ""
    if not isinstance(code, str) or not isinstance(message, str):
        return None, ""
    return code, " ".join(message.split())


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("a token is text")
    return value


def _seconds(text: str | None) -> float | None:
    # The other form of Retry-After, a date, would need the two wall clocks to agree (RFC 9110, section 10.2.3).
    if text is None or not text.isdecimal():
        return None
    return min(float(text), _RETRY_AFTER_LIMIT_S)
