"""Request bodies of the routes behind the hot endpoints: bounded, and JSON where JSON is due."""

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.types import Message

from bithuman.http.requests import check_json, read_body, read_headers


class JsonRequest(Request):
    """A request whose JSON is UTF-8 and nothing else (RFC 8259, section 8.1), as the hot endpoints have it."""

    async def json(self) -> Any:
        """The body's document.

        Raises:
            json.JSONDecodeError: it is not JSON.
        """
        try:
            return json.loads(str(await self.body(), "utf-8"))
        except UnicodeDecodeError as error:
            raise json.JSONDecodeError("not UTF-8", "", 0) from error


class BoundedRoute(APIRoute):
    """A route that reads its body whole before FastAPI does, so that size and type are refused in our own words."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler behind the check."""
        answer = super().get_route_handler()
        takes_json = self.body_field is not None

        async def check_and_answer(request: Request) -> Response:
            headers = read_headers(request.scope["headers"])
            body = await read_body(headers, request.receive)
            if body and takes_json:
                check_json(headers)

            async def replay() -> Message:
                return {"type": "http.request", "body": body, "more_body": False}

            return await answer(JsonRequest(request.scope, replay))

        return check_and_answer


def operation_id(route: APIRoute) -> str:
    """The operation's name in the OpenAPI document, e.g. `api_secrets_create`."""
    group = str(route.tags[0]).lower().replace(" ", "_").replace("-", "_")
    return f"{group}_{route.name}"


def router(tag: str, prefix: str = "") -> APIRouter:
    """A group of routes whose bodies are bounded. A missing Content-Type is taken for JSON."""
    return APIRouter(
        prefix=prefix,
        tags=[tag],
        route_class=BoundedRoute,
        strict_content_type=False,
        generate_unique_id_function=operation_id,
    )
