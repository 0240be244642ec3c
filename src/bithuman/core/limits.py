"""Token buckets: so many a minute, at once or spread out."""

import math
from dataclasses import dataclass

from bithuman.core.billing import MINUTE_MS


@dataclass(slots=True)
class Bucket:
    """Room for `per_minute` requests, which fills again steadily. `level` is how many fit now."""

    per_minute: int
    level: float
    at_ms: int

    @classmethod
    def full(cls, per_minute: int, now_ms: int) -> "Bucket":
        """A bucket that nobody has taken from."""
        return cls(per_minute, float(per_minute), now_ms)

    def fill(self, now_ms: int) -> None:
        """Add what the time since the last look brings. A clock that stepped back adds nothing."""
        gained = max(now_ms - self.at_ms, 0) * self.per_minute / MINUTE_MS
        self.level = min(self.level + gained, float(self.per_minute))
        self.at_ms = now_ms

    def take(self, now_ms: int) -> bool:
        """Take one, if there is one."""
        self.fill(now_ms)
        if self.level < 1:
            return False
        self.level -= 1
        return True

    @property
    def remaining(self) -> int:
        """How many requests fit now."""
        return int(self.level)

    @property
    def retry_after_s(self) -> int:
        """Whole seconds until one more fits, at least 1."""
        return max(1, math.ceil((1 - self.level) * 60 / self.per_minute))

    @property
    def full_in_s(self) -> int:
        """Whole seconds until the bucket is full again."""
        return math.ceil((self.per_minute - self.level) * 60 / self.per_minute)
