"""Writes over HTTP: what a request asks to be written flows in, a response that says what came of it flows out."""

from __future__ import annotations

import json
import re
import uuid
from http import HTTPStatus

import pyoxigraph as ox
from flask import Response, abort, g, request
from werkzeug.datastructures import MIMEAccept

from graph.access.roles import Action
from graph.check.report import Report
from graph.errors import InvalidChangeError, PmkgError
from graph.store.formats import Kind
from graph.write.request import Removal, Update, Upload, Write, Written
from web import negotiation, problems
from web.identity import require
from web.metrics import metrics_of
from web.service import service

REPORTS = ("report",)  # what `validate` may be
JSON_TYPES = ("application/json", "application/problem+json")
_ETAG = re.compile(r'(?:W/)?"(?:generation-)?(\d+)"')


def written(work: Update | Upload | Removal) -> Response:
    """Carry out a write of this request, if who sends it may write at all.

    With `?validate=report` nothing is written, and the answer is the validation report of what would be. With
    `If-Match: "N"`, it is carried out only where N is the current generation.

    Raises:
        PmkgError: it was not carried out; nothing has changed.
    """
    only = _report_only()
    write = Write(
        id=str(uuid.uuid4()),
        principal=require(Action.WRITE),
        work=work,
        expected=_expected(),
        report_only=only,
        request_id=str(g.get("request_id", "")),
    )
    outcome = _counted(write)
    if only:
        return reported(outcome)
    status = HTTPStatus.CREATED if outcome.created else HTTPStatus.OK
    return _numbered(Response(_json(outcome), status, content_type="application/json"), outcome.generation)


def _counted(write: Write) -> Written:
    """What a write came to, which the metrics count."""
    kind = "error"
    try:
        outcome = service().writer.write(write)
        kind = "reported" if write.report_only else "written"
    except PmkgError as error:
        kind = type(error).__name__.removesuffix("Error")
        raise
    finally:
        metrics_of().writes.labels(kind).inc()
    return outcome


def reported(outcome: Written) -> Response:
    """What a write would do: the report, negotiated, and the counts in headers."""
    assert outcome.report is not None, "every write is validated"
    response = _report(outcome.report, HTTPStatus.OK) or Response(_json(outcome), content_type="application/json")
    response.headers["PMKG-Added"] = str(outcome.added)
    response.headers["PMKG-Removed"] = str(outcome.removed)
    return _numbered(response, outcome.generation)


def refused(error: InvalidChangeError) -> Response:
    """The refusal of the shapes: their report where the client takes RDF, else a problem that holds it."""
    report = error.report
    assert isinstance(report, Report)
    response = _report(report, HTTPStatus.UNPROCESSABLE_ENTITY)
    if response is None:
        members = {name: value for name, value in report.as_json().items() if name != "nodes"}
        response = problems.of_pmkg_error(error, **members)
    response.vary.add("Accept")
    return response


def _report(report: Report, status: HTTPStatus) -> Response | None:
    """The report as RDF; None where the client likes JSON better, or takes no RDF."""
    chosen = negotiation.chosen(Kind.GRAPH)
    accept = request.accept_mimetypes or MIMEAccept([("*/*", 1)])
    named = {media_type for media_type, _ in accept}
    if chosen is None or (named & set(JSON_TYPES) and chosen.media_type not in named):
        return None
    assert isinstance(chosen.engine, ox.RdfFormat), "graphs are written by the engine"
    return Response(report.serialize(chosen.engine), status, content_type=negotiation.content_type(chosen))


def _numbered(response: Response, generation: int) -> Response:
    response.headers["PMKG-Generation"] = str(generation)
    response.headers["ETag"] = f'"{generation}"'
    response.cache_control.no_store = True
    return response


def _json(outcome: Written) -> str:
    found: dict[str, object] = {
        "generation": outcome.generation,
        "added": outcome.added,
        "removed": outcome.removed,
        "graphs": list(outcome.graphs),
    }
    if outcome.report is not None and outcome.report.results:
        found["warnings"] = outcome.report.as_json()["results"]
    return json.dumps(found, ensure_ascii=False) + "\n"


def _report_only() -> bool:
    asked = request.args.get("validate")
    if asked not in (None, *REPORTS):
        abort(HTTPStatus.BAD_REQUEST, "The value of 'validate' is 'report', or there is none.")
    return asked is not None


def _expected() -> int | None:
    """The generation that If-Match names, None where it names none or any."""
    header = request.headers.get("If-Match", "*").strip()
    if header == "*":
        return None  # an empty one is refused: it is a script's whose variable was empty, and which meant to be careful
    found = _ETAG.fullmatch(header)
    if found is None:
        abort(HTTPStatus.BAD_REQUEST, 'If-Match holds the number of a generation in quotes, such as "17".')
    return int(found[1])


def graph_iri(text: str, name: str) -> str:
    """An absolute IRI that a parameter holds; anything else is a bad request."""
    try:
        return ox.NamedNode(text).value
    except ValueError as error:
        abort(HTTPStatus.BAD_REQUEST, f"The value of '{name}' is not an absolute IRI: {error}.")
