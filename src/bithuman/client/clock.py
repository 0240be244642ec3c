"""The clock for durations."""

import time

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def elapsed_s() -> float:
    """Seconds since some moment: they never step, and on Linux they go on while the host sleeps.

    A token dies while a laptop's lid is closed; `time.monotonic` would not notice (clock_gettime(2), CLOCK_BOOTTIME).
    """
    return time.clock_gettime(_CLOCK)
