"""GET /v2/{user_id}/api-secrets"""

from tests.http.conftest import World, refused

PATH = "/v2/{me}/api-secrets"


class Test200:
    async def test_the_answer_is_the_contracts_byte_for_byte(self, world: World) -> None:
        developer = await world.developer()
        world.spend(61.5)
        made = (await developer.post(PATH, {"alias": "prod-server"})).json()["secret"]
        response = await developer.get(PATH)
        first = developer.secret
        assert response.content.decode() == (
            f'{{"user_id":"{developer.id}","data":[{{"alias":"default","key_display":"{first[:8]}…{first[-4:]}",'
            '"created_at":"2026-11-25T03:00:00.000Z","last_used_at":"2026-11-25T03:01:00.000Z"},'
            f'{{"alias":"prod-server","key_display":"{made[:8]}…{made[-4:]}",'
            '"created_at":"2026-11-25T03:01:01.500Z","last_used_at":null}],"total_count":2}'
        )

    async def test_a_token_request_counts_as_use(self, world: World) -> None:
        developer = await world.developer()
        await developer.token()
        world.spend(600)
        await developer.token()
        world.spend(30)
        listed = (await developer.get(PATH)).json()["data"]
        assert listed[0]["last_used_at"] == "2026-11-25T03:10:00.000Z"

    async def test_dead_secrets_are_not_listed(self, world: World) -> None:
        developer = await world.developer()
        await developer.post(PATH, {"alias": "gone"})
        await developer.delete(f"{PATH}/gone")
        assert [secret["alias"] for secret in (await developer.get(PATH)).json()["data"]] == ["default"]


class Test401:
    async def test_no_secret(self, world: World) -> None:
        developer = await world.developer()
        refused(await world.stranger.get(f"/v2/{developer.id}/api-secrets"), 401, "MISSING_AUTH")


class Test404:
    async def test_another_account(self, world: World) -> None:
        developer, other = await world.developer(), await world.developer()
        refused(await developer.get(f"/v2/{other.id}/api-secrets"), 404, "NOT_FOUND")
