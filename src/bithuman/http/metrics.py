"""What Prometheus may scrape. Counting is two additions; the exposition is built when somebody asks for it."""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class RouteMetrics:
    """The counters of one route. `slots` counts the answers below each bound, without those below the one before."""

    __slots__ = ("answers", "seconds", "slots")

    def __init__(self) -> None:
        self.answers: Counter[int] = Counter()
        self.slots = [0] * (len(BOUNDS_S) + 1)
        self.seconds = 0.0

    def observe(self, status: int, seconds: float) -> None:
        """Count one answer."""
        self.answers[status] += 1
        self.slots[bisect_left(BOUNDS_S, seconds)] += 1
        self.seconds += seconds


class Metrics(Collector):
    """One server's counters, by route."""

    def __init__(self) -> None:
        self.routes: defaultdict[str, RouteMetrics] = defaultdict(RouteMetrics)
        self.live_sessions = 0
        self.counted_ms = 0

    def collect(self) -> Iterator[Metric]:
        """The families, as the Prometheus client asks for them. Routes that nobody asked for are left out."""
        routes = sorted((path, route) for path, route in self.routes.items() if route.answers)
        answers = CounterMetricFamily(
            "bithuman_http_requests", "Answers, by route and status.", labels=["route", "status"]
        )
        for path, route in routes:
            for status, count in sorted(route.answers.items()):
                answers.add_metric([path, str(status)], count)
        yield answers
        timings = HistogramMetricFamily("bithuman_http_request_seconds", "Time to answer.", labels=["route"])
        for path, route in routes:
            below, buckets = 0, []
            for bound, count in zip((*map(str, BOUNDS_S), "+Inf"), route.slots, strict=True):
                below += count
                buckets.append((bound, below))
            timings.add_metric([path], buckets, route.seconds)
        yield timings
        yield GaugeMetricFamily("bithuman_live_sessions", "Sessions that are live now.", value=self.live_sessions)

    def text(self) -> bytes:
        """Everything, in the exposition format."""
        registry = CollectorRegistry()
        registry.register(self)
        return generate_latest(registry)
