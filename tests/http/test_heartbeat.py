"""POST /v1/runtime-tokens/heartbeat"""

from typing import Any

import pytest

from bithuman.service.accounts import set_suspended
from tests.http.conftest import DEVICE, OTHER_DEVICE, World, refused


class Test200:
    async def test_it_answers_as_the_request_did_with_a_new_token(self, world: World) -> None:
        developer = await world.developer()
        first = await developer.token(transaction_id="one")
        world.spend(60)
        response = await world.beat(first["token"], 7, frames=1500, state="live")
        data = response.json()["data"]
        assert response.content.decode() == (
            f'{{"status":"success","status_code":200,"data":{{"token":"{data["token"]}","transaction_id":"one",'
            f'"session_id":"{first["session_id"]}","fingerprint":"{DEVICE}","expires_at":{first["expires_at"] + 60},'
            '"expires_in":300,"heartbeat_interval":60}}'
        )
        assert data["token"] != first["token"]

    async def test_it_bills_the_time_since_to_the_millisecond(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        world.spend(61.234)
        await world.beat(token, 0)
        assert await developer.balance() == 97.979434

    async def test_a_repeated_seq_gets_the_same_bytes_and_bills_nothing_more(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        world.spend(60)
        first = await world.beat(token, 0)
        world.spend(5)
        renewed = first.json()["data"]["token"]
        assert (await world.beat(renewed, 0)).content == first.content
        assert await developer.balance() == 98

    async def test_whose_answer_was_lost_asks_again_with_the_token_before(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        world.spend(60)
        lost = await world.beat(token, 0)
        world.spend(3)
        assert (await world.beat(token, 0)).content == lost.content
        assert await developer.balance() == 98

    @pytest.mark.parametrize("stop", ["suspend", "silence"])
    async def test_an_old_seq_revives_no_session_for_free(self, world: World, stop: str) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        token = (await world.beat(token, 1)).json()["data"]["token"]
        if stop == "suspend":
            await set_suspended(world.platform, developer.account.email, suspended=True)
            refused(await world.beat(token, 2), 403, "ACCOUNT_SUSPENDED")
            await set_suspended(world.platform, developer.account.email, suspended=False)
            token = (await world.beat(token, 1)).json()["data"]["token"]
            world.spend(60)
            assert (await world.beat(token, 2)).status_code == 200
            assert await developer.balance() == 98
        else:
            world.spend(91)
            await developer.token(fingerprint=OTHER_DEVICE)
            refused(await world.beat(token, 1), 403, "CONCURRENCY_LIMIT_REACHED")

    async def test_an_outage_of_hours_bills_the_grace_at_the_most(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        world.spend(305 - 0.001)
        assert (await world.beat(token, 0)).status_code == 200
        assert await developer.balance() == 94

    async def test_a_lie_in_the_body_changes_nothing(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        world.spend(60)
        await world.beat(token, 0, frames=-1, state=["x"], minutes=0, billing_type="free")
        assert await developer.balance() == 98

    async def test_the_scheme_may_be_spelt_in_any_case(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        response = await world.stranger.post(
            "/v1/runtime-tokens/heartbeat", json={"seq": 0}, headers={"authorization": f"bearer {token}"}
        )
        assert response.status_code == 200

    async def test_a_whole_number_is_one_however_it_is_written(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        first = await world.beat(token, 7)
        assert (await world.beat(token, 7.0)).content == first.content  # type: ignore[arg-type]


class Test400:
    async def test_without_a_seq(self, world: World) -> None:
        token = (await (await world.developer()).token())["token"]
        response = await world.stranger.post(
            "/v1/runtime-tokens/heartbeat", headers={"authorization": f"Bearer {token}"}
        )
        assert "seq" in refused(response, 400, "MISSING_PARAM")

    @pytest.mark.parametrize("seq", [-1, 1.5, True, "7", None, 2**53 + 1])
    async def test_a_wrong_seq(self, world: World, seq: Any) -> None:
        token = (await (await world.developer()).token())["token"]
        assert "seq" in refused(await world.beat(token, seq), 400, "VALIDATION_ERROR")


class Test401:
    async def test_no_token(self, world: World) -> None:
        response = await world.stranger.post("/v1/runtime-tokens/heartbeat", json={"seq": 0})
        refused(response, 401, "MISSING_AUTH")

    async def test_a_secret_is_no_token(self, world: World) -> None:
        developer = await world.developer()
        refused(await world.beat(developer.secret, 0), 401, "UNAUTHORIZED")

    async def test_an_expired_token(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        world.spend(305)
        refused(await world.beat(token, 0), 401, "TOKEN_EXPIRED")

    async def test_a_superseded_token_is_somebody_elses_copy_and_is_recorded(self, world: World) -> None:
        developer = await world.developer()
        session = await developer.token()
        stolen = session["token"]
        renewed = (await world.beat(stolen, 0)).json()["data"]["token"]
        assert (await world.beat(renewed, 1)).status_code == 200
        refused(await world.beat(stolen, 2), 401, "UNAUTHORIZED")
        assert world.audit()[-1] == ("superseded_token_used", session["session_id"])

    async def test_the_token_before_renews_nothing_new(self, world: World) -> None:
        developer = await world.developer()
        session = await developer.token()
        await world.beat(session["token"], 0)
        refused(await world.beat(session["token"], 1), 401, "UNAUTHORIZED")
        assert world.audit()[-1] == ("superseded_token_used", session["session_id"])

    async def test_a_session_of_a_rotated_secret(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        assert (await developer.post("/v2/{me}/api-secrets/default/rotate")).status_code == 200
        refused(await world.beat(token, 0), 401, "UNAUTHORIZED")
        listed = await world.client((await world.developer()).secret).get("/v1/me")
        assert listed.status_code == 200


class Test402:
    async def test_credits_that_run_out_end_the_session(self, world: World) -> None:
        developer = await world.developer()
        refused(await world.run_dry(await developer.token()), 402, "INSUFFICIENT_BALANCE")
        report = (await developer.get("/v2/{me}/runtime-sessions", window="all")).json()["data"]
        assert report["sessions"][0]["ended_reason"] == "insufficient_balance"


class Test403:
    async def test_a_suspended_account(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        await set_suspended(world.platform, developer.account.email, suspended=True)
        refused(await world.beat(token, 0), 403, "ACCOUNT_SUSPENDED")
        await set_suspended(world.platform, developer.account.email, suspended=False)
        report = (await developer.get("/v2/{me}/runtime-sessions", window="all")).json()["data"]
        assert report["sessions"][0]["ended_reason"] == "suspended"

    async def test_a_silent_session_gets_no_place_back_while_none_is_free(self, world: World) -> None:
        developer = await world.developer()
        ghost = (await developer.token())["token"]
        world.spend(91)
        await developer.token(fingerprint=OTHER_DEVICE)
        refused(await world.beat(ghost, 0), 403, "CONCURRENCY_LIMIT_REACHED")
        world.spend(91)
        assert (await world.beat(ghost, 0)).status_code == 200


class Test409:
    @pytest.mark.parametrize("how", ["end", "terminate"])
    async def test_a_session_that_is_over(self, world: World, how: str) -> None:
        developer = await world.developer()
        session = await developer.token()
        if how == "end":
            await world.end(session["token"])
        else:
            await developer.post(f"/v2/{{me}}/runtime-sessions/{session['session_id']}/terminate")
        response = await world.beat(session["token"], 0)
        refused(response, 409, "CONFLICT")
        assert response.json()["error"]["reason"] == "SESSION_ENDED"


class Test413:
    async def test_a_body_over_64_kib(self, world: World) -> None:
        token = (await (await world.developer()).token())["token"]
        refused(await world.beat(token, 0, state="x" * 65_536), 413, "PAYLOAD_TOO_LARGE")


class Test415:
    async def test_a_form(self, world: World) -> None:
        token = (await (await world.developer()).token())["token"]
        response = await world.stranger.post(
            "/v1/runtime-tokens/heartbeat", data={"seq": "0"}, headers={"authorization": f"Bearer {token}"}
        )
        refused(response, 415, "UNSUPPORTED_TYPE")
