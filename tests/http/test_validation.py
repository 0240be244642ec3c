"""Wrong fields are named, with what they take, and what was sent is not repeated."""

from typing import Any

import pytest

from tests.http.conftest import World, refused

CANARY = "canary"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"limit": CANARY}, "limit must be a whole number."),
        ({"limit": "9" * 5_000}, "limit must be a whole number."),
        ({"limit": "1.5"}, "limit must be a whole number."),
        ({"limit": 201}, "limit must be 200 or less."),
        ({"limit": 0}, "limit must be 1 or more."),
        ({"agent_code": CANARY * 20}, "agent_code must have at most 64 characters."),
        ({"start": CANARY}, "start must be a date or a time, such as 2026-11-25T03:00:00Z."),
    ],
)
async def test_a_query_parameter(world: World, query: dict[str, Any], message: str) -> None:
    developer = await world.developer()
    answer = await developer.get("/v1/usage", **query)
    assert refused(answer, 400, "VALIDATION_ERROR") == message


async def test_a_window_of_sessions(world: World) -> None:
    developer = await world.developer()
    answer = await developer.get(f"/v2/{developer.id}/runtime-sessions", window=CANARY)
    assert refused(answer, 400, "VALIDATION_ERROR") == "window must be 'live', 'recent' or 'all'."


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([CANARY], "body must be a JSON object."),
        (CANARY, "body must be a JSON object."),
        ({"overlap_seconds": CANARY}, "overlap_seconds must be a whole number."),
        ({"overlap_seconds": 0.5}, "overlap_seconds must be a whole number."),
        ({"overlap_seconds": -1}, "overlap_seconds must be 0 or more."),
        ({"overlap_seconds": 10**9}, "overlap_seconds must be 604800 or less."),
    ],
)
async def test_a_body(world: World, body: Any, message: str) -> None:
    developer = await world.developer()
    answer = await developer.post(f"/v2/{developer.id}/api-secrets/default/rotate", body)
    assert refused(answer, 400, "VALIDATION_ERROR") == message


async def test_an_alias_and_a_token(world: World) -> None:
    developer = await world.developer()
    answer = await developer.post(f"/v2/{developer.id}/api-secrets", {"alias": [CANARY]})
    assert refused(answer, 400, "VALIDATION_ERROR") == "alias must be a text."
    answer = await developer.post("/v1/runtime-tokens/verify", {})
    assert refused(answer, 400, "MISSING_PARAM") == "token is missing."
