"""GET /v1/usage"""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.http.conftest import OTHER_DEVICE, World, refused


class Test200:
    async def test_the_answer_is_the_contracts_byte_for_byte(self, world: World) -> None:
        developer = await world.developer("free", credits=5)
        session = await developer.token(agent_code="A78WKV4515")
        world.spend(61.5)
        await world.end(session["token"])
        response = await developer.get("/v1/usage", limit=2)
        assert response.content.decode() == (
            '{"data":[{"activity_type":"runtime","pricing_code":"self_hosted",'
            f'"session_id":"{session["session_id"]}","agent_code":"A78WKV4515",'
            '"created_at":"2026-11-25T03:01:01.500Z","credits_change":1.025},'
            '{"activity_type":"top_up","pricing_code":null,"session_id":null,"agent_code":null,'
            '"created_at":"2026-11-25T03:00:00.000Z","credits_change":-5}],'
            '"pagination":{"limit":2,"offset":0,"total":3,"has_more":true}}'
        )

    async def test_the_balance_is_minus_the_sum_to_the_last_digit(self, world: World) -> None:
        developer = await world.developer("creator", credits=7)
        tokens = [(await developer.token(fingerprint=device))["token"] for device in (OTHER_DEVICE, "a" * 32)]
        for seq, seconds in enumerate((0.001, 1.234, 59.999, 200, 17.17)):
            world.spend(seconds)
            tokens = [(await world.beat(token, seq)).json()["data"]["token"] for token in tokens]
        me = json.loads((await developer.get("/v1/me")).text, parse_float=Decimal, parse_int=Decimal)
        usage = json.loads((await developer.get("/v1/usage")).text, parse_float=Decimal, parse_int=Decimal)
        assert me["data"]["credit_balance"] == -sum(entry["credits_change"] for entry in usage["data"])
        # The first two beats of each session come early: they are billed with the third.
        assert usage["pagination"]["total"] == len(usage["data"]) == 2 + 2 * 3

    async def test_pages_follow_each_other_and_the_last_says_so(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        for seq in range(3):
            world.spend(60)
            token = (await world.beat(token, seq)).json()["data"]["token"]
        whole = (await developer.get("/v1/usage")).json()
        pages = [(await developer.get("/v1/usage", limit=2, offset=offset)).json() for offset in (0, 2, 4)]
        assert [entry for page in pages for entry in page["data"]] == whole["data"]
        assert [page["pagination"]["has_more"] for page in pages] == [True, False, False]

    @pytest.mark.parametrize(
        ("window", "kept"),
        [
            ({"start": "2026-11-25"}, 3),
            ({"start": "2026-11-26"}, 0),
            ({"end": "2026-11-25"}, 0),
            ({"start": "2026-11-25T03:00:00Z", "end": "2026-11-25T03:01:00Z"}, 2),
            ({"start": "2026-11-25T03:01:00.000Z"}, 1),
            ({"start": "2026-11-25T04:01:00+01:00"}, 1),
            ({"start": "2026-11-25t03:01:00.001z"}, 0),
            ({"start": "0001-01-01T00:00:00+14:00", "end": "9999-12-31T23:59:59-12:00"}, 3),
        ],
    )
    async def test_a_window_takes_its_start_and_leaves_its_end(
        self, world: World, window: dict[str, str], kept: int
    ) -> None:
        developer = await world.developer("free", credits=5)
        token = (await developer.token())["token"]
        world.spend(60)
        await world.beat(token, 0)
        assert (await developer.get("/v1/usage", **window)).json()["pagination"]["total"] == kept

    async def test_one_agents_use(self, world: World) -> None:
        developer = await world.developer()
        await world.end((await developer.token(agent_code="A00000000A", transaction_id="a"))["token"])
        token = (await developer.token(agent_code="A00000000B", transaction_id="b"))["token"]
        world.spend(60)
        await world.end(token)
        page = (await developer.get("/v1/usage", agent_code="A00000000B")).json()
        assert [entry["credits_change"] for entry in page["data"]] == [1]
        assert (await developer.get("/v1/usage", agent_code="A00000000A")).json()["data"] == []

    async def test_nobody_elses(self, world: World) -> None:
        await world.developer("free", credits=3)
        developer = await world.developer()
        assert (await developer.get("/v1/usage")).json()["pagination"]["total"] == 1


class Test400:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("limit", 0),
            ("limit", 201),
            ("limit", "many"),
            ("offset", -1),
            ("offset", 2**63),
            ("start", "yesterday"),
            ("start", "2026-02-30"),
            ("start", "1795575600"),
            ("end", "2026-11-25T03:00:00"),
            ("end", "2026-11-25T24:00:01Z"),
            ("end", "٢٠٢٦-11-25"),
            ("agent_code", "A" * 65),
        ],
    )
    async def test_a_wrong_parameter_is_named(self, world: World, name: str, value: Any) -> None:
        developer = await world.developer()
        response = await developer.get("/v1/usage", **{name: value})
        assert refused(response, 400, "VALIDATION_ERROR").startswith(f"{name} must ")


class Test401:
    async def test_no_secret(self, world: World) -> None:
        refused(await world.stranger.get("/v1/usage"), 401, "MISSING_AUTH")
