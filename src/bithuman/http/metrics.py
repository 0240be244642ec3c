"""What Prometheus may scrape. Counting is two additions; the exposition is built when somebody asks for it."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics(Collector):
    """One server's counters."""

    def __init__(self) -> None:
        self._answers: Counter[tuple[str, int]] = Counter()
        self._slots: dict[str, list[int]] = {}
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self.live_sessions = 0
        self.counted_ms = 0

    def observe(self, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self._answers[route, status] += 1
        slots = self._slots.get(route)
        if slots is None:
            slots = self._slots[route] = [0] * (len(BOUNDS_S) + 1)
        slots[bisect_left(BOUNDS_S, seconds)] += 1
        self._seconds[route] += seconds

    def collect(self) -> Iterator[Metric]:
        """The families, as the Prometheus client asks for them."""
        answers = CounterMetricFamily(
            "bithuman_http_requests", "Answers, by route and status.", labels=["route", "status"]
        )
        for (route, status), count in sorted(self._answers.items()):
            answers.add_metric([route, str(status)], count)
        yield answers
        timings = HistogramMetricFamily("bithuman_http_request_seconds", "Time to answer.", labels=["route"])
        for route, slots in sorted(self._slots.items()):
            below, buckets = 0, []
            for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), slots, strict=True):
                below += count
                buckets.append((bound, below))
            timings.add_metric([route], buckets, self._seconds[route])
        yield timings
        yield GaugeMetricFamily("bithuman_live_sessions", "Sessions that are live now.", value=self.live_sessions)

    def text(self) -> bytes:
        """Everything, in the exposition format."""
        registry = CollectorRegistry()
        registry.register(self)
        return generate_latest(registry)
