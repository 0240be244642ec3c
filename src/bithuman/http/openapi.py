"""The OpenAPI document: FastAPI's own, and the hot endpoints that FastAPI never sees.

The functions here are declarations and are never called: `http/hot.py` answers these requests, and the tests hold the
two together.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, FastAPI, Security
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from bithuman.core.refusals import Code
from bithuman.http import hot
from bithuman.http.bodies import operation_id
from bithuman.http.caller import RuntimeToken, api_secret
from bithuman.http.documents import Document, ErrorAnswer, ErrorDetail, Seconds, SessionId
from bithuman.http.errors import JSON, LEASE, SECRET, TOKEN, responses
from bithuman.http.fields import MAX_BEATS, MAX_FINGERPRINT, MAX_SEQ, MIN_FINGERPRINT, TEXT_FIELDS

DESCRIPTION = """\
One server authorises, meters and revokes real-time talking avatars.

An **api-secret** goes in the header `api-secret`. A **runtime token**, which a program gets for its secret and its
engine renews with every heartbeat, goes in `Authorization: Bearer`. Every answer has an `X-Request-Id`.
"""

_REQUEST_ID = {"X-Request-Id": {"description": "Names this request in the server's log.", "schema": {"type": "string"}}}

_RATE_LIMIT = {
    f"X-RateLimit-{name}": {"description": meaning, "schema": {"type": "integer", "minimum": 0}}
    for name, meaning in (
        ("Limit", "Requests of this kind, read or write, that the plan allows a minute."),
        ("Remaining", "Requests that may be made now."),
        ("Reset", "Seconds until all of them may be made again."),
    )
}


class Validity(Document):
    """Whether a secret is live and its account active. Never why not."""

    valid: bool


def _text(name: str, description: str | None = None) -> Any:
    """A text that may be left out, as `http/fields.py` takes it: no control characters."""
    return Field(
        None, max_length=TEXT_FIELDS[name], pattern=r"^[^\u0000-\u001f\u007f-\u009f]*$", description=description
    )


class TokenRequestBody(BaseModel):
    """What a client says of a session. Everything may be left out; unknown fields are ignored."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"agent_code": "A78WKV4515"},
                {
                    "fingerprint": "e39652bf67828a660f089eb1461fe1f1",
                    "transaction_id": "863ec82a-d4f5-4c2d-a90b-e9da95feba83",
                    "tags": "bithuman",
                },
            ]
        }
    )

    fingerprint: str | None = Field(
        None,
        pattern=f"^[0-9a-fA-F]{{{MIN_FINGERPRINT},{MAX_FINGERPRINT}}}$",
        description="The device, in hexadecimal. Made up where absent.",
    )
    transaction_id: str | None = _text("transaction_id", "The same id from the same device continues the same session.")
    agent_code: str | None = _text("agent_code", "The agent to attribute the use to.")
    user_id: str | None = _text("user_id", "Your own user to attribute the use to.")
    billing_type: str | None = _text("billing_type", "The price that applies; see `/v1/pricing`.")
    room_name: str | None = _text("room_name")
    tags: str | None = _text("tags")
    runtime_model_hash: str | None = _text("runtime_model_hash")
    runtime_version: str | None = _text("runtime_version")


class HeartbeatBody(BaseModel):
    """A sign of life. Only `seq` matters to the server."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"seq": 7, "frames": 1500, "state": "live"}]})

    seq: int = Field(ge=0, le=MAX_SEQ, description="0, 1, 2 …; the same number again gets the same answer.")
    frames: Any = Field(None, description="Frames drawn so far, for whoever reads along.")
    state: Any = Field(None, description="What the engine is doing, e.g. live.")


class TokenData(Document):
    """A session and its newest token."""

    token: str = Field(description="The runtime token, a JWT.", examples=["eyJ…"])
    transaction_id: str = Field(examples=["863ec82a-d4f5-4c2d-a90b-e9da95feba83"])
    session_id: SessionId
    fingerprint: str = Field(examples=["e39652bf67828a660f089eb1461fe1f1"])
    expires_at: Seconds = Field(
        description="When the token expires, in seconds since the epoch.", examples=[1795575900]
    )
    expires_in: Seconds = Field(description="The token's life in seconds: also the grace without a heartbeat.")
    heartbeat_interval: Seconds = Field(description="Seconds between heartbeats.", examples=[60])


class TokenAnswer(Document):
    """A runtime token."""

    status: Literal["success"] = "success"
    status_code: Literal[200] = 200
    data: TokenData


_hot = APIRouter(tags=["Runtime tokens"], generate_unique_id_function=operation_id)


@_hot.post(
    hot.VALIDATE,
    summary="Is this secret good?",
    response_model=Validity,
    responses=responses(Code.UNAVAILABLE),
    # The second, empty, requirement makes the first optional (OpenAPI 3.1, section 4.8.10).
    openapi_extra={"security": [{"ApiSecret": []}, {}]},
)
def validate() -> None:
    """`{"valid":true}` for a live secret of an active account, else `{"valid":false}`. Always 200."""


@_hot.post(
    hot.REQUEST,
    summary="Exchange a secret for a runtime token",
    response_model=TokenAnswer,
    responses=responses(*SECRET, *JSON, *LEASE, Code.SESSION_TERMINATED),
    dependencies=[Security(api_secret)],
)
def request(body: Annotated[TokenRequestBody | None, Body()] = None) -> None:
    """Open a session, or continue the one that the `transaction_id` names: it is billed and its token renewed.

    Without a `transaction_id` the session is provisional, and the device's next request adopts it.
    """


class Beat(HeartbeatBody):
    """A heartbeat of one session among others."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"token": "eyJ…", "seq": 7}]})

    token: str = Field(description="The session's runtime token.", examples=["eyJ…"])


class HeartbeatsBody(BaseModel):
    """Signs of life of many sessions of one account."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"beats": [{"token": "eyJ…", "seq": 7}]}]})

    beats: list[Beat] = Field(max_length=MAX_BEATS)


class Granted(Document):
    """The answer to a heartbeat that was accepted."""

    status: Literal[200] = 200
    data: TokenData


class Refused(BaseModel):
    """The answer to a heartbeat that was refused: what it would be alone."""

    status: int = Field(ge=400, le=599)
    error: ErrorDetail
    retry_after: int = Field(1, ge=1, description="Seconds to wait, for 429 and 503 alone.")


class Results(Document):
    """An answer for each heartbeat, in their order."""

    results: list[Granted | Refused]


@_hot.post(
    hot.HEARTBEATS,
    summary="Renew many runtime tokens",
    response_model=Results,
    responses=responses(*JSON, Code.MISSING_PARAM, Code.UNAVAILABLE),
    openapi_extra={"security": []},
)
def heartbeats(body: HeartbeatsBody) -> None:
    """Many heartbeats of one account in one request, of 1 MiB at most. The tokens are the credentials.

    Each is decided as if it came alone, and all are on disk before the answer. For a program with many sessions.
    """


@_hot.post(
    hot.HEARTBEAT,
    summary="Renew a runtime token",
    response_model=TokenAnswer,
    responses=responses(*TOKEN, *JSON, *LEASE, Code.MISSING_PARAM, Code.CONFLICT),
    dependencies=[RuntimeToken],
)
def heartbeat(body: HeartbeatBody) -> None:
    """Prove that the session is alive, bill the time since the last heartbeat, and get the next token.

    The same `seq` again gets the same answer and bills nothing more.
    """


def describe(app: FastAPI) -> dict[str, Any]:
    """The document of the whole door."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version=app.openapi_version,
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        routes=[*_hot.routes, *app.routes],
    )
    for path, operations in document["paths"].items():
        for operation in operations.values():
            # FastAPI promises 422 for every wrong field; this door answers 400.
            operation["responses"].pop("422", None)
            is_limited = operation.get("security") == [{"ApiSecret": []}] and path != hot.REQUEST
            for status, answer in operation["responses"].items():
                headers = answer.setdefault("headers", {})
                headers.update(_REQUEST_ID)
                if is_limited and status in ("200", "429"):
                    headers.update(_RATE_LIMIT)
    _, envelope = models_json_schema([(ErrorAnswer, "serialization")], ref_template="#/components/schemas/{model}")
    document["components"]["schemas"].update(envelope["$defs"])
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    return document
