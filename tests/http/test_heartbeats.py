"""POST /v1/runtime-tokens/heartbeats"""

import asyncio
from collections.abc import Awaitable
from typing import Any, NoReturn

import httpx
import pytest

from bithuman.core import refusals
from tests.http.conftest import World, compact, refused

PATH = "/v1/runtime-tokens/heartbeats"


async def beat_all(world: World, *beats: dict[str, Any]) -> httpx.Response:
    return await world.stranger.post(PATH, content=compact({"beats": beats}))


def codes(response: httpx.Response) -> list[tuple[int, str]]:
    assert response.status_code == 200, response.text
    return [(result["status"], result.get("error", {}).get("code", "")) for result in response.json()["results"]]


class Test200:
    async def test_each_session_is_renewed_and_billed_as_by_a_heartbeat_of_its_own(self, world: World) -> None:
        developer = await world.developer("pro")
        tokens = [(await developer.token(transaction_id=f"t{number}"))["token"] for number in range(3)]
        balance = await developer.balance()
        world.spend(60)
        response = await beat_all(world, *({"token": token, "seq": 0} for token in tokens))
        assert codes(response) == [(200, "")] * 3
        assert await developer.balance() == balance - 3
        for number, result in enumerate(response.json()["results"]):
            assert result["data"]["transaction_id"] == f"t{number}"
            assert (await world.beat(result["data"]["token"], 1)).status_code == 200

    async def test_each_is_refused_as_it_would_be_alone(self, world: World) -> None:
        developer = await world.developer("pro")
        ended, used, good = [(await developer.token(transaction_id=f"t{number}"))["token"] for number in range(3)]
        await world.end(ended)
        newer = (await world.beat(used, 0)).json()["data"]["token"]
        assert (await world.beat(newer, 1)).status_code == 200
        response = await beat_all(
            world,
            {"token": "forged", "seq": 0},
            {"token": ended, "seq": 0},
            {"token": used, "seq": 5},
            {"seq": 0},
            {"token": good},
            {"token": good, "seq": -1},
            {"token": good, "seq": 0},
        )
        assert codes(response) == [
            (401, "UNAUTHORIZED"),
            (409, "CONFLICT"),
            (401, "UNAUTHORIZED"),
            (401, "MISSING_AUTH"),
            (400, "MISSING_PARAM"),
            (400, "VALIDATION_ERROR"),
            (200, ""),
        ]
        assert [event for event, _ in world.audit() if event == "superseded_token_used"]

    async def test_the_same_session_twice_is_renewed_once(self, world: World) -> None:
        token = (await (await world.developer()).token())["token"]
        response = await beat_all(world, {"token": token, "seq": 0}, {"token": token, "seq": 0})
        first, second = response.json()["results"]
        assert first == second

    async def test_none_are_none(self, world: World) -> None:
        assert (await beat_all(world)).content == b'{"results":[]}'

    async def test_a_thousand_are_taken(self, world: World) -> None:
        token = (await (await world.developer()).token())["token"]
        response = await beat_all(world, *({"token": token, "seq": 0} for _ in range(1_000)))
        assert codes(response) == [(200, "")] * 1_000

    async def test_many_forged_ones_are_throttled(self, world: World) -> None:
        response = await beat_all(world, *({"token": "forged", "seq": 0} for _ in range(31)))
        # A batch without a genuine token is a guess itself.
        assert codes(response) == [(401, "UNAUTHORIZED")] * 29 + [(429, "RATE_LIMITED")] * 2
        assert response.json()["results"][-1]["retry_after"] >= 1

    @pytest.mark.parametrize("beat", [{"token": "forged", "seq": 0}, {}])
    async def test_batches_without_a_genuine_token_are_refused_whole_after_thirty(
        self, world: World, beat: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(world.platform.database.writer, "submit", None)  # it is not asked
        for _ in range(30):
            await beat_all(world, beat)
        verified: list[str] = []

        def refuse(_: object, token: str) -> NoReturn:
            verified.append(token)
            raise refusals.forged_token()

        monkeypatch.setattr("bithuman.service.heartbeat._read", refuse)
        refused(await beat_all(world, *[beat] * 1_000), 429, "RATE_LIMITED")
        assert len(verified) < 10

    async def test_a_batch_logs_one_line(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        await beat_all(world, *[{}] * 1_000)
        assert capsys.readouterr().out.count("refused") == 1

    async def test_one_account_does_not_keep_others_waiting_for_all_its_batches(self, world: World) -> None:
        """Four batches of a thousand beats wait; the beat of another account is answered before most of them."""
        crowd, other = await world.developer("pro"), await world.developer()
        token, others_token = (await crowd.token())["token"], (await other.token())["token"]
        beats = [{"token": token, "seq": 0}] * 1_000
        answered: list[str] = []

        async def note(name: str, request: Awaitable[httpx.Response]) -> None:
            assert (await request).status_code == 200
            answered.append(name)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(4):
                tasks.create_task(note("batch", beat_all(world, *beats)))
            await asyncio.sleep(0)
            tasks.create_task(note("beat", world.beat(others_token, 0)))
        assert answered.index("beat") <= 1


class Test400:
    @pytest.mark.parametrize("beats", [None, {}, "x", [1], [{}] * 1_001])
    async def test_what_is_no_list_of_heartbeats(self, world: World, beats: Any) -> None:
        response = await world.stranger.post(PATH, content=compact({"beats": beats}))
        refused(response, 400, "VALIDATION_ERROR")

    async def test_no_beats(self, world: World) -> None:
        refused(await world.stranger.post(PATH, content=b"{}"), 400, "MISSING_PARAM")

    async def test_sessions_of_two_accounts_and_none_is_renewed(self, world: World) -> None:
        tokens = [(await (await world.developer()).token())["token"] for _ in range(2)]
        refused(await beat_all(world, *({"token": token, "seq": 0} for token in tokens)), 400, "VALIDATION_ERROR")
        assert (await world.beat(tokens[0], 0)).status_code == 200


class Test413:
    async def test_a_body_over_1_mib(self, world: World) -> None:
        refused(await world.stranger.post(PATH, content=b" " * (1024 * 1024 + 1)), 413, "PAYLOAD_TOO_LARGE")


class Test503:
    async def test_nothing_can_be_written(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        token = (await (await world.developer()).token())["token"]

        def fail() -> None:
            raise OSError("no space left on device")

        monkeypatch.setattr(world.platform.database.writer._transaction, "_check", fail)
        refused(await beat_all(world, {"token": token, "seq": 0}), 503, "UNAVAILABLE")
