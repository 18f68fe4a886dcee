"""Figures for Prometheus, with labels of which there are only so many: templates of routes, statuses, codes."""

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from pictrace.service.guard import Record
from pictrace.service.shelf import Shelf

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE"})


class Metrics:
    """Counts what the guard tells, and looks at the rest when it is asked."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self._requests = Counter(
            "pictrace_requests", "Requests that were answered.", ("method", "route", "status"), registry=registry
        )
        self._refusals = Counter("pictrace_refusals", "Requests refused, by code.", ("code",), registry=registry)
        self._seconds = Histogram(
            "pictrace_request_seconds", "How long answers took.", ("route",), buckets=_BUCKETS, registry=registry
        )
        self._inside = Gauge("pictrace_requests_inside", "Requests that run or wait for a thread.", registry=registry)
        self._pictures = Gauge("pictrace_pictures", "Pictures in a collection.", ("collection",), registry=registry)
        self._jobs = Gauge("pictrace_jobs", "Jobs by state.", ("collection", "state"), registry=registry)

    def watch(self, record: Record) -> None:
        """One request is over."""
        method = record.method if record.method in _METHODS else "other"
        route = record.route or "none"
        self._requests.labels(method, route, str(record.status)).inc()
        self._seconds.labels(route).observe(record.seconds)
        if record.code:
            self._refusals.labels(record.code).inc()

    def text(self, shelf: Shelf) -> tuple[bytes, str]:
        """All figures as of now, and their media type."""
        self._inside.set(shelf.pool.inside + shelf.light.inside)
        for held in shelf.opened():
            name = held.custody.name
            self._pictures.labels(name).set(len(held.custody.collection))
            states = [str(job.state) for job in held.jobs.all()]
            for state in ("queued", "running", "done", "failed", "cancelled"):
                self._jobs.labels(name, state).set(states.count(state))
        return generate_latest(self._registry), CONTENT_TYPE_LATEST
