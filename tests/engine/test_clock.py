"""The frame clock, on a time that only the test moves."""

import pytest

from bithuman.engine.clock import AHEAD_S, MOST_TO_CATCH_UP, MOST_TO_SKIP, FrameClock
from tests.doubles.clocks import JumpingFakeTime

PERIOD_S = 0.04


@pytest.fixture
def time() -> JumpingFakeTime:
    return JumpingFakeTime()


@pytest.fixture
def clock(time: JumpingFakeTime) -> FrameClock:
    return FrameClock(25, time.clock, time.sleep)


async def frame(clock: FrameClock) -> None:
    """One that takes no time."""
    await clock.tick()
    await clock.show()


async def test_the_first_frame_is_due_at_once(time: JumpingFakeTime, clock: FrameClock) -> None:
    time.now_s += 3600
    started_s = time.now_s
    await clock.tick()
    assert time.now_s == started_s


async def test_an_hour_of_frames_takes_an_hour(time: JumpingFakeTime, clock: FrameClock) -> None:
    """Though every frame costs work, and work of uneven length."""
    started_s = time.now_s
    for number in range(3600 * 25 + 1):
        await clock.tick()
        time.now_s += 0.0001 * (number % 50)
        await clock.show()
        assert time.now_s - started_s == pytest.approx(number * PERIOD_S, abs=1e-6)
        time.now_s += 0.001 * (number % 30)


async def test_it_is_computed_before_it_is_due(time: JumpingFakeTime, clock: FrameClock) -> None:
    await frame(clock)
    started_s = time.now_s
    await clock.tick()
    assert time.now_s - started_s == pytest.approx(PERIOD_S - AHEAD_S)
    time.now_s += 0.002
    await clock.show()
    assert time.now_s - started_s == pytest.approx(PERIOD_S)


async def test_one_that_took_too_long_is_shown_at_once(time: JumpingFakeTime, clock: FrameClock) -> None:
    await frame(clock)
    await clock.tick()
    time.now_s += 2 * AHEAD_S
    computed_s = time.now_s
    await clock.show()
    assert time.now_s == computed_s


async def test_a_sleep_that_wakes_early_is_slept_to_its_end(time: JumpingFakeTime, clock: FrameClock) -> None:
    await frame(clock)
    started_s = time.now_s
    time.wakes_early_s = 0.03
    await frame(clock)
    assert time.now_s - started_s == pytest.approx(PERIOD_S)


async def test_a_little_late_is_caught_up(time: JumpingFakeTime, clock: FrameClock) -> None:
    await frame(clock)
    started_s = time.now_s
    time.now_s += 2.5 * PERIOD_S
    for _ in range(2):
        await frame(clock)
    assert time.now_s - started_s == pytest.approx(2.5 * PERIOD_S)
    await frame(clock)
    assert time.now_s - started_s == pytest.approx(3 * PERIOD_S)


@pytest.mark.parametrize("stall_s", [0.5, 8 * 3600.0])
async def test_after_a_stall_frames_go_on_from_now(time: JumpingFakeTime, clock: FrameClock, stall_s: float) -> None:
    await frame(clock)
    time.now_s += stall_s
    woke_s = time.now_s
    for number in range(10):
        await frame(clock)
        assert time.now_s - woke_s == pytest.approx(number * PERIOD_S)


async def test_a_burst_is_never_longer_than_said(time: JumpingFakeTime, clock: FrameClock) -> None:
    await frame(clock)
    time.now_s += MOST_TO_CATCH_UP * PERIOD_S + PERIOD_S
    woke_s = time.now_s
    burst = 0
    while time.now_s == woke_s:
        await frame(clock)
        burst += time.now_s == woke_s
    assert burst <= MOST_TO_CATCH_UP + 1


async def test_a_reader_that_is_always_late_lets_others_run(time: JumpingFakeTime, clock: FrameClock) -> None:
    for _ in range(20):
        await frame(clock)
        time.now_s += 1.0
    assert len(time.naps_s) == 20


class TestSlowReader:
    @pytest.fixture
    def clock(self, time: JumpingFakeTime) -> FrameClock:
        return FrameClock(25, time.clock, time.sleep, skip_late=True)

    async def test_it_skips_what_is_late_and_is_on_time_again(self, time: JumpingFakeTime, clock: FrameClock) -> None:
        await frame(clock)
        started_s = time.now_s
        time.now_s += 10.5 * PERIOD_S
        assert await clock.tick() == 9
        await clock.show()
        await frame(clock)
        assert time.now_s - started_s == pytest.approx(11 * PERIOD_S)

    async def test_frames_that_it_did_not_skip_stay_late(self, time: JumpingFakeTime, clock: FrameClock) -> None:
        await frame(clock)
        time.now_s += 10.5 * PERIOD_S
        assert await clock.tick() == 9
        clock.take_back(9)
        assert await clock.tick() == 8

    async def test_a_little_late_skips_nothing(self, time: JumpingFakeTime, clock: FrameClock) -> None:
        await frame(clock)
        time.now_s += MOST_TO_CATCH_UP * PERIOD_S
        assert await clock.tick() == 0

    async def test_a_reader_that_was_away_goes_on_from_now(self, time: JumpingFakeTime, clock: FrameClock) -> None:
        await frame(clock)
        time.now_s += (MOST_TO_SKIP + 2) * PERIOD_S
        woke_s = time.now_s
        assert await clock.tick() == 0
        await clock.show()
        await frame(clock)
        assert time.now_s - woke_s == pytest.approx(PERIOD_S)
