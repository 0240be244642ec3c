"""A clock that follows the system's date without a step, and measures durations exactly."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.doubles.clocks import FakeMachineClocks

START_MS = 1_790_000_000_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


class SteppedMachine(FakeMachineClocks):
    """A machine whose clock reports each step of the date."""

    def __init__(self) -> None:
        super().__init__(START_MS)
        self.steps: list[int] = []
        self.process_clock = self.clock(self.steps.append)

    def now_after(self, ms: int) -> int:
        """Let time pass, and read the clock."""
        self.spend(ms)
        return self.process_clock.now_ms()

    def now_after_step(self, ms: int) -> int:
        """Set the date, and read the clock."""
        self.step(ms)
        return self.process_clock.now_ms()


def test_it_follows_a_date_that_does_not_step() -> None:
    machine = SteppedMachine()
    assert [machine.process_clock.now_ms(), machine.now_after(1), machine.now_after(DAY_MS)] == [
        START_MS,
        START_MS + 1,
        START_MS + 1 + DAY_MS,
    ]
    assert machine.steps == []


@pytest.mark.parametrize("step_ms", [HOUR_MS, -HOUR_MS, DAY_MS, -DAY_MS])
def test_a_step_is_reported_once_and_shows_at_no_moment(step_ms: int) -> None:
    machine = SteppedMachine()
    assert machine.now_after_step(step_ms) == START_MS
    machine.now_after(1_000)
    assert machine.steps == [step_ms]


@pytest.mark.parametrize(("step_ms", "minute_ms"), [(HOUR_MS, 66_000), (-HOUR_MS, 54_000)])
def test_it_catches_up_at_a_tenth_of_the_pace_of_time(step_ms: int, minute_ms: int) -> None:
    machine = SteppedMachine()
    machine.now_after_step(step_ms)
    assert machine.now_after(60_000) == START_MS + minute_ms
    machine.now_after(10 * HOUR_MS)
    assert machine.process_clock.now_ms() == machine.date_ms


@pytest.mark.parametrize("step_ms", [HOUR_MS, -HOUR_MS])
def test_a_duration_excludes_what_was_slewed(step_ms: int) -> None:
    machine = SteppedMachine()
    before_ms = machine.process_clock.now_ms()
    machine.now_after_step(step_ms)
    middle_ms = machine.now_after(60_000)
    after_ms = machine.now_after(20 * HOUR_MS)
    later_ms = machine.now_after(60_000)
    assert machine.process_clock.elapsed_ms(before_ms, middle_ms) == 60_000
    assert machine.process_clock.elapsed_ms(middle_ms, after_ms) == 20 * HOUR_MS
    assert machine.process_clock.elapsed_ms(after_ms, later_ms) == 60_000


def test_a_reading_of_an_earlier_process_is_compared_by_its_date() -> None:
    machine = SteppedMachine()
    machine.now_after_step(HOUR_MS)
    assert machine.process_clock.elapsed_ms(START_MS - 60_000, START_MS) == 60_000


def test_a_small_difference_is_left_alone() -> None:
    machine = SteppedMachine()
    machine.now_after_step(100)
    assert machine.now_after(60_000) == START_MS + 60_000


events = st.lists(
    st.tuples(st.booleans(), st.integers(0, DAY_MS), st.sampled_from([0, 0, 500, -500, HOUR_MS, -HOUR_MS, DAY_MS])),
    max_size=30,
)


@given(events)
def test_whatever_the_date_does_time_never_goes_back_and_durations_are_exact(
    events: list[tuple[bool, int, int]],
) -> None:
    machine = SteppedMachine()
    readings = [(machine.process_clock.now_ms(), machine.steady_ms)]
    for reads_first, spent_ms, step_ms in events:
        if reads_first:
            machine.now_after_step(step_ms)
        else:
            machine.date_ms += step_ms
        readings.append((machine.now_after(spent_ms), machine.steady_ms))
    for (since_ms, since_steady_ms), (until_ms, until_steady_ms) in pairwise(readings):
        steady_ms = until_steady_ms - since_steady_ms
        assert abs((until_ms - since_ms) - steady_ms) <= steady_ms / 10 + 1
        assert abs(machine.process_clock.elapsed_ms(since_ms, until_ms) - steady_ms) <= 1
