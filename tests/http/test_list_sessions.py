"""GET /v2/{user_id}/runtime-sessions"""

from typing import Any

import pytest

from tests.http.conftest import OTHER_DEVICE, World, refused

PATH = "/v2/{me}/runtime-sessions"


class Test200:
    async def test_the_answer_is_the_contracts_byte_for_byte(self, world: World) -> None:
        developer = await world.developer()
        session = await developer.token(agent_code="A78WKV4515")
        world.spend(61.5)
        await world.beat(session["token"], 0)
        world.spend(1)
        response = await developer.get(PATH)
        assert response.content.decode() == (
            '{"success":true,"data":{"active_count":1,"live_burn_rate_cr_per_min":1,"credits_this_hour":1.025,'
            f'"sessions":[{{"id":"{session["session_id"]}","status":"live","started":"2026-11-25T03:00:00.000Z",'
            '"last_seen":"2026-11-25T03:01:01.500Z","ended_reason":null,"minutes":1.025,"credits":1.025,'
            '"burn_rate_cr_per_min":1,"key_alias":"default",'
            '"agent_code":"A78WKV4515","billing_type":"self_hosted","user_id":null,"room_name":null,"tags":null}]}}'
        )

    async def test_a_session_goes_silent_and_expires_by_the_time_alone(self, world: World) -> None:
        developer = await world.developer()
        await developer.token()
        seen = []
        for seconds in (90, 0.001, 209.999, 0.001):
            world.spend(seconds)
            session = (await developer.get(PATH, window="all")).json()["data"]["sessions"][0]
            seen.append((session["status"], session["ended_reason"], session["burn_rate_cr_per_min"]))
        assert seen == [("live", None, 1), ("silent", None, 0), ("silent", None, 0), ("ended", "expired", 0)]

    async def test_each_window_shows_its_own(self, world: World) -> None:
        developer = await world.developer("creator")
        ids = []
        for wait, device in ((0, "a" * 32), (86_000, "b" * 32), (600, OTHER_DEVICE)):
            world.spend(wait)
            ids.append((await developer.token(fingerprint=device))["session_id"])
        for window, shown in (("live", ids[2:]), ("recent", ids[1:]), ("all", ids)):
            data = (await developer.get(PATH, window=window)).json()["data"]
            assert [session["id"] for session in data["sessions"]] == shown[::-1]
            assert data["active_count"] == 1

    @pytest.mark.parametrize("over", [False, True])
    async def test_a_session_that_lasts_is_recent_however_long_ago_it_started(self, world: World, over: bool) -> None:
        developer = await world.developer("creator")
        old = await developer.token(transaction_id="old")
        world.spend(90_000)
        new = await developer.token(transaction_id="new", fingerprint=OTHER_DEVICE)
        again = await developer.token(transaction_id="old")
        if over:
            await world.end(again["token"])
        for limit, shown in ((1, [new]), (2, [new, old]), (200, [new, old])):
            data = (await developer.get(PATH, window="recent", limit=limit)).json()["data"]
            assert [session["id"] for session in data["sessions"]] == [session["session_id"] for session in shown]

    async def test_a_limit_shortens_the_list_and_not_the_counts(self, world: World) -> None:
        developer = await world.developer("creator")
        for device in "abc":
            await developer.token(fingerprint=device * 32)
        data = (await developer.get(PATH, limit=1)).json()["data"]
        assert (len(data["sessions"]), data["active_count"], data["live_burn_rate_cr_per_min"]) == (1, 3, 3)

    async def test_what_was_used_an_hour_ago_is_not_used_this_hour(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        world.spend(60)
        await world.end(token)
        world.spend(3_600)
        assert (await developer.get(PATH)).json()["data"]["credits_this_hour"] == 1
        world.spend(0.001)
        assert (await developer.get(PATH)).json()["data"]["credits_this_hour"] == 0


class Test400:
    @pytest.mark.parametrize(("name", "value"), [("window", "old"), ("limit", 0), ("limit", 201)])
    async def test_a_wrong_parameter_is_named(self, world: World, name: str, value: Any) -> None:
        developer = await world.developer()
        assert refused(await developer.get(PATH, **{name: value}), 400, "VALIDATION_ERROR").startswith(name)


class Test401:
    async def test_no_secret(self, world: World) -> None:
        developer = await world.developer()
        refused(await world.stranger.get(f"/v2/{developer.id}/runtime-sessions"), 401, "MISSING_AUTH")


class Test404:
    async def test_another_account(self, world: World) -> None:
        developer, other = await world.developer(), await world.developer()
        refused(await developer.get(f"/v2/{other.id}/runtime-sessions"), 404, "NOT_FOUND")
