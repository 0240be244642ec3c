"""GET /v1/me"""

from bithuman.service.accounts import set_suspended
from tests.http.conftest import World, refused


class Test200:
    async def test_the_answer_is_the_contracts_byte_for_byte(self, world: World) -> None:
        developer = await world.developer("creator", credits=5)
        response = await developer.get("/v1/me")
        assert response.content.decode() == (
            f'{{"data":{{"user_id":"{developer.id}","email":"dev0@example.com","plan":"creator","credit_balance":2005,'
            '"plan_credits_remaining":2000,"topup_credits_remaining":5,"account_status":"active"},'
            '"status":"success","status_code":200}'
        )

    async def test_plan_credits_are_used_first(self, world: World) -> None:
        developer = await world.developer("free", credits=5)
        token = (await developer.token())["token"]
        world.spend(90)
        await world.end(token)
        data = (await developer.get("/v1/me")).json()["data"]
        assert (data["plan_credits_remaining"], data["topup_credits_remaining"]) == (97.5, 5)

    async def test_a_new_month_brings_the_plans_credits_anew(self, world: World) -> None:
        developer = await world.developer("free", credits=5)
        token = (await developer.token())["token"]
        world.spend(60)
        await world.end(token)
        assert await developer.balance() == 103
        world.spend(7 * 86_400)
        assert await developer.balance() == 104

    async def test_head_is_get_less_the_body(self, world: World) -> None:
        developer = await world.developer()
        got, head = await developer.get("/v1/me"), await developer.http.head("/v1/me")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == got.headers["content-length"]


class Test401:
    async def test_no_secret(self, world: World) -> None:
        refused(await world.stranger.get("/v1/me"), 401, "MISSING_AUTH")

    async def test_a_wrong_secret(self, world: World) -> None:
        refused(await world.client("bhs_nobody").get("/v1/me"), 401, "UNAUTHORIZED")

    async def test_a_runtime_token_calls_no_rest_endpoint(self, world: World) -> None:
        token = (await (await world.developer()).token())["token"]
        for headers in ({"authorization": f"Bearer {token}"}, {"api-secret": token}):
            assert (await world.stranger.get("/v1/me", headers=headers)).status_code == 401


class Test403:
    async def test_a_suspended_account(self, world: World) -> None:
        developer = await world.developer()
        await set_suspended(world.platform, developer.account.email, suspended=True)
        refused(await developer.get("/v1/me"), 403, "ACCOUNT_SUSPENDED")
