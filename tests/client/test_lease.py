"""A session's lease against a service that follows the contract, in a time that passes at once."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from bithuman.client.answers import Grant
from bithuman.client.api import SessionRequest
from bithuman.client.secret import Secret
from bithuman.client.status import SessionStatus
from bithuman.core.permit import PauseReason
from bithuman.errors import AccountStatusError, RuntimeNotReadyError, TokenExpiredError, TokenRequestError
from tests.client.conftest import Rig
from tests.doubles.clocks import FakeTime
from tests.doubles.service import FakeService, refuse


async def test_a_session_beats_every_interval_and_renews_its_token(
    rig: Rig, service: FakeService, time: FakeTime
) -> None:
    lease = rig.lease()
    await lease.start()
    await time.spend(3601)
    assert service.paths("/request") == 1
    assert [body["seq"] for body in service.bodies("/heartbeat")] == list(range(2, 62))
    assert rig.permit.ask().allowed
    assert rig.states == ["live"]
    await lease.stop()
    assert service.paths("/end") == 1
    assert rig.states == ["live", "stopped"]
    assert rig.permit.ask().reason is PauseReason.STOPPED


async def test_a_lost_answer_is_asked_for_again_with_the_same_number(
    rig: Rig, service: FakeService, time: FakeTime
) -> None:
    lease = rig.lease()
    await lease.start()
    service.lose_answers = 2
    await time.spend(70)
    beats = service.bodies("/heartbeat")
    assert [body["seq"] for body in beats] == [2, 2, 2]
    await time.spend(120)
    assert service.paths("/request") == 1
    assert lease.status.state == "live"
    await lease.stop()


class TestNoPlace:
    async def test_the_start_waits_until_there_is_one(self, rig: Rig, service: FakeService, time: FakeTime) -> None:
        service.standing_refusal = lambda: refuse(403, "CONCURRENCY_LIMIT_REACHED", "All places are taken.")
        lease = rig.lease()
        starting = asyncio.create_task(lease.start(wait_for_place_s=60))
        await time.spend(30)
        assert rig.told[-1].state == "not_started"
        assert rig.told[-1].detail == "All places are taken. Waiting up to 60 s."
        assert 10 < len(service.requests) < 20
        service.standing_refusal = None
        await time.spend(3)
        await starting
        assert lease.status.state == "live"
        await lease.stop()

    async def test_it_waits_no_longer_than_it_was_asked_to(
        self, rig: Rig, service: FakeService, time: FakeTime
    ) -> None:
        service.standing_refusal = lambda: refuse(403, "CONCURRENCY_LIMIT_REACHED", "All places are taken.")
        starting = asyncio.create_task(rig.lease().start(wait_for_place_s=60))
        await time.spend(59)
        assert not starting.done()
        await time.spend(2)
        with pytest.raises(AccountStatusError) as caught:
            await starting
        assert caught.value.code == "CONCURRENCY_LIMIT_REACHED"
        assert "wait_for_place_s" in caught.value.cure

    @pytest.mark.parametrize("code", ["ACCOUNT_SUSPENDED", "SESSION_TERMINATED"])
    async def test_another_refusal_is_not_waited_for(self, rig: Rig, service: FakeService, code: str) -> None:
        service.standing_refusal = lambda: refuse(403, code, "No.")
        with pytest.raises(AccountStatusError):
            await rig.lease().start(wait_for_place_s=60)
        assert len(service.requests) == 1

    async def test_a_stop_ends_the_wait(self, rig: Rig, service: FakeService, time: FakeTime) -> None:
        service.standing_refusal = lambda: refuse(403, "CONCURRENCY_LIMIT_REACHED", "All places are taken.")
        lease = rig.lease()
        starting = asyncio.create_task(lease.start(wait_for_place_s=60))
        await time.settle()
        lease.cut()
        await time.spend(5)
        with pytest.raises(AccountStatusError):
            await starting
        assert len(service.requests) < 4


class TestOutage:
    async def test_at_the_start_it_is_a_retryable_error_and_nothing_runs(
        self, rig: Rig, service: FakeService, time: FakeTime
    ) -> None:
        service.standing_refusal = lambda: httpx.ConnectError("no route")
        lease = rig.lease()
        with pytest.raises(TokenRequestError) as caught:
            await lease.start()
        assert caught.value.retryable
        assert rig.permit.ask().reason is PauseReason.NOT_STARTED
        await time.spend(600)
        assert len(service.requests) == 1

    async def test_shorter_than_the_grace_it_stops_nothing(
        self, rig: Rig, service: FakeService, time: FakeTime
    ) -> None:
        lease = rig.lease()
        await lease.start()
        service.standing_refusal = lambda: httpx.ConnectError("no route")
        await time.spend(290)
        assert rig.permit.ask().allowed
        assert lease.status.state == "grace"
        assert lease.status.grace_left_s == 10.0
        service.standing_refusal = None
        await time.spend(60)
        assert rig.states == ["live", "grace", "live"]
        await lease.stop()

    async def test_longer_than_the_grace_it_pauses_and_resumes_the_same_session_by_itself(
        self, rig: Rig, service: FakeService, time: FakeTime
    ) -> None:
        lease = rig.lease()
        await lease.start()
        before = lease.status.session_id
        service.standing_refusal = lambda: httpx.Response(503)
        await time.spend(299)
        assert rig.permit.ask().allowed
        await time.spend(2)
        assert rig.permit.ask().reason is PauseReason.OUTAGE
        await time.spend(3600)
        service.standing_refusal = None
        await time.spend(60)
        assert rig.permit.ask().allowed
        assert lease.status.session_id == before
        assert rig.states == ["live", "grace", "paused", "live"]
        await lease.stop()

    async def test_while_it_lasts_requests_stay_sparse(self, rig: Rig, service: FakeService, time: FakeTime) -> None:
        lease = rig.lease()
        await lease.start()
        service.standing_refusal = lambda: httpx.Response(500)
        await time.spend(3600)
        assert 3600 / 60 < len(service.requests) < 3600 / 30 + 30
        await lease.stop()

    async def test_a_retry_after_is_honoured(self, rig: Rig, service: FakeService, time: FakeTime) -> None:
        lease = rig.lease()
        await lease.start()
        service.standing_refusal = lambda: httpx.Response(429, headers={"Retry-After": "100"})
        await time.spend(60 + 99)
        assert service.paths("/heartbeat") == 1
        await time.spend(2)
        assert service.paths("/heartbeat") == 2
        await lease.stop()


class TestDefiniteAnswers:
    async def test_a_rotated_secret_pauses_within_one_heartbeat_and_the_new_one_resumes(
        self, rig: Rig, service: FakeService, time: FakeTime
    ) -> None:
        lease = rig.lease()
        await lease.start()
        new = service.rotate()
        await time.spend(61)
        status = lease.status
        assert status.reason is PauseReason.UNAUTHORIZED
        assert "Authentication failed" in status.detail
        await time.spend(3600)
        assert service.paths("/heartbeat") == 1
        assert service.paths("/request") == 2, "asked once, and a bad secret is not tried again and again"
        await lease.reauthenticate(Secret(new))
        assert rig.permit.ask().allowed
        assert rig.states == ["live", "paused", "live"]
        await lease.stop()

    async def test_reauthenticating_with_a_bad_secret_raises_and_stays_paused(
        self, rig: Rig, service: FakeService, time: FakeTime
    ) -> None:
        lease = rig.lease()
        await lease.start()
        old = service.secret
        service.rotate()
        await time.spend(61)
        with pytest.raises(TokenRequestError, match="Authentication failed"):
            await lease.reauthenticate(Secret(old))
        assert rig.permit.ask().reason is PauseReason.UNAUTHORIZED
        await lease.stop()

    async def test_a_secret_that_changed_where_it_came_from_is_taken_up(
        self, rig: Rig, service: FakeService, time: FakeTime
    ) -> None:
        lease = rig.lease()
        await lease.start()
        rig.found = Secret(service.rotate())
        await time.spend(61)
        assert lease.status.state == "paused"
        await time.spend(60)
        assert lease.status.state == "live"
        await lease.stop()

    @pytest.mark.parametrize(
        ("status", "code", "reason"),
        [
            (402, "INSUFFICIENT_BALANCE", PauseReason.NO_CREDITS),
            (403, "ACCOUNT_SUSPENDED", PauseReason.FORBIDDEN),
        ],
    )
    async def test_what_may_pass_is_probed_every_interval_and_resumes_by_itself(
        self,
        rig: Rig,
        service: FakeService,
        time: FakeTime,
        status: int,
        code: str,
        reason: PauseReason,
    ) -> None:
        lease = rig.lease()
        await lease.start()
        service.standing_refusal = lambda: refuse(status, code, "Not now.")
        await time.spend(61)
        assert rig.permit.ask().reason is reason
        await time.spend(600)
        assert service.paths("/request") == 1 + 10
        service.standing_refusal = None
        await time.spend(60)
        assert rig.permit.ask().allowed
        await lease.stop()

    async def test_a_terminated_session_stays_so(self, rig: Rig, service: FakeService, time: FakeTime) -> None:
        lease = rig.lease()
        await lease.start()
        session = next(iter(service.sessions.values()))
        session.ended = session.terminated = True
        await time.spend(600)
        assert rig.permit.ask().reason is PauseReason.SESSION_ENDED
        assert service.paths("/request") == 1
        with pytest.raises(AccountStatusError, match="terminated"):
            await lease.reauthenticate(Secret(service.secret))
        assert rig.permit.ask().reason is PauseReason.SESSION_ENDED
        await lease.stop()

    @pytest.mark.parametrize(("status", "kind"), [(402, AccountStatusError), (403, AccountStatusError)])
    async def test_at_the_start_it_is_raised(
        self, rig: Rig, service: FakeService, status: int, kind: type[Exception]
    ) -> None:
        service.refusals = [refuse(status, "X", "No credits left.")]
        with pytest.raises(kind, match="No credits left"):
            await rig.lease().start()


async def test_a_host_that_slept_past_the_token_goes_on_with_the_same_session(
    rig: Rig, service: FakeService, time: FakeTime
) -> None:
    lease = rig.lease()
    await lease.start()
    await time.spend(30)
    await time.suspend(7200)
    assert not rig.permit.ask().allowed
    await time.spend(2)
    assert rig.permit.ask().allowed
    assert len(service.sessions) == 1
    assert (service.paths("/request"), service.paths("/heartbeat")) == (2, 0)
    await lease.stop()


@pytest.mark.parametrize("code", ["TOKEN_EXPIRED", "UNAUTHORIZED", "ANY_OTHER"])
async def test_a_token_that_the_service_no_longer_takes_is_exchanged_at_once_without_a_pause(
    rig: Rig, service: FakeService, time: FakeTime, code: str
) -> None:
    """Its clock stepped, or its signing keys are other ones; the secret is as good as before."""
    lease = rig.lease()
    await lease.start()
    service.refusals = [refuse(401, code, "The token is not good.")]
    await time.spend(61)
    first, second = service.bodies("/request")
    assert first == second, "it is the same session"
    assert rig.states == ["live"]
    await time.spend(600)
    assert (service.paths("/request"), rig.states) == (2, ["live"])
    await lease.stop()


@pytest.mark.parametrize("status", [401, 402, 403, 409])
async def test_a_proxy_that_refuses_decides_nothing(
    rig: Rig, service: FakeService, time: FakeTime, status: int
) -> None:
    lease = rig.lease()
    await lease.start()
    service.standing_refusal = lambda: httpx.Response(status, text="<html>sign in to the network</html>")
    await time.spend(200)
    assert lease.status.state == "grace"
    assert str(status) in lease.status.detail
    service.standing_refusal = None
    await time.spend(60)
    assert rig.states == ["live", "grace", "live"]
    await lease.stop()


class TestTokenAlone:
    async def _token(self, rig: Rig, service: FakeService) -> Secret:
        opener = service.api()
        opened = await opener.exchange(Secret(service.secret), SessionRequest("a" * 36, "ab" * 16))
        assert isinstance(opened, Grant)
        return opened.token

    async def test_it_is_renewed_and_never_exchanged(self, rig: Rig, service: FakeService, time: FakeTime) -> None:
        token = await self._token(rig, service)
        lease = rig.lease(token=token)
        # Whoever had it before has beaten already.
        next(iter(service.sessions.values())).last_seq = 7
        await lease.start()
        await time.spend(601)
        assert rig.permit.ask().allowed
        assert len(service.bodies("/heartbeat")) == 11
        assert service.paths("/request") == 1
        await lease.stop()

    async def test_when_it_is_gone_the_pause_says_what_to_do(
        self, rig: Rig, service: FakeService, time: FakeTime
    ) -> None:
        token = await self._token(rig, service)
        lease = rig.lease(token=token)
        await lease.start()
        service.standing_refusal = lambda: refuse(401, "TOKEN_EXPIRED", "The token is past its time.")
        await time.spend(61)
        assert rig.permit.ask().reason is PauseReason.UNAUTHORIZED
        assert "api-secret" in rig.permit.ask().detail
        service.standing_refusal = None
        await lease.reauthenticate(Secret(service.secret))
        assert rig.permit.ask().allowed
        await lease.stop()

    async def test_one_that_is_past_its_time_already_says_so(
        self, rig: Rig, service: FakeService, time: FakeTime
    ) -> None:
        token = await self._token(rig, service)
        await time.suspend(service.grace_s)
        with pytest.raises(TokenExpiredError, match="past its time") as caught:
            await rig.lease(token=token).start()
        assert not caught.value.retryable


class TestStatusCallback:
    async def test_it_may_be_a_coroutine_function(self, rig: Rig) -> None:
        told: list[SessionStatus] = []

        async def on_status(status: SessionStatus) -> None:
            await asyncio.sleep(0)
            told.append(status)

        lease = rig.lease(on_status=on_status)
        await lease.start()
        await rig.time.settle()
        assert [status.state for status in told] == ["live"]
        await lease.stop()

    async def test_its_failure_harms_nothing(self, rig: Rig, time: FakeTime, caplog: pytest.LogCaptureFixture) -> None:
        def on_status(status: SessionStatus) -> None:
            raise RuntimeError("a program's own fault")

        lease = rig.lease(on_status=on_status)
        await lease.start()
        await time.spend(120)
        assert rig.permit.ask().allowed
        assert "A callback of the program failed." in caplog.text
        await lease.stop()


class TestStopping:
    @pytest.fixture
    def gate(self, service: FakeService, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
        """Answers are ready, and held back until the gate is set."""
        gate, answer = asyncio.Event(), service.answer

        async def held_back(request: httpx.Request) -> httpx.Response:
            response = await answer(request)
            await gate.wait()
            return response

        monkeypatch.setattr(service, "answer", held_back)
        return gate

    async def test_it_waits_for_the_beat_that_is_on_its_way(
        self, rig: Rig, service: FakeService, time: FakeTime, gate: asyncio.Event
    ) -> None:
        """The token of its answer is the only one that can end the session."""
        lease = rig.lease()
        gate.set()
        await lease.start()
        gate.clear()
        await time.spend(61)
        assert service.paths("/heartbeat") == 1
        stopping = asyncio.create_task(lease.stop())
        await time.settle()
        assert rig.permit.ask().reason is PauseReason.STOPPED
        gate.set()
        await stopping
        assert next(iter(service.sessions.values())).ended
        assert rig.permit.ask().reason is PauseReason.STOPPED, "a late grant does not undo the stop"

    async def test_a_start_that_is_on_its_way_opens_nothing(
        self, rig: Rig, service: FakeService, time: FakeTime, gate: asyncio.Event
    ) -> None:
        lease = rig.lease()
        starting = asyncio.create_task(lease.start())
        await time.settle()
        stopping = asyncio.create_task(lease.stop())
        await time.settle()
        gate.set()
        with pytest.raises(RuntimeNotReadyError, match="stopped while it started"):
            await starting
        await stopping
        assert next(iter(service.sessions.values())).ended
        assert rig.permit.ask().reason is PauseReason.STOPPED

    async def test_a_service_that_is_away_holds_nothing_up(self, rig: Rig, service: FakeService) -> None:
        lease = rig.lease()
        await lease.start()
        service.standing_refusal = lambda: httpx.ConnectError("no route")
        await lease.stop()
        assert lease.status.state == "stopped"
