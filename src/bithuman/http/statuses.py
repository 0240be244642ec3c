"""The HTTP status of an answer with each code, as the wire contract has it."""

from bithuman.core.refusals import Code

STATUS = {
    Code.MISSING_PARAM: 400,
    Code.VALIDATION_ERROR: 400,
    Code.MISSING_AUTH: 401,
    Code.UNAUTHORIZED: 401,
    Code.TOKEN_EXPIRED: 401,
    Code.INSUFFICIENT_BALANCE: 402,
    Code.ACCESS_DENIED: 403,
    Code.ACCOUNT_SUSPENDED: 403,
    Code.CONCURRENCY_LIMIT_REACHED: 403,
    Code.SESSION_TERMINATED: 403,
    Code.NOT_FOUND: 404,
    Code.METHOD_NOT_ALLOWED: 405,
    Code.CONFLICT: 409,
    Code.PAYLOAD_TOO_LARGE: 413,
    Code.UNSUPPORTED_TYPE: 415,
    Code.RATE_LIMITED: 429,
    Code.HEAD_TOO_LARGE: 431,
    Code.INTERNAL_ERROR: 500,
    Code.UNAVAILABLE: 503,
}
