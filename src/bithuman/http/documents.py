"""How values look in the API's documents, and the document of every error.

The documents stand beside their routes: field order, types and meaning, for the wire and for OpenAPI alike. Money,
times and durations are whole numbers there as everywhere, and become JSON's numbers and texts as they leave.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from bithuman.core.billing import MICRO, MINUTE_MS
from bithuman.core.refusals import Code
from bithuman.http.wire import decimal_number


def rfc3339(ms: int) -> str:
    """Milliseconds since the epoch as RFC 3339 in UTC: `2026-11-25T03:00:00.000Z`."""
    return datetime.fromtimestamp(ms / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Credits = Annotated[
    int,
    PlainSerializer(lambda micro: decimal_number(micro, MICRO)),
    WithJsonSchema({"type": "number", "description": "Credits, to six decimals.", "examples": [98.5]}),
]
Minutes = Annotated[
    int,
    PlainSerializer(lambda ms: decimal_number(ms, MINUTE_MS)),
    WithJsonSchema({"type": "number", "description": "Minutes, to six decimals.", "minimum": 0, "examples": [0.5]}),
]
Time = Annotated[
    int,
    PlainSerializer(rfc3339),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "description": "RFC 3339, in UTC.",
            "examples": ["2026-11-25T03:00:00.000Z"],
        }
    ),
]
Seconds = Annotated[int | float, WithJsonSchema({"type": "number", "examples": [300]})]
UserId = Annotated[str, Field(examples=["0a75b67f-1bea-449b-8bae-e924e2e56c99"])]
SessionId = Annotated[str, Field(examples=["8229d861-5e37-46a9-90ae-3ffb2ddfb8c8"])]
AgentCode = Annotated[str, Field(examples=["A78WKV4515"])]
Alias = Annotated[str, Field(examples=["prod-server"])]


class Document(BaseModel):
    """An answer, or a part of one."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)


class ErrorDetail(BaseModel):
    """What went wrong."""

    code: Code = Field(description="For programs; each has one HTTP status.")
    message: str = Field(description="For people: what happened and what to do.")
    httpStatus: int = Field(description="The HTTP status.")
    reason: str = Field("", description="Narrows a code, e.g. SESSION_ENDED; absent where there is none.")


class ErrorAnswer(Document):
    """Every error, on every path."""

    error: ErrorDetail
    status: Literal["error"] = "error"
    status_code: int
