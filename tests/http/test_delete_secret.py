"""DELETE /v2/{user_id}/api-secrets/{alias}"""

from tests.http.conftest import World, refused

PATH = "/v2/{me}/api-secrets"


class Test200:
    async def test_the_secret_and_its_session_are_refused_at_once(self, world: World) -> None:
        developer = await world.developer()
        spare = (await developer.post(PATH, {"alias": "spare"})).json()["secret"]
        token = (await developer.token())["token"]
        response = await developer.delete(f"{PATH}/default")
        assert response.status_code == 200
        assert list(response.json()) == ["alias", "message"]
        assert response.json()["alias"] == "default"
        refused(await developer.get("/v1/me"), 401, "UNAUTHORIZED")
        refused(await world.beat(token, 0), 401, "UNAUTHORIZED")
        developer.use(spare)
        session = (await developer.get("/v2/{me}/runtime-sessions", window="all")).json()["data"]["sessions"][0]
        assert (session["status"], session["ended_reason"]) == ("ended", "revoked")


class Test401:
    async def test_no_secret(self, world: World) -> None:
        developer = await world.developer()
        refused(await world.stranger.delete(f"/v2/{developer.id}/api-secrets/default"), 401, "MISSING_AUTH")


class Test404:
    async def test_an_alias_that_is_not_there(self, world: World) -> None:
        developer = await world.developer()
        refused(await developer.delete(f"{PATH}/nothing"), 404, "NOT_FOUND")

    async def test_another_accounts_secret_lives_on(self, world: World) -> None:
        developer, other = await world.developer(), await world.developer()
        refused(await developer.delete(f"/v2/{other.id}/api-secrets/default"), 404, "NOT_FOUND")
        assert (await other.get("/v1/me")).status_code == 200

    async def test_twice(self, world: World) -> None:
        developer = await world.developer()
        await developer.post(PATH, {"alias": "spare"})
        assert (await developer.delete(f"{PATH}/spare")).status_code == 200
        refused(await developer.delete(f"{PATH}/spare"), 404, "NOT_FOUND")
