"""`/metrics`: what the server does, counted as it does it, flows in; the text that Prometheus reads flows out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version

import pyoxigraph as ox
from flask import Blueprint, Flask, Response, abort, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, Info, PlatformCollector, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from graph.access.roles import Role
from graph.settings import Settings
from web import identity, requestlog
from web.clients import client, is_local
from web.queries import queries
from web.running import Running, State
from web.service import Service, service

blueprint = Blueprint("metrics", __name__)

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The counters of one application, in a registry of its own."""

    def __init__(self, app: Flask) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("pmkg_requests", "Requests answered.", ["kind", "status"], registry=self.registry)
        self.seconds = Histogram(
            "pmkg_request_seconds", "Until the answer began.", ["kind"], registry=self.registry, buckets=SECONDS
        )
        self.waits = Histogram(
            "pmkg_queue_seconds", "That a query waited for a reader.", registry=self.registry, buckets=SECONDS
        )
        self.cache = Counter("pmkg_cache", "Queries looked up in the cache.", ["outcome"], registry=self.registry)
        self.writes = Counter("pmkg_writes", "Writes.", ["outcome"], registry=self.registry)
        self.cancelled = Counter("pmkg_cancelled_queries", "Queries that were cancelled.", registry=self.registry)
        Info("pmkg_build", "What runs.", registry=self.registry).info(
            {"version": _version("pmkg"), "pyoxigraph": ox.__version__, "python": _python()}
        )
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.registry.register(_State(app))


class _State(Collector):
    """What is so at the moment of asking."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def collect(self) -> Iterator[Metric]:
        with self._app.app_context():
            known = service()
            under_way = queries().all()
            states = GaugeMetricFamily("pmkg_queries", "Queries under way.", labels=["state"])
            for state in State:
                states.add_metric([state.value], sum(item.state is state for item in under_way))
            yield states
            yield from _generation(known)
            yield from _readers(known)


def _generation(known: Service) -> Iterator[Metric]:
    generation = known.generation
    if generation is None:
        return
    size = known.kept("bytes", generation, lambda: sum(file.stat().st_size for file in generation.store.iterdir()))
    created = generation.path.stat().st_mtime
    yield GaugeMetricFamily("pmkg_generation", "The number of the current generation.", generation.number)
    yield GaugeMetricFamily("pmkg_generation_age_seconds", "Since it was made.", max(0.0, time.time() - created))
    yield GaugeMetricFamily("pmkg_statements", "Triples that a query sees.", generation.triples)
    yield GaugeMetricFamily("pmkg_store_bytes", "Size of its files.", size)


def _readers(known: Service) -> Iterator[Metric]:
    census = getattr(known.engine, "census", None)
    if census is None:  # a remote engine has none of ours
        return
    found = census()
    readers = GaugeMetricFamily("pmkg_readers", "Reader processes.", labels=["state"])
    readers.add_metric(["busy"], found.busy)
    readers.add_metric(["idle"], found.idle)
    yield readers
    yield GaugeMetricFamily("pmkg_readers_replaced", "Readers ended and replaced since the start.", found.replaced)


def metrics_of(app: Flask | None = None) -> Metrics:
    """The counters of an application, of the one that answers now where none is given."""
    found = (app or current_app).extensions["pmkg-metrics"]
    assert isinstance(found, Metrics)
    return found


def register(app: Flask, settings: Settings) -> None:
    """Count every request."""
    app.extensions["pmkg-metrics"] = Metrics(app)
    app.before_request(_begin)
    app.after_request(_count)
    app.register_blueprint(blueprint)


@blueprint.get("/metrics")
def metrics() -> Response:
    """For this machine and administrators, unless the settings open it to everybody."""
    if not (service().settings.open_metrics or is_local() or identity.principal().role is Role.ADMIN):
        abort(HTTPStatus.FORBIDDEN, "The metrics are for this machine and for administrators.")
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    response = Response(encode(metrics_of().registry), content_type=content_type)
    response.cache_control.no_store = True
    response.vary.add("Accept")
    return response


def _begin() -> None:
    g.began = time.monotonic()


def _count(response: Response) -> Response:
    known, kind = metrics_of(), _kind()
    known.requests.labels(kind, str(response.status_code)).inc()
    known.seconds.labels(kind).observe(time.monotonic() - g.get("began", time.monotonic()))
    requestlog.note(kind=kind)
    if outcome := response.headers.get("PMKG-Cache"):
        known.cache.labels(outcome).inc()
    if client().name:
        requestlog.note(principal=client().name)
    running: Running | None = g.get("running")
    if running is not None:
        known.waits.observe(running.waited)
        known.cancelled.inc(running.is_cancelled)
        requestlog.note(queue=round(running.waited, 4), query_id=running.id)
    return response


def _kind() -> str:
    """The kind of a request, from few: no client can make a new one."""
    running: Running | None = g.get("running")
    if running is not None:
        return running.kind
    return request.blueprint or request.endpoint or "unknown"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def _python() -> str:
    import platform

    return platform.python_version()
