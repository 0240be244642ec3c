"""The token bucket."""

from hypothesis import given
from hypothesis import strategies as st

from bithuman.core.limits import Bucket


def test_holds_as_many_as_a_minute_brings() -> None:
    bucket = Bucket.full(30, 0)
    assert [bucket.take(0) for _ in range(31)] == [True] * 30 + [False]
    assert bucket.retry_after_s == 2
    assert not bucket.take(1_999)
    assert bucket.take(2_001)


@given(st.integers(1, 1_000), st.lists(st.integers(-100_000, 100_000), max_size=60))
def test_gives_no_more_than_its_rate_whatever_the_clock_does(per_minute: int, steps_ms: list[int]) -> None:
    bucket, now_ms, taken, gained_ms = Bucket.full(per_minute, 0), 0, 0, 0
    for step_ms in steps_ms:
        now_ms += step_ms
        gained_ms += max(step_ms, 0)
        taken += bucket.take(now_ms)
        assert 0 <= bucket.remaining <= per_minute
    assert taken <= per_minute + gained_ms * per_minute / 60_000
