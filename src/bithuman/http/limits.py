"""How much one client may ask: per account for its plan, per address for guessed credentials."""

from collections import OrderedDict
from collections.abc import Hashable

from bithuman.core.limits import Bucket
from bithuman.core.refusals import Code, Refusal

GUESSES_PER_MINUTE = 30
MAX_TRACKED = 20_000


class Buckets:
    """A bucket for each key, for as many keys as there is room."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[Hashable, Bucket] = OrderedDict()

    def take(self, key: Hashable, per_minute: int, now_ms: int) -> tuple[Bucket, bool]:
        """Take one from the key's bucket; the flag says whether there was one."""
        bucket = self._buckets.get(key)
        if bucket is None or bucket.per_minute != per_minute:
            self._make_room()
            bucket = self._buckets[key] = Bucket.full(per_minute, now_ms)
        return bucket, bucket.take(now_ms)

    def _make_room(self) -> None:
        """Forget the oldest: memory stays bounded, however many addresses ask."""
        while len(self._buckets) >= MAX_TRACKED:
            self._buckets.popitem(last=False)


class GuessThrottle:
    """Thirty guessed credentials a minute from one address get 401; further ones get 429.

    Only failures are counted and only failures are held back: a live session behind the same address never waits.
    """

    def __init__(self) -> None:
        self._buckets = Buckets()

    def count(self, address: str, now_ms: int) -> Refusal | None:
        """Count a guess. Returns what to answer in its place once there were too many."""
        bucket, allowed = self._buckets.take(address, GUESSES_PER_MINUTE, now_ms)
        if allowed:
            return None
        return Refusal(
            Code.RATE_LIMITED,
            "Too many failed authentications from this address. Wait, and check the credential.",
            retry_after_s=bucket.retry_after_s,
        )
