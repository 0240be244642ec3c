"""How an answer looks on the wire: compact JSON, one envelope for success and one for errors."""

from decimal import ROUND_DOWN, Decimal
from typing import Any

import orjson
import structlog

from bithuman.core.refusals import Code, Refusal
from bithuman.core.tokens import numeric_date
from bithuman.http.statuses import STATUS
from bithuman.service.lease import IssuedToken
from bithuman.service.platform import Platform

_log = structlog.get_logger(__name__)


def encode(document: Any) -> bytes:
    """JSON without a space after `:` or `,`: a published client finds its token by scanning for `"token":"`."""
    return orjson.dumps(document)


def internal_error(request_id: str, path: str, error: Exception) -> Refusal:
    """A fault of ours: the log gets it whole, the client gets the request's id and nothing else."""
    _log.error("internal_error", request_id=request_id, path=path, exc_info=error)
    return Refusal(Code.INTERNAL_ERROR, f"Something broke on our side. Request {request_id}.")


def wrong_method(method: str) -> Refusal:
    """The path is there, and does not take this method."""
    return Refusal(Code.METHOD_NOT_ALLOWED, f"{method} is not allowed here.")


def decimal_number(amount: int, divisor: int) -> int | float:
    """`amount` / `divisor` as a JSON number, to six decimals, rounded towards zero.

    The quotient is exact until it becomes JSON's number, and a double holds six decimals of anything below 2**33.
    """
    quotient = Decimal(amount) / divisor
    if quotient == quotient.to_integral_value():
        return int(quotient)
    return float(quotient.quantize(Decimal("0.000001"), ROUND_DOWN))


def whole_number(value: Any) -> Any:
    """`value`, as an int where it is a whole number: JSON has one kind of number, and 7.0 is 7."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def success(data: Any) -> dict[str, Any]:
    """The envelope of most answers."""
    return {"status": "success", "status_code": 200, "data": data}


def failure(refusal: Refusal) -> dict[str, Any]:
    """The envelope of every error. The HTTP status stands in it twice, as clients expect."""
    status = STATUS[refusal.code]
    error: dict[str, Any] = {"code": refusal.code, "message": refusal.message, "httpStatus": status}
    if refusal.reason is not None:
        error["reason"] = refusal.reason
    return {"error": error, "status": "error", "status_code": status}


def grant_data(platform: Platform, grant: IssuedToken) -> dict[str, Any]:
    """What a client learns with its token."""
    session = grant.session
    return {
        "token": grant.token,
        "transaction_id": session.transaction_id,
        "session_id": session.id,
        "fingerprint": session.fingerprint,
        "expires_at": numeric_date(session.expires_ms),
        "expires_in": numeric_date(session.life_ms),
        "heartbeat_interval": numeric_date(platform.timing.interval_ms(session.life_ms)),
    }
