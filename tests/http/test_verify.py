"""POST /v1/runtime-tokens/verify"""

from tests.http.conftest import DEVICE, Developer, World, refused

INACTIVE = b'{"active":false}'


async def verify(developer: Developer, token: str) -> bytes:
    response = await developer.post("/v1/runtime-tokens/verify", {"token": token})
    assert response.status_code == 200
    return response.content


class Test200:
    async def test_a_good_token_tells_its_claims(self, world: World) -> None:
        developer = await world.developer()
        session = await developer.token()
        response = await developer.post("/v1/runtime-tokens/verify", {"token": session["token"]})
        document = response.json()
        assert response.content.decode() == (
            f'{{"active":true,"token_type":"runtime","iss":"bitHuman","sub":"{developer.id}","aud":"{DEVICE}",'
            f'"sid":"{session["session_id"]}","jti":"{document["jti"]}","iat":{session["expires_at"] - 300},'
            f'"exp":{session["expires_at"]}}}'
        )

    async def test_the_token_before_is_still_good(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        await world.beat(token, 0)
        assert b'"active":true' in await verify(developer, token)

    async def test_a_superseded_one_is_not(self, world: World) -> None:
        developer = await world.developer()
        first = token = (await developer.token())["token"]
        for seq in range(2):
            token = (await world.beat(token, seq)).json()["data"]["token"]
        assert await verify(developer, first) == INACTIVE

    async def test_nor_an_expired_one(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        world.spend(305)
        assert await verify(developer, token) == INACTIVE

    async def test_nor_one_of_an_ended_session(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        await world.end(token)
        assert await verify(developer, token) == INACTIVE

    async def test_nor_one_of_another_account(self, world: World) -> None:
        token = (await (await world.developer()).token())["token"]
        assert await verify(await world.developer(), token) == INACTIVE

    async def test_nor_one_whose_secret_was_rotated(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        developer.use((await developer.post("/v2/{me}/api-secrets/default/rotate")).json()["secret"])
        assert await verify(developer, token) == INACTIVE

    async def test_nor_one_whose_runtime_access_was_revoked(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        await developer.post("/v2/{me}/runtime/revoke-all")
        assert await verify(developer, token) == INACTIVE

    async def test_nor_anything_else(self, world: World) -> None:
        developer = await world.developer()
        for text in ("", "a.b.c", developer.secret, "é" * 100):
            assert await verify(developer, text) == INACTIVE


class Test400:
    async def test_without_a_token(self, world: World) -> None:
        developer = await world.developer()
        response = await developer.post("/v1/runtime-tokens/verify", {})
        assert refused(response, 400, "MISSING_PARAM") == "token is missing."

    async def test_without_a_body(self, world: World) -> None:
        developer = await world.developer()
        assert refused(await developer.post("/v1/runtime-tokens/verify"), 400, "MISSING_PARAM") == "body is missing."

    async def test_a_token_that_is_no_text(self, world: World) -> None:
        developer = await world.developer()
        message = refused(await developer.post("/v1/runtime-tokens/verify", {"token": 7}), 400, "VALIDATION_ERROR")
        assert message.startswith("token")

    async def test_a_token_that_is_too_long(self, world: World) -> None:
        developer = await world.developer()
        response = await developer.post("/v1/runtime-tokens/verify", {"token": "x" * 2_049})
        assert refused(response, 400, "VALIDATION_ERROR").startswith("token")


class Test401:
    async def test_no_secret(self, world: World) -> None:
        refused(await world.stranger.post("/v1/runtime-tokens/verify", json={"token": "x"}), 401, "MISSING_AUTH")

    async def test_a_token_cannot_vouch_for_itself(self, world: World) -> None:
        token = (await (await world.developer()).token())["token"]
        response = await world.stranger.post(
            "/v1/runtime-tokens/verify", json={"token": token}, headers={"authorization": f"Bearer {token}"}
        )
        refused(response, 401, "MISSING_AUTH")


class Test415:
    async def test_a_form(self, world: World) -> None:
        developer = await world.developer()
        response = await developer.http.post("/v1/runtime-tokens/verify", data={"token": "x"})
        refused(response, 415, "UNSUPPORTED_TYPE")
