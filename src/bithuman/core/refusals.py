"""The platform's ways of saying no, as the wire contract names them."""

from enum import StrEnum

from bithuman.errors import BithumanError


class Code(StrEnum):
    """What is wrong, for a program. `http/statuses.py` has the HTTP status of each."""

    MISSING_AUTH = "MISSING_AUTH"
    UNAUTHORIZED = "UNAUTHORIZED"
    TOKEN_EXPIRED = "TOKEN_EXPIRED"  # noqa: S105 - a name, not a credential
    INSUFFICIENT_BALANCE = "INSUFFICIENT_BALANCE"
    ACCESS_DENIED = "ACCESS_DENIED"
    ACCOUNT_SUSPENDED = "ACCOUNT_SUSPENDED"
    CONCURRENCY_LIMIT_REACHED = "CONCURRENCY_LIMIT_REACHED"
    SESSION_TERMINATED = "SESSION_TERMINATED"
    NOT_FOUND = "NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    CONFLICT = "CONFLICT"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    HEAD_TOO_LARGE = "HEAD_TOO_LARGE"
    UNSUPPORTED_TYPE = "UNSUPPORTED_TYPE"
    MISSING_PARAM = "MISSING_PARAM"
    VALIDATION_ERROR = "VALIDATION_ERROR"
    RATE_LIMITED = "RATE_LIMITED"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    UNAVAILABLE = "UNAVAILABLE"


SESSION_ENDED = "SESSION_ENDED"


class Refusal(BithumanError):
    """A request that is answered with no.

    `reason` narrows a code where the contract does (`SESSION_ENDED` under `CONFLICT`).
    """

    def __init__(
        self, code: Code, message: str, *, reason: str | None = None, retry_after_s: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.retry_after_s = retry_after_s


class Guess(Refusal):
    """A credential that this server never made. Many from one address are throttled.

    A credential that was good once is no guess: all who hold a rotated one must hear so at once.
    """


def missing_auth() -> Refusal:
    """No secret where one is due."""
    return Refusal(Code.MISSING_AUTH, "No api-secret header. Send your secret as 'api-secret: bhs_…'.")


_BAD_SECRET = "The api-secret is not valid. Check it, or create a new one."  # noqa: S105 - a sentence
_BAD_TOKEN = "The runtime token is not valid. Request a new one with your api-secret."  # noqa: S105 - a sentence


def unknown_secret() -> Refusal:
    """A secret that nobody was given."""
    return Guess(Code.UNAUTHORIZED, _BAD_SECRET)


def dead_secret() -> Refusal:
    """A secret that was rotated away or deleted. To its holder it looks like an unknown one."""
    return Refusal(Code.UNAUTHORIZED, _BAD_SECRET)


def forged_token() -> Refusal:
    """A token that is malformed, forged, or meant for something else."""
    return Guess(Code.UNAUTHORIZED, _BAD_TOKEN)


def superseded_token() -> Refusal:
    """A genuine token that a newer one has replaced."""
    return Refusal(Code.UNAUTHORIZED, _BAD_TOKEN)


EXPIRED_TOKEN = "The runtime token has expired. Request a new one with the same transaction_id."  # noqa: S105


def expired_token() -> Refusal:
    """A token outside its time."""
    return Refusal(Code.TOKEN_EXPIRED, EXPIRED_TOKEN)


def revoked_secret() -> Refusal:
    """The secret that opened the session is gone."""
    return Refusal(Code.UNAUTHORIZED, "The api-secret that opened this session was revoked. Resume with a new one.")


def suspended_account() -> Refusal:
    """The operator suspended the account."""
    return Refusal(Code.ACCOUNT_SUSPENDED, "The account is suspended. Ask the operator of this service.")


def revoked_runtime() -> Refusal:
    """Runtime access was revoked for every secret made until then."""
    return Refusal(
        Code.ACCOUNT_SUSPENDED, "Runtime access was revoked for this api-secret. Create a new secret to render again."
    )


def no_credits() -> Refusal:
    """The balance is used up, or live sessions hold what is left."""
    return Refusal(
        Code.INSUFFICIENT_BALANCE,
        "No credits left, or live sessions need all that is left. Top up, end a session, or wait for next month's plan "
        "credits.",
    )


def plan_is_full(limit: int) -> Refusal:
    """Every place of the plan is taken by a live session."""
    return Refusal(
        Code.CONCURRENCY_LIMIT_REACHED,
        f"The plan allows {limit} live session{'s' if limit != 1 else ''} at a time, and no place is free.",
    )


def terminated_session() -> Refusal:
    """An operator stopped the session for good."""
    return Refusal(Code.SESSION_TERMINATED, "This session was terminated. Start another with a new transaction_id.")


def ended_session(reason: str) -> Refusal:
    """A heartbeat for a session that is over."""
    return Refusal(
        Code.CONFLICT, f"The session has ended ({reason}). Request a token to start another.", reason=SESSION_ENDED
    )


def database_away() -> Refusal:
    """The facts cannot be read or written now."""
    return Refusal(Code.UNAVAILABLE, "The database is away. Try again shortly.", retry_after_s=1)


def not_found(what: str) -> Refusal:
    """It does not exist, or belongs to somebody else."""
    return Refusal(Code.NOT_FOUND, f"No such {what}.")


def unknown_address() -> Refusal:
    """No account has the address that the operator gave."""
    return Refusal(Code.NOT_FOUND, "No such account. Check the address: `bithuman admin list` shows all.")


def invalid(message: str) -> Refusal:
    """A field is wrong; `message` names it and what it takes."""
    return Refusal(Code.VALIDATION_ERROR, message)
