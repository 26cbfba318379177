"""`/validate`: a document flows in; the report on it flows out, as a page or in the format that the client likes.

`GET` is the page with the form, `POST` takes the document: as the body itself, or as a file or a text of a form.
Nothing of it is kept. The work is done in a process of its own (`web.judge`), which talks to nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, Response, abort, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from graph.catalogue.validate.profiles import PROFILES, profile_named
from graph.errors import InputError, NotAcceptableError, PmkgError, UnknownFormatError
from graph.store.formats import Kind, formats
from web.datasets import DIMENSIONS
from web.judging import AS_OBJECT, Case
from web.negotiation import HTML, content_type
from web.service import service

blueprint = Blueprint("validation", __name__)

FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
NAMED = "document"  # what a document is called whose name nobody says
# Whatever these are called, it is found out what they are; other types are no catalogue.
SNIFFED = frozenset(
    {"", "application/octet-stream", "text/plain", "application/json", "application/xml", "text/xml"}
    | {"application/x-turtle", "text/n3", "text/rdf+n3", "application/rdf+json", "text/x-nquads"}
)
RDF = {media_type for item in formats(Kind.GRAPH) for media_type in item.media_types}
SYNTAXES = {
    "": "Find out",
    "text/turtle": "Turtle",
    "application/rdf+xml": "RDF/XML",
    "application/ld+json": "JSON-LD",
    "application/n-triples": "N-Triples",
    "application/n-quads": "N-Quads",
    "application/trig": "TriG",
}
# How a report can be had: its name, its media type, what it is rendered as. The first is what a client gets that says
# nothing of what it likes.
REPORTS = {
    "json": ("application/json", "json"),
    "csv": ("text/csv; charset=utf-8", "csv"),
    "md": ("text/markdown; charset=utf-8", "md"),
    "table": ("text/plain; charset=utf-8", "table"),
    **{item.name: (content_type(item), item.name) for item in formats(Kind.GRAPH)},
}
ALSO = {"markdown": "md", "text": "table", "xml": "rdfxml", "page": "html"}
MOST_SHOWN = 500_000  # characters of a text that the page gives back to its sender


@dataclass(frozen=True)
class Sent:
    """What somebody wants to have validated."""

    content: bytes
    media_type: str
    name: str
    text: str = ""  # where it was typed into the form


@blueprint.get("/validate")
def form() -> Response:
    """The page that takes a document and shows the report on it."""
    return _page(None, None)


@blueprint.post("/validate")
def validate() -> AnyResponse:
    """The report on a document, which is not kept."""
    wanted = _wanted()
    sent = _sent()
    profile = _profile()
    case = Case(
        content=sent.content,
        media_type=sent.media_type,
        name=sent.name,
        profile=profile,
        form=AS_OBJECT if wanted == "html" else REPORTS[wanted][1],
        most_triples=service().settings.validate_triples,
    )
    try:
        reported = service().judges.judge(case)
    except InputError as error:
        if wanted != "html":
            raise
        return _page(sent, None, problem=_told(error), status=HTTPStatus.BAD_REQUEST)
    if wanted == "html":
        return _page(sent, reported)
    assert isinstance(reported, str | bytes)
    response = Response(reported, content_type=REPORTS[wanted][0])
    return _private(response)


def _wanted() -> str:
    """The name of the format of the report.

    Raises:
        UnknownFormatError: `format` names none.
        NotAcceptableError: the client accepts none.
    """
    named = request.args.get("format") or (request.form.get("format") if request.mimetype in FORMS else None)
    if named:
        name = ALSO.get(named, named)
        if name != "html" and name not in REPORTS:
            known = ", ".join(("html", *REPORTS))
            raise UnknownFormatError(f"a report has no format '{named}'.", advice=f"Ask for one of {known}.")
        return name
    accept = request.accept_mimetypes
    if not accept:
        return next(iter(REPORTS))
    types = {media_type.partition(";")[0]: name for name, (media_type, _) in reversed(REPORTS.items())}
    quality = {name: accept.quality(media_type) for media_type, name in types.items()}
    page = max((accept.quality(name) for name in HTML if name in {said for said, _ in accept}), default=0)
    best = max(REPORTS, key=lambda name: quality[name])
    if page and page >= quality[best]:
        return "html"
    if not quality[best]:
        raise NotAcceptableError("A report comes in other formats.", advice=f"Accept one of {', '.join(types)}.")
    return best


def _sent() -> Sent:
    """The document of the request: its body, or the file or the text of its form."""
    if request.mimetype in FORMS:
        return _of_form()
    content = request.get_data(cache=False)
    return Sent(_not_empty(content), _media_type(request.mimetype), NAMED)


def _of_form() -> Sent:
    said = request.form.get("syntax", "")
    files = [file for file in request.files.values() if file.filename]
    if len(files) > 1:
        abort(HTTPStatus.BAD_REQUEST, "There are several files; send one.")
    if files:
        content, given = files[0].read(), (files[0].mimetype or "")
        media_type = _media_type(said or (given if given in RDF else ""))
        return Sent(_not_empty(content), media_type, files[0].filename or NAMED)
    text = request.form.get("text", "") or request.form.get("document", "")
    return Sent(_not_empty(text.encode()), _media_type(said), NAMED, text)


def _media_type(name: str) -> str:
    """The type that a document is read as, '' where that has to be found out."""
    if name in RDF and name not in SNIFFED:
        return name
    if name not in SNIFFED:
        known = ", ".join(sorted(filter(None, SYNTAXES)))
        abort(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"A catalogue is RDF, and '{name}' is not. Send one of {known}.")
    return ""


def _not_empty(content: bytes) -> bytes:
    if not content.strip():
        abort(HTTPStatus.BAD_REQUEST, "There is no document: send it as the body, or as 'file' or 'text' of a form.")
    return content


def _profile() -> str | None:
    """The profile that is asked for; None where each record is held to that of its own level.

    Raises:
        UnknownProfileError: there is none of that name.
    """
    name = request.args.get("profile") or (request.form.get("profile") if request.mimetype in FORMS else None)
    return profile_named(name).name if name else None


def _told(error: PmkgError) -> dict[str, object]:
    """What the page says of a document that cannot be read."""
    return {
        "message": error.message[:1].upper() + error.message[1:],
        "advice": error.advice,
        "line": error.place.line,
        "column": error.place.column,
    }


def _page(
    sent: Sent | None, reported: object, problem: dict[str, object] | None = None, status: HTTPStatus = HTTPStatus.OK
) -> Response:
    line = ""
    if sent and problem and isinstance(number := problem["line"], int):
        lines = sent.content.decode("utf-8", "replace").splitlines()
        line = lines[number - 1][:300] if 0 < number <= len(lines) else ""
    settings = service().settings
    page = render_template(
        "validate.html",
        reported=reported,
        name=sent.name if sent and not sent.text else "",
        text=sent.text if sent and len(sent.text) <= MOST_SHOWN else "",
        problem=problem,
        line=line,
        profiles=PROFILES,
        profile=request.values.get("profile", ""),
        syntaxes=SYNTAXES,
        syntax=request.form.get("syntax", "") if request.method == "POST" else "",
        megabytes=settings.validate_megabytes,
        dimensions=DIMENSIONS,
    )
    response = make_response(page, status)
    return _private(response)


def _private(response: Response) -> Response:
    response.vary.add("Accept")
    if request.method == "POST":
        response.cache_control.no_store = True
    return response
