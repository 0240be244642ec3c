"""A clock that follows the system's date without a step, and measures durations exactly."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bithuman.core.clock import NS_PER_MS, Clock

START_MS = 1_790_000_000_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class System:
    """A machine whose date a test may step."""

    def __init__(self) -> None:
        self.date_ms, self.steady_ms = START_MS, 5_000
        self.steps: list[int] = []
        self.clock = Clock(lambda: self.date_ms * NS_PER_MS, lambda: self.steady_ms * NS_PER_MS, self.steps.append)

    def spend(self, ms: int) -> int:
        self.date_ms += ms
        self.steady_ms += ms
        return self.clock.now_ms()

    def step(self, ms: int) -> int:
        self.date_ms += ms
        return self.clock.now_ms()


def test_it_follows_a_date_that_does_not_step() -> None:
    system = System()
    assert [system.clock.now_ms(), system.spend(1), system.spend(DAY_MS)] == [
        START_MS,
        START_MS + 1,
        START_MS + 1 + DAY_MS,
    ]
    assert system.steps == []


@pytest.mark.parametrize("step_ms", [HOUR_MS, -HOUR_MS, DAY_MS, -DAY_MS])
def test_a_step_is_reported_once_and_shows_at_no_moment(step_ms: int) -> None:
    system = System()
    assert system.step(step_ms) == START_MS
    system.spend(1_000)
    assert system.steps == [step_ms]


@pytest.mark.parametrize(("step_ms", "minute_ms"), [(HOUR_MS, 66_000), (-HOUR_MS, 54_000)])
def test_it_catches_up_at_a_tenth_of_the_pace_of_time(step_ms: int, minute_ms: int) -> None:
    system = System()
    system.step(step_ms)
    assert system.spend(60_000) == START_MS + minute_ms
    system.spend(10 * HOUR_MS)
    assert system.clock.now_ms() == system.date_ms


@pytest.mark.parametrize("step_ms", [HOUR_MS, -HOUR_MS])
def test_a_duration_excludes_what_was_slewed(step_ms: int) -> None:
    system = System()
    before_ms = system.clock.now_ms()
    system.step(step_ms)
    middle_ms = system.spend(60_000)
    after_ms = system.spend(20 * HOUR_MS)
    later_ms = system.spend(60_000)
    assert system.clock.elapsed_ms(before_ms, middle_ms) == 60_000
    assert system.clock.elapsed_ms(middle_ms, after_ms) == 20 * HOUR_MS
    assert system.clock.elapsed_ms(after_ms, later_ms) == 60_000


def test_a_reading_of_an_earlier_process_is_compared_by_its_date() -> None:
    system = System()
    system.step(HOUR_MS)
    assert system.clock.elapsed_ms(START_MS - 60_000, START_MS) == 60_000


def test_a_small_difference_is_left_alone() -> None:
    system = System()
    system.step(100)
    assert system.spend(60_000) == START_MS + 60_000


events = st.lists(
    st.tuples(st.booleans(), st.integers(0, DAY_MS), st.sampled_from([0, 0, 500, -500, HOUR_MS, -HOUR_MS, DAY_MS])),
    max_size=30,
)


@given(events)
def test_whatever_the_date_does_time_never_goes_back_and_durations_are_exact(
    events: list[tuple[bool, int, int]],
) -> None:
    system = System()
    readings = [(system.clock.now_ms(), system.steady_ms)]
    for reads_first, spent_ms, step_ms in events:
        if reads_first:
            system.step(step_ms)
        else:
            system.date_ms += step_ms
        readings.append((system.spend(spent_ms), system.steady_ms))
    for (since_ms, since_steady_ms), (until_ms, until_steady_ms) in pairwise(readings):
        steady_ms = until_steady_ms - since_steady_ms
        assert abs((until_ms - since_ms) - steady_ms) <= steady_ms / 10 + 1
        assert abs(system.clock.elapsed_ms(since_ms, until_ms) - steady_ms) <= 1
