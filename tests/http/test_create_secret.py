"""POST /v2/{user_id}/api-secrets"""

from typing import Any

import pytest

from bithuman.core.secrets import check_secret
from tests.http.conftest import World, compact, refused

PATH = "/v2/{me}/api-secrets"


class Test200:
    async def test_the_recipe_byte_for_byte(self, world: World) -> None:
        developer = await world.developer()
        response = await developer.post(PATH, {"alias": "prod-server"})
        assert response.status_code == 200
        secret = check_secret(response.json()["secret"])
        assert response.content.decode() == f'{{"alias":"prod-server","secret":"{secret}"}}'
        assert (await world.client(secret).get("/v1/me")).status_code == 200

    @pytest.mark.parametrize("body", [b"", b"{}", b"null", b'{"alias":null}'])
    async def test_an_alias_is_made_up_where_there_is_none(self, world: World, body: bytes) -> None:
        developer = await world.developer()
        response = await developer.http.post(f"/v2/{developer.id}/api-secrets", content=body)
        assert response.status_code == 200
        assert 1 <= len(response.json()["alias"]) <= 32

    async def test_a_freed_alias_may_be_taken_again(self, world: World) -> None:
        developer = await world.developer()
        await developer.post(PATH, {"alias": "again"})
        await developer.delete(f"{PATH}/again")
        assert (await developer.post(PATH, {"alias": "again"})).status_code == 200


class Test400:
    @pytest.mark.parametrize("alias", ["", " ", "a" * 33, "-a", "a/b", "ä", "a\nb", "\ud800", 7, ["a"], True])
    async def test_a_wrong_alias(self, world: World, alias: Any) -> None:
        developer = await world.developer()
        body = b'{"alias":"\\ud800"}' if alias == "\ud800" else compact({"alias": alias})
        response = await developer.http.post(f"/v2/{developer.id}/api-secrets", content=body)
        assert refused(response, 400, "VALIDATION_ERROR").startswith("alias")

    @pytest.mark.parametrize("body", [b"{", b"[]", b'"prod"', b"\xff", b"[" * 60_000])
    async def test_a_body_that_is_no_json_object(self, world: World, body: bytes) -> None:
        developer = await world.developer()
        response = await developer.http.post(f"/v2/{developer.id}/api-secrets", content=body)
        refused(response, 400, "VALIDATION_ERROR")


class Test401:
    async def test_no_secret(self, world: World) -> None:
        developer = await world.developer()
        refused(await world.stranger.post(f"/v2/{developer.id}/api-secrets"), 401, "MISSING_AUTH")


class Test404:
    async def test_another_account_looks_like_none(self, world: World) -> None:
        developer, other = await world.developer(), await world.developer()
        theirs = await developer.post(f"/v2/{other.id}/api-secrets", {"alias": "mine"})
        nobodys = await developer.post("/v2/nobody/api-secrets", {"alias": "mine"})
        refused(theirs, 404, "NOT_FOUND")
        assert theirs.content == nobodys.content


class Test409:
    async def test_an_alias_that_exists(self, world: World) -> None:
        developer = await world.developer()
        message = refused(await developer.post(PATH, {"alias": "default"}), 409, "CONFLICT")
        assert "default" in message

    async def test_another_account_may_have_the_same(self, world: World) -> None:
        for developer in (await world.developer(), await world.developer()):
            assert (await developer.post(PATH, {"alias": "prod"})).status_code == 200


class Test413:
    async def test_a_body_over_64_kib(self, world: World) -> None:
        developer = await world.developer()
        refused(await developer.post(PATH, {"alias": "a" * 65_536}), 413, "PAYLOAD_TOO_LARGE")


class Test415:
    async def test_a_form(self, world: World) -> None:
        developer = await world.developer()
        response = await developer.http.post(f"/v2/{developer.id}/api-secrets", data={"alias": "prod"})
        refused(response, 415, "UNSUPPORTED_TYPE")
