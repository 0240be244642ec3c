"""The time of one process: it starts at the system's date and never steps.

The system's date may step: an operator sets it, or a machine starts before its date is known. Tokens and the ledger
need a date that is right in the end, and bills need durations that are right at once. So this clock runs on a monotonic
one and approaches the system's date at no more than a tenth of the pace of time (slewing, as in adjtime(3)). A duration
between two of its readings excludes what was slewed between them.
"""

import threading
from bisect import bisect_right
from collections import deque
from collections.abc import Callable

NS_PER_MS = 1_000_000
NS_PER_S = 1_000 * NS_PER_MS
SLEW_DIVISOR = 10
TOLERANCE_NS = 100 * NS_PER_MS
STEP_NS = NS_PER_S
MAX_POINTS = 256


class Clock:
    """A date that never steps, and durations that no change of the date touches.

    Safe to read from many threads.

    Args:
        date_ns: the system's date, in nanoseconds since the epoch. It may step.
        steady_ns: a monotonic clock, in nanoseconds since any moment.
        on_step: called with the size in milliseconds when the system's date has stepped by a second or more.
    """

    def __init__(
        self, date_ns: Callable[[], int], steady_ns: Callable[[], int], on_step: Callable[[int], None] = lambda _: None
    ) -> None:
        self._date_ns = date_ns
        self._steady_ns = steady_ns
        self._on_step = on_step
        started_ns = steady_ns()
        self._offset_ns = date_ns() - started_ns
        # The difference between the date and the monotonic clock when it was last looked at, to notice steps.
        self._system_offset_ns = self._offset_ns
        # None while the clock is close enough to the system's date.
        self._slewed_until_ns: int | None = None
        self._sign = 0
        # Where the offset began to change or to stay, as (date, offset), both in nanoseconds. It is linear in between.
        self._points = deque([(started_ns + self._offset_ns, self._offset_ns)], maxlen=MAX_POINTS)
        self._lock = threading.Lock()

    def now_ms(self) -> int:
        """Milliseconds since the epoch. Never less than at an earlier call."""
        steady_ns = self._steady_ns()
        system_offset_ns = self._date_ns() - steady_ns
        if self._slewed_until_ns is None and abs(system_offset_ns - self._offset_ns) <= TOLERANCE_NS:
            return (steady_ns + self._offset_ns) // NS_PER_MS
        with self._lock:
            self._slew(steady_ns, system_offset_ns)
            return (steady_ns + self._offset_ns) // NS_PER_MS

    def elapsed_ms(self, since_ms: int, until_ms: int) -> int:
        """How long it was between two readings of this clock, whatever was slewed in between.

        A reading of an earlier process is compared by its date.
        """
        if len(self._points) == 1:
            return until_ms - since_ms
        with self._lock:
            slewed_ns = self._offset_at(until_ms * NS_PER_MS) - self._offset_at(since_ms * NS_PER_MS)
        return until_ms - since_ms - round(slewed_ns / NS_PER_MS)

    def _slew(self, steady_ns: int, system_offset_ns: int) -> None:
        step_ns = system_offset_ns - self._system_offset_ns
        self._system_offset_ns = system_offset_ns
        if abs(step_ns) >= STEP_NS:
            self._on_step(step_ns // NS_PER_MS)
        error_ns = system_offset_ns - self._offset_ns
        sign = (error_ns > 0) - (error_ns < 0)
        if self._slewed_until_ns is None or sign != self._sign:
            if self._slewed_until_ns is not None:
                self._mark(self._slewed_until_ns)
            self._mark(steady_ns)
            self._slewed_until_ns, self._sign = steady_ns, sign
            return
        # Another thread may have read a later time just before.
        most_ns = max(steady_ns - self._slewed_until_ns, 0) // SLEW_DIVISOR
        if abs(error_ns) > most_ns:
            self._offset_ns += sign * most_ns
            self._slewed_until_ns = max(steady_ns, self._slewed_until_ns)
            return
        self._offset_ns += error_ns
        self._mark(self._slewed_until_ns + abs(error_ns) * SLEW_DIVISOR)
        self._slewed_until_ns = None

    def _mark(self, steady_ns: int) -> None:
        """Remember that the offset began to change, or to stay, at this moment."""
        self._points.append((steady_ns + self._offset_ns, self._offset_ns))

    def _offset_at(self, date_ns: int) -> float:
        """The offset when this clock showed `date_ns`."""
        number = bisect_right(self._points, date_ns, key=lambda point: point[0])
        if number == 0:
            return self._points[0][1]
        before_ns, before_offset_ns = self._points[number - 1]
        if number < len(self._points):
            after_ns, after_offset_ns = self._points[number]
        elif self._slewed_until_ns is not None:
            after_ns, after_offset_ns = self._slewed_until_ns + self._offset_ns, self._offset_ns
        else:
            return before_offset_ns
        if after_ns <= before_ns:
            return after_offset_ns
        share = min(max((date_ns - before_ns) / (after_ns - before_ns), 0.0), 1.0)
        return before_offset_ns + share * (after_offset_ns - before_offset_ns)
