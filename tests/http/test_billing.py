"""What is billed when a session is not heard, refused or ended, and what a low balance authorises."""

from typing import Any

import pytest

from bithuman.service.accounts import set_suspended
from tests.http.conftest import OTHER_DEVICE, Developer, World, refused

SESSIONS = "/v2/{me}/runtime-sessions"
ONE = "863ec82a-d4f5-4c2d-a90b-e9da95feba83"


async def runtime_entries(developer: Developer) -> list[float]:
    """What the ledger shows for runtime, oldest first."""
    page = (await developer.get("/v1/usage", limit=200)).json()["data"]
    return [entry["credits_change"] for entry in reversed(page) if entry["activity_type"] == "runtime"]


async def first_session(developer: Developer) -> dict[str, Any]:
    listed: list[dict[str, Any]] = (await developer.get(SESSIONS, window="all")).json()["data"]["sessions"]
    return listed[-1]


class TestAbandonedSessions:
    async def test_a_session_that_is_never_heard_again_is_billed_for_one_interval(self, world: World) -> None:
        developer = await world.developer()
        await developer.token()
        world.spend(300)
        assert await world.sweep() == 0
        world.spend(0.001)
        assert await world.sweep() == 1
        assert await runtime_entries(developer) == [1]
        session = await first_session(developer)
        assert (session["ended_reason"], session["minutes"], session["credits"]) == ("expired", 1, 1)

    async def test_it_is_billed_once(self, world: World) -> None:
        developer = await world.developer()
        await developer.token()
        world.spend(301)
        assert [await world.sweep() for _ in range(3)] == [1, 0, 0]
        assert await developer.balance() == 98

    @pytest.mark.parametrize("away_s", [301, 86_400])
    async def test_one_that_comes_back_is_billed_the_rest_of_the_grace(self, world: World, away_s: float) -> None:
        developer = await world.developer()
        await developer.token(transaction_id=ONE)
        world.spend(away_s)
        await world.sweep()
        await developer.token(transaction_id=ONE)
        assert await runtime_entries(developer) == [1, 4]

    async def test_one_that_comes_back_before_anybody_noticed_is_billed_the_grace(self, world: World) -> None:
        developer = await world.developer()
        await developer.token(transaction_id=ONE)
        world.spend(400)
        await developer.token(transaction_id=ONE)
        assert await world.sweep() == 0
        assert await runtime_entries(developer) == [5]

    async def test_opening_one_after_the_other_costs_an_interval_each(self, world: World) -> None:
        developer = await world.developer()
        tokens = []
        for digit in "0123456789":
            tokens.append((await developer.token(fingerprint=digit * 32))["token"])
            world.spend(91)
        world.spend(300)
        await world.sweep()
        assert await runtime_entries(developer) == [1] * 10

    async def test_a_terminated_one_is_billed_no_more_after_it_expired(self, world: World) -> None:
        developer = await world.developer()
        session = await developer.token()
        world.spend(301)
        await world.sweep()
        await developer.post(f"{SESSIONS}/{session['session_id']}/terminate")
        assert await runtime_entries(developer) == [1]

    async def test_one_that_is_terminated_before_anybody_noticed_is_billed_for_one_interval(self, world: World) -> None:
        developer = await world.developer()
        session = await developer.token()
        world.spend(301)
        await developer.post(f"{SESSIONS}/{session['session_id']}/terminate")
        assert await world.sweep() == 0
        assert await runtime_entries(developer) == [1]


class TestPlaces:
    async def verify(self, developer: Developer, token: str) -> bool:
        active: bool = (await developer.post("/v1/runtime-tokens/verify", {"token": token})).json()["active"]
        return active

    async def test_no_more_tokens_are_active_than_the_plan_has_places(self, world: World) -> None:
        developer = await world.developer()
        tokens = []
        for digit in "0123":
            tokens.append((await developer.token(fingerprint=digit * 32))["token"])
            assert [await self.verify(developer, token) for token in tokens] == [False] * (len(tokens) - 1) + [True]
            world.spend(91)
        assert [await self.verify(developer, token) for token in tokens] == [False, False, False, True]

    async def test_a_silent_session_whose_place_was_taken_gets_403_and_pays_for_its_time(self, world: World) -> None:
        developer = await world.developer()
        ghost = (await developer.token())["token"]
        world.spend(91)
        await developer.token(fingerprint=OTHER_DEVICE)
        world.spend(29)
        refused(await world.beat(ghost, 0), 403, "CONCURRENCY_LIMIT_REACHED")
        assert await runtime_entries(developer) == [2]
        assert not await self.verify(developer, ghost)

    async def test_its_next_beat_takes_a_free_place_again_and_pays_the_rest(self, world: World) -> None:
        developer = await world.developer()
        ghost = (await developer.token())["token"]
        world.spend(91)
        other = (await developer.token(fingerprint=OTHER_DEVICE))["token"]
        world.spend(29)
        refused(await world.beat(ghost, 0), 403, "CONCURRENCY_LIMIT_REACHED")
        await world.end(other)
        world.spend(60)
        renewed = (await world.beat(ghost, 0)).json()["data"]["token"]
        assert await self.verify(developer, renewed)
        assert await runtime_entries(developer) == [2, 0.483333, 1]


class TestRefusals:
    # A rotated secret that asks leads to no session: its holder may be whoever stole it.
    @pytest.mark.parametrize(
        ("cut_off", "how", "status", "reason"),
        [
            ("rotate", "beat", 401, "revoked"),
            ("suspend", "beat", 403, "suspended"),
            ("suspend", "ask", 403, "suspended"),
            ("revoke_all", "beat", 403, "revoked"),
            ("revoke_all", "ask", 403, "revoked"),
        ],
    )
    async def test_a_refused_session_pays_for_its_time_and_not_for_its_pause(
        self, world: World, cut_off: str, how: str, status: int, reason: str
    ) -> None:
        developer = await world.developer()
        session = await developer.token(transaction_id=ONE)
        world.spend(12)
        if cut_off == "rotate":
            developer.use((await developer.post("/v2/{me}/api-secrets/default/rotate")).json()["secret"])
        elif cut_off == "suspend":
            await set_suspended(world.platform, developer.account.email, suspended=True)
        else:
            await developer.post("/v2/{me}/runtime/revoke-all")
        if how == "beat":
            answer = await world.beat(session["token"], 0)
        else:
            answer = await developer.request_token(transaction_id=ONE)
        assert answer.status_code == status
        world.spend(100)
        if cut_off == "suspend":
            await set_suspended(world.platform, developer.account.email, suspended=False)
        elif cut_off == "revoke_all":
            fresh = (await developer.post("/v2/{me}/api-secrets", {"alias": "fresh"})).json()["secret"]
            developer.use(fresh)
        assert (await first_session(developer))["ended_reason"] == reason
        await developer.token(transaction_id=ONE)
        assert await runtime_entries(developer) == [0.2]

    async def test_a_revoked_secret_that_asks_for_another_ones_session_does_not_end_it(self, world: World) -> None:
        developer = await world.developer()
        old = developer.secret
        await developer.post("/v2/{me}/runtime/revoke-all")
        fresh = (await developer.post("/v2/{me}/api-secrets", {"alias": "fresh"})).json()["secret"]
        developer.use(fresh)
        token = (await developer.token(transaction_id=ONE))["token"]
        developer.use(old)
        refused(await developer.request_token(transaction_id=ONE), 403, "ACCOUNT_SUSPENDED")
        assert (await world.beat(token, 0)).status_code == 200

    @pytest.mark.parametrize("call", ["beat", "end"])
    async def test_an_expired_token_shows_that_its_engine_rendered_to_its_end(self, world: World, call: str) -> None:
        developer = await world.developer()
        token = (await developer.token(transaction_id=ONE))["token"]
        world.spend(310)
        for _ in range(2):
            answer = await (world.beat(token, 0) if call == "beat" else world.end(token))
            refused(answer, 401, "TOKEN_EXPIRED")
        assert await world.sweep() == 0
        assert await runtime_entries(developer) == [5]
        await developer.token(transaction_id=ONE)
        assert await runtime_entries(developer) == [5]

    async def test_an_abandoned_session_whose_rest_cannot_be_paid_stays_away_until_it_can(self, world: World) -> None:
        developer = await world.developer()
        await world.drain(developer, 4_000_000)
        token = (await developer.token(transaction_id=ONE))["token"]
        world.spend(130)
        await world.sweep()
        await world.drain(developer, 1_000_000)
        for _ in range(3):
            refused(await developer.request_token(transaction_id=ONE), 402, "INSUFFICIENT_BALANCE")
            refused(await world.beat(token, 0), 401, "TOKEN_EXPIRED")
            assert await developer.balance() == 1
        await world.top_up(developer, 10)
        await developer.token(transaction_id=ONE)
        assert await runtime_entries(developer) == [0.4, 1.6]

    async def test_an_expired_token_is_not_paid_with_what_another_session_may_need(self, world: World) -> None:
        developer = await world.developer()
        await world.drain(developer, 2_000_000)
        old = await developer.token(transaction_id=ONE)
        world.spend(old["expires_in"] + 5)
        await world.sweep()
        world.spend(old["expires_in"] / 2)
        other = await developer.token(fingerprint=OTHER_DEVICE)
        assert (await developer.balance(), other["expires_in"]) == (1.8, 54)
        await world.drain(developer, 1_000_000)
        refused(await world.end(old["token"]), 401, "TOKEN_EXPIRED")
        assert await developer.balance() == 1

    async def test_an_old_copy_of_an_expired_token_makes_nobody_pay(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        world.spend(301)
        await world.sweep()
        world.spend(300)
        refused(await world.beat(token, 0), 401, "TOKEN_EXPIRED")
        assert await runtime_entries(developer) == [1]

    async def test_an_expired_token_that_was_renewed_ends_nothing(self, world: World) -> None:
        developer = await world.developer()
        session = await developer.token(transaction_id=ONE)
        world.spend(200)
        await developer.token(transaction_id=ONE)
        world.spend(110)
        refused(await world.beat(session["token"], 0), 401, "TOKEN_EXPIRED")
        assert (await first_session(developer))["ended_reason"] is None


class TestEarlyBeats:
    async def test_they_renew_and_are_billed_with_the_next(self, world: World) -> None:
        developer = await world.developer()
        token, expires = (await developer.token())["token"], set()
        for seq in range(59):
            world.spend(1)
            data = (await world.beat(token, seq)).json()["data"]
            token = data["token"]
            expires.add(data["expires_at"])
        assert len(expires) == 59
        assert await runtime_entries(developer) == [0.1] * 9
        await world.end(token)
        assert sum(await runtime_entries(developer)) == pytest.approx(59 / 60, abs=1e-6)

    async def test_one_that_finds_no_credits_is_billed_at_once(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        world.spend(3)
        token = (await world.beat(token, 0)).json()["data"]["token"]
        await world.drain(developer, 0)
        world.spend(1)
        refused(await world.beat(token, 1), 402, "INSUFFICIENT_BALANCE")
        assert await runtime_entries(developer) == [0.066666]

    async def test_thousands_write_ten_rows_an_interval_at_the_most(self, world: World) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        for seq in range(500):
            world.spend(0.12)
            token = (await world.beat(token, seq)).json()["data"]["token"]
        assert len(await runtime_entries(developer)) == 10


class TestLowBalance:
    async def test_the_life_and_the_interval_of_a_token_shrink_together(self, world: World) -> None:
        developer = await world.developer()
        session, seq, told = await developer.token(), 0, []
        while True:
            told.append((session["expires_in"], session["heartbeat_interval"]))
            world.spend(session["heartbeat_interval"])
            response = await world.beat(session["token"], seq)
            if response.status_code != 200:
                break
            session, seq = response.json()["data"], seq + 1
        refused(response, 402, "INSUFFICIENT_BALANCE")
        assert told[0] == (300, 60)
        assert told == sorted(told, reverse=True)
        assert told[-1] == (10, 5)
        assert all(interval == max(life // 5, 5) for life, interval in told)
        assert -5 / 60 <= await developer.balance() < 5 / 60

    async def test_one_credit_and_fifty_sessions_cost_one_short_token_more_than_there_is(self, world: World) -> None:
        developer = await world.developer("business")
        await world.drain(developer, 1_000_000)
        opened = []
        for number in range(50):
            response = await developer.request_token(fingerprint=f"{number:032x}")
            if response.status_code == 200:
                opened.append(response.json()["data"])
            else:
                refused(response, 402, "INSUFFICIENT_BALANCE")
        assert {session["expires_in"] for session in opened} == {10}
        assert len(opened) == 6
        world.spend(290)
        for session in opened:
            refused(await world.beat(session["token"], 0), 401, "TOKEN_EXPIRED")
        assert await developer.balance() == 0.000004

    async def test_the_last_token_may_cost_five_seconds_more_than_there_is(self, world: World) -> None:
        developer = await world.developer()
        await world.drain(developer, 83_334)
        session = await developer.token()
        assert session["expires_in"] == 10
        world.spend(20)
        refused(await world.beat(session["token"], 0), 401, "TOKEN_EXPIRED")
        assert await developer.balance() == -0.083332

    async def test_a_token_at_its_shortest_is_good_when_its_beat_is_due(self, world: World) -> None:
        developer = await world.developer()
        await world.drain(developer, 100_000)
        world.spend(0.999)
        session = await developer.token()
        world.spend(session["heartbeat_interval"])
        assert (await developer.post("/v1/runtime-tokens/verify", {"token": session["token"]})).json()["active"]

    async def test_a_client_that_crashed_is_not_locked_out_by_what_it_left_behind(self, world: World) -> None:
        developer = await world.developer()
        await world.drain(developer, 5_000_000)
        await developer.token()
        world.spend(91)
        assert (await developer.request_token(fingerprint=OTHER_DEVICE)).status_code == 200

    async def test_sessions_that_were_abandoned_and_come_back_take_no_account_below_zero(self, world: World) -> None:
        developer = await world.developer()
        await world.drain(developer, 24_000_000)
        devices = [f"{number:032x}" for number in range(36)]
        for device in devices:
            await developer.request_token(fingerprint=device, transaction_id=ONE)
            world.spend(91)
            await world.sweep()
        world.spend(400)
        await world.sweep()
        for device in devices:
            await developer.request_token(fingerprint=device, transaction_id=ONE)
            world.spend(400)
            await world.sweep()
        assert await developer.balance() >= -5 / 60

    async def test_a_balance_that_is_enough_changes_nothing(self, world: World) -> None:
        developer = await world.developer("business")
        for number in range(50):
            session = await developer.token(fingerprint=f"{number:032x}")
            assert (session["expires_in"], session["heartbeat_interval"]) == (300, 60)

    async def test_a_top_up_restores_the_usual_times(self, world: World) -> None:
        developer = await world.developer()
        await world.drain(developer, 1_000_000)
        session = await developer.token()
        assert (session["expires_in"], session["heartbeat_interval"]) == (30, 6)
        await world.top_up(developer, 10)
        renewed = (await world.beat(session["token"], 0)).json()["data"]
        assert (renewed["expires_in"], renewed["heartbeat_interval"]) == (300, 60)


class TestAudit:
    async def test_repetitions_within_a_minute_are_counted_in_one_record(self, world: World) -> None:
        developer = await world.developer()
        session = await developer.token()
        token = session["token"]
        for seq in range(2):
            token = (await world.beat(token, seq)).json()["data"]["token"]
        for _ in range(100):
            refused(await world.beat(session["token"], 9), 401, "UNAUTHORIZED")
        world.spend(60)
        refused(await world.beat(session["token"], 9), 401, "UNAUTHORIZED")
        counts = [row.count for row in world.audit_rows() if row.event == "superseded_token_used"]
        assert counts == [100, 1]


class TestClockSteps:
    @pytest.mark.parametrize("hours", [[1, -1], [-1, 1], [24], [-24]])
    async def test_a_step_of_the_servers_date_is_never_billed(self, world: World, hours: list[int]) -> None:
        developer = await world.developer()
        token = (await developer.token())["token"]
        for seq, step in enumerate([*hours, 0, 0]):
            world.platform.time.step(step * 3_600_000)
            world.spend(60)
            token = (await world.beat(token, seq)).json()["data"]["token"]
        assert await runtime_entries(developer) == [1] * (len(hours) + 2)

    async def test_a_date_that_goes_back_a_day_keeps_no_dead_session_in_its_place(self, world: World) -> None:
        developer = await world.developer()
        await developer.token()
        world.platform.time.step(-86_400_000)
        world.spend(101)
        await developer.token(fingerprint=OTHER_DEVICE)
