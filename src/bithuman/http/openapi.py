"""The OpenAPI document: FastAPI's own, and the hot endpoints that FastAPI never sees.

The functions here are declarations and are never called: `http/hot.py` answers these requests, and the tests hold the
two together.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Body, FastAPI, Security
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from bithuman.core.refusals import Code
from bithuman.http import hot
from bithuman.http.bodies import operation_id
from bithuman.http.caller import RuntimeToken, api_secret
from bithuman.http.documents import ErrorAnswer, Grant, HeartbeatBody, TokenRequestBody, Validity
from bithuman.http.errors import JSON, LEASE, SECRET, TOKEN, responses

DESCRIPTION = """\
One server authorises, meters and revokes real-time talking avatars.

An **api-secret** goes in the header `api-secret`. A **runtime token**, which a program gets for its secret and its
engine renews with every heartbeat, goes in `Authorization: Bearer`. Every answer has an `X-Request-Id`.
"""

_REQUEST_ID = {"X-Request-Id": {"description": "Names this request in the server's log.", "schema": {"type": "string"}}}

_hot = APIRouter(tags=["Runtime tokens"], generate_unique_id_function=operation_id)


@_hot.post(
    hot.VALIDATE,
    summary="Is this secret good?",
    response_model=Validity,
    responses=responses(),
    # The second, empty, requirement makes the first optional (OpenAPI 3.1, section 4.8.10).
    openapi_extra={"security": [{"ApiSecret": []}, {}]},
)
def validate() -> None:
    """`{"valid":true}` for a live secret of an active account, else `{"valid":false}`. Always 200."""


@_hot.post(
    hot.REQUEST,
    summary="Exchange a secret for a runtime token",
    response_model=Grant,
    responses=responses(*SECRET, *JSON, *LEASE, Code.SESSION_TERMINATED),
    dependencies=[Security(api_secret)],
)
def request(body: Annotated[TokenRequestBody | None, Body()] = None) -> None:
    """Open a session, or continue the one that the `transaction_id` names: it is billed and its token renewed.

    Without a `transaction_id` the session is provisional, and the device's next request adopts it.
    """


@_hot.post(
    hot.HEARTBEAT,
    summary="Renew a runtime token",
    response_model=Grant,
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
    for path in document["paths"].values():
        for operation in path.values():
            # FastAPI promises 422 for every wrong field; this door answers 400.
            operation["responses"].pop("422", None)
            for answer in operation["responses"].values():
                answer.setdefault("headers", {}).update(_REQUEST_ID)
    _, envelope = models_json_schema([(ErrorAnswer, "serialization")], ref_template="#/components/schemas/{model}")
    document["components"]["schemas"].update(envelope["$defs"])
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    return document
