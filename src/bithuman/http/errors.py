"""Which errors an operation may answer with, for its documentation."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from bithuman.core import refusals
from bithuman.core.refusals import Code, Refusal
from bithuman.http.documents import ErrorAnswer
from bithuman.http.requests import body_too_large, head_too_large
from bithuman.http.statuses import STATUS
from bithuman.http.wire import failure

# One example of each code.
_EXAMPLES = {
    refusal.code: refusal
    for refusal in (
        Refusal(Code.MISSING_PARAM, "token is missing."),
        refusals.invalid("limit must be 200 or less."),
        refusals.missing_auth(),
        refusals.unknown_secret(),
        refusals.expired_token(),
        refusals.no_credits(),
        refusals.suspended_account(),
        refusals.plan_is_full(1),
        refusals.terminated_session(),
        refusals.not_found("account"),
        refusals.ended_session("closed"),
        body_too_large(),
        head_too_large(),
        Refusal(Code.UNSUPPORTED_TYPE, "Send JSON, with Content-Type: application/json."),
        Refusal(Code.RATE_LIMITED, "Too many requests for this plan. Wait a moment."),
        Refusal(Code.INTERNAL_ERROR, "Something broke on our side. Request 5f0c1a2b-42."),
        Refusal(Code.UNAVAILABLE, "The database is away. Try again shortly."),
    )
}
_ENVELOPE = {"$ref": f"#/components/schemas/{ErrorAnswer.__name__}"}
_RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}}
_WAITING = {STATUS[Code.RATE_LIMITED], STATUS[Code.UNAVAILABLE]}

# What operations have in common.
OPEN = (Code.VALIDATION_ERROR, Code.PAYLOAD_TOO_LARGE, Code.HEAD_TOO_LARGE, Code.INTERNAL_ERROR)
JSON = (Code.VALIDATION_ERROR, Code.UNSUPPORTED_TYPE)
SECRET = (Code.MISSING_AUTH, Code.UNAUTHORIZED, Code.ACCOUNT_SUSPENDED, Code.RATE_LIMITED, Code.UNAVAILABLE)
TOKEN = (Code.MISSING_AUTH, Code.UNAUTHORIZED, Code.TOKEN_EXPIRED, Code.RATE_LIMITED, Code.UNAVAILABLE)
LEASE = (Code.INSUFFICIENT_BALANCE, Code.ACCOUNT_SUSPENDED, Code.CONCURRENCY_LIMIT_REACHED)


def responses(*codes: Code) -> dict[int | str, dict[str, Any]]:
    """The documentation of an operation's errors, by status: `codes`, and those that every operation may answer."""
    by_status = sorted({*OPEN, *codes}, key=lambda code: (STATUS[code], code))
    return {status: _response(status, group) for status, group in groupby(by_status, lambda code: STATUS[code])}


def _response(status: int, codes: Iterable[Code]) -> dict[str, Any]:
    examples = {str(code): {"value": failure(_EXAMPLES[code])} for code in codes}
    documented: dict[str, Any] = {
        "description": " or ".join(f"`{code}`" for code in examples),
        "content": {"application/json": {"schema": _ENVELOPE, "examples": examples}},
    }
    if status in _WAITING:
        documented["headers"] = _RETRY_AFTER
    return documented
