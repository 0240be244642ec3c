"""What Prometheus may scrape."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """One server's counters."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "bithuman_http_requests_total",
            "Answers, by route and status.",
            ["route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "bithuman_http_request_seconds", "Time to answer.", ["route"], registry=self._registry, buckets=BUCKETS_S
        )
        self.live_sessions = Gauge("bithuman_live_sessions", "Sessions that are live now.", registry=self._registry)
        self._bound: dict[tuple[str, int], Counter] = {}
        self._bound_seconds: dict[str, Histogram] = {}

    def observe(self, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        counter = self._bound.get((route, status))
        if counter is None:
            counter = self._bound[route, status] = self._requests.labels(route, str(status))
        counter.inc()
        histogram = self._bound_seconds.get(route)
        if histogram is None:
            histogram = self._bound_seconds[route] = self._seconds.labels(route)
        histogram.observe(seconds)

    def text(self) -> bytes:
        """Everything, in the exposition format."""
        return generate_latest(self._registry)
