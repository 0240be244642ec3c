"""Which errors an operation may answer with, for its documentation."""

from typing import Any

from bithuman.core.refusals import Code, Refusal
from bithuman.http.documents import ErrorAnswer
from bithuman.http.wire import failure

_EXAMPLES = {
    Code.VALIDATION_ERROR: "limit: Input should be less than or equal to 200.",
    Code.MISSING_AUTH: "No api-secret header. Send your secret as 'api-secret: bhs_…'.",
    Code.INSUFFICIENT_BALANCE: "No credits left. Top up, or wait for next month's plan credits.",
    Code.ACCOUNT_SUSPENDED: "The account is suspended. Ask the operator of this service.",
    Code.CONCURRENCY_LIMIT_REACHED: "The plan allows 1 live session at a time. End one, or choose a larger plan.",
    Code.NOT_FOUND: "No such account.",
    Code.CONFLICT: "There is a secret with the alias 'prod-server'. Rotate it, or take another alias.",
    Code.PAYLOAD_TOO_LARGE: "The body is larger than 64 KiB.",
    Code.UNSUPPORTED_TYPE: "Send JSON, with Content-Type: application/json.",
    Code.RATE_LIMITED: "Too many requests for this plan. Wait a moment.",
    Code.INTERNAL_ERROR: "Something broke on our side. Request 5f0c1a2b-42.",
    Code.UNAVAILABLE: "The database is away. Try again shortly.",
}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}}
_WAITING = (Code.RATE_LIMITED, Code.UNAVAILABLE)

# Sets of errors that operations share.
OPEN = (Code.PAYLOAD_TOO_LARGE, Code.INTERNAL_ERROR)
READ = (
    *OPEN,
    Code.VALIDATION_ERROR,
    Code.MISSING_AUTH,
    Code.ACCOUNT_SUSPENDED,
    Code.RATE_LIMITED,
    Code.UNAVAILABLE,
)
OWN = (*READ, Code.NOT_FOUND)
WRITE = (*OWN, Code.UNSUPPORTED_TYPE)
CREATE = (*WRITE, Code.CONFLICT)
VERIFY = (*READ, Code.UNSUPPORTED_TYPE)
BEARER = (*OPEN, Code.MISSING_AUTH, Code.RATE_LIMITED, Code.UNAVAILABLE)
EXCHANGE = (*VERIFY, Code.INSUFFICIENT_BALANCE)
HEARTBEAT = (*EXCHANGE, Code.CONFLICT)


def responses(codes: tuple[Code, ...]) -> dict[int | str, dict[str, Any]]:
    """The documentation of these errors, by status. One code stands for all of its status."""
    documented: dict[int | str, dict[str, Any]] = {}
    for code in sorted(codes, key=lambda code: code.http_status):
        documented[code.http_status] = {
            "model": ErrorAnswer,
            "description": f"`{code}`",
            "content": {"application/json": {"example": failure(Refusal(code, _EXAMPLES[code]))}},
        }
        if code in _WAITING:
            documented[code.http_status]["headers"] = _RETRY_AFTER
    return documented
