"""Wrong fields of a request: which one, and what it takes, in the words of this API."""

from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import RequestValidationError

from bithuman.core import refusals
from bithuman.core.refusals import Code, Refusal

OWN = "own"
"""The type of an error whose message is written here, such as `must be a date or a time`."""
_WHOLE_NUMBER = "must be a whole number"
_RULES = {
    "int_type": _WHOLE_NUMBER,
    "int_parsing": _WHOLE_NUMBER,
    "int_parsing_size": _WHOLE_NUMBER,
    "int_from_float": _WHOLE_NUMBER,
    "greater_than_equal": "must be {ge} or more",
    "less_than_equal": "must be {le} or less",
    "string_type": "must be a text",
    "string_too_long": "must have at most {max_length} characters",
    "enum": "must be {expected}",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
}
"""What a field takes, by pydantic's type of its error and with that error's values."""


def refusal_of(error: RequestValidationError) -> Refusal:
    """Name the first field that is wrong, and what it takes. What was sent is never repeated."""
    first: Mapping[str, Any] = error.errors()[0]
    kind = first["type"]
    if kind == "json_invalid":
        return refusals.invalid("The body is not JSON.")
    field = ".".join(str(part) for part in first["loc"][1:]) or "body"
    if kind == "missing":
        return Refusal(Code.MISSING_PARAM, f"{field} is missing.")
    rule = _RULES.get(kind, "does not take this value").format_map(first.get("ctx", {}))
    return refusals.invalid(f"{field} {first['msg'] if kind == OWN else rule}.")
