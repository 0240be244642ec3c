"""GET /v2/credit-summaries"""

from tests.http.conftest import World, refused


class Test200:
    async def test_the_answer_is_the_contracts_byte_for_byte(self, world: World) -> None:
        developer = await world.developer("free", credits=1)
        response = await developer.get("/v2/credit-summaries")
        assert response.content.decode() == (
            f'{{"success":true,"data":{{"user_id":"{developer.id}","balance":100,"plan_credits":99,"topup_credits":1,'
            '"minutes_estimate":{"self_hosted":100}}}'
        )

    async def test_an_overdrawn_account_has_no_minutes_left(self, world: World) -> None:
        developer = await world.developer()
        await world.drain(developer, 100_000)
        session = await developer.token()
        world.spend(session["expires_in"])
        await world.end(session["token"])
        data = (await developer.get("/v2/credit-summaries")).json()["data"]
        assert data["balance"] == -0.066666
        assert data["minutes_estimate"] == {"self_hosted": 0}


class Test401:
    async def test_no_secret(self, world: World) -> None:
        refused(await world.stranger.get("/v2/credit-summaries"), 401, "MISSING_AUTH")
