"""POST /v2/{user_id}/api-secrets/{alias}/rotate"""

from typing import Any

import pytest

from bithuman.core.secrets import check_secret
from tests.http.conftest import World, refused

PATH = "/v2/{me}/api-secrets/default/rotate"
TRANSACTION = "863ec82a-d4f5-4c2d-a90b-e9da95feba83"


class Test200:
    async def test_the_old_key_and_its_session_are_refused_at_once(self, world: World) -> None:
        developer = await world.developer()
        session = await developer.token(transaction_id=TRANSACTION)
        response = await developer.post(PATH)
        fresh = check_secret(response.json()["secret"])
        assert response.content.decode() == f'{{"alias":"default","secret":"{fresh}"}}'
        for path in ("/v1/me", "/v1/usage", "/v2/{me}/api-secrets"):
            refused(await developer.get(path), 401, "UNAUTHORIZED")
        refused(await developer.request_token(transaction_id=TRANSACTION), 401, "UNAUTHORIZED")
        refused(await world.beat(session["token"], 0), 401, "UNAUTHORIZED")
        developer.use(fresh)
        resumed = await developer.token(transaction_id=TRANSACTION)
        assert resumed["session_id"] == session["session_id"]
        assert (await world.beat(resumed["token"], 0)).status_code == 200

    async def test_an_overlap_on_purpose(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        fresh = (await developer.post(PATH, {"overlap_seconds": 60})).json()["secret"]
        world.spend(59.999)
        assert (await developer.get("/v1/me")).status_code == 200
        assert (await world.client(fresh).get("/v1/me")).status_code == 200
        renewed = await world.beat(token, 0)
        assert renewed.status_code == 200
        world.spend(0.001)
        refused(await developer.get("/v1/me"), 401, "UNAUTHORIZED")
        refused(await world.beat(renewed.json()["data"]["token"], 1), 401, "UNAUTHORIZED")

    async def test_no_overlap_asked_for_is_none(self, world: World) -> None:
        for body in ({}, {"overlap_seconds": 0}, {"overlap_seconds": 0.0}):
            developer = await world.developer()
            await developer.post(PATH, body)
            refused(await developer.get("/v1/me"), 401, "UNAUTHORIZED")

    async def test_whoever_rotates_again_within_the_overlap_ends_the_newer_one(self, world: World) -> None:
        developer = await world.developer()
        second = (await developer.post(PATH, {"overlap_seconds": 60})).json()["secret"]
        third = (await developer.post(PATH)).json()["secret"]
        assert (await world.client(second).get("/v1/me")).status_code == 401
        assert (await world.client(third).get("/v1/me")).status_code == 200


class Test400:
    @pytest.mark.parametrize("seconds", [-1, 604_801, 1.5, "5", True, None, 10**30])
    async def test_a_wrong_overlap(self, world: World, seconds: Any) -> None:
        developer = await world.developer()
        response = await developer.post(PATH, {"overlap_seconds": seconds})
        assert refused(response, 400, "VALIDATION_ERROR").startswith("overlap_seconds")
        assert (await developer.get("/v1/me")).status_code == 200


class Test401:
    async def test_no_secret(self, world: World) -> None:
        developer = await world.developer()
        refused(await world.stranger.post(f"/v2/{developer.id}/api-secrets/default/rotate"), 401, "MISSING_AUTH")


class Test404:
    async def test_an_alias_that_is_not_there(self, world: World) -> None:
        developer = await world.developer()
        refused(await developer.post("/v2/{me}/api-secrets/nothing/rotate"), 404, "NOT_FOUND")

    async def test_another_accounts_secret_lives_on(self, world: World) -> None:
        developer, other = await world.developer(), await world.developer()
        refused(await developer.post(f"/v2/{other.id}/api-secrets/default/rotate"), 404, "NOT_FOUND")
        assert (await other.get("/v1/me")).status_code == 200


class Test415:
    async def test_a_form(self, world: World) -> None:
        developer = await world.developer()
        response = await developer.http.post(
            f"/v2/{developer.id}/api-secrets/default/rotate", data={"overlap_seconds": "5"}
        )
        refused(response, 415, "UNSUPPORTED_TYPE")
