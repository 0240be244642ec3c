"""GET /v1/pricing"""

from tests.http.conftest import World


class Test200:
    async def test_anybody_may_read_the_schedule(self, world: World) -> None:
        response = await world.stranger.get("/v1/pricing")
        assert response.status_code == 200
        assert response.text.startswith(
            '{"success":true,"data":{"unit":"credit","plans":[{"name":"free","credits_per_month":99,'
            '"concurrent_sessions":1,"reads_per_minute":120,"writes_per_minute":30},'
        )
        assert response.text.endswith(
            '"prices":[{"code":"self_hosted","host":"self-hosted","model":"*","credits_per_minute":1,"default":true}]}}'
        )

    async def test_every_plan_of_the_contract_is_there(self, world: World) -> None:
        plans = (await world.stranger.get("/v1/pricing")).json()["data"]["plans"]
        limits = {
            plan["name"]: (plan["concurrent_sessions"], plan["reads_per_minute"], plan["writes_per_minute"])
            for plan in plans
        }
        assert limits == {
            "free": (1, 120, 30),
            "creator": (3, 240, 60),
            "pro": (10, 720, 180),
            "business": (50, 1440, 360),
            "enterprise": (200, 2880, 720),
        }
