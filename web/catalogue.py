"""`/catalogue`: a generation flows in; its datasets as one DCAT catalogue that others harvest, page by page, flow out.

Pages come as RDF. The list for people is at the same address for who asks for HTML, and what is withheld from the
catalogue, or published otherwise than it was harvested, is at `/catalogue/withheld`.
"""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import OrderedDict
from datetime import datetime
from functools import partial
from http import HTTPStatus
from urllib.parse import quote

import pyoxigraph as ox
from flask import Blueprint, Response, abort, jsonify, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from graph.build.publish import version
from graph.catalogue.publish.documents import Document, document
from graph.catalogue.publish.operator import Operator
from graph.catalogue.publish.own import Addresses
from graph.catalogue.publish.pages import PublishedCatalogue
from graph.catalogue.publish.writable import as_iri
from graph.errors import NotAcceptableError
from graph.names import PREFIXES, shorten
from graph.store.formats import Format, Kind, formats
from graph.store.generation import Generation
from web import encoding
from web.datasets import datasets_page
from web.negotiation import chosen, content_type, wants_html
from web.service import Service, service

blueprint = Blueprint("catalogue", __name__)

_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_CHECKSUM = re.compile(r"[0-9a-f]{64}", re.ASCII)
# The prefixes of what a page says; a serialiser uses those that it needs.
_PREFIXES = (
    *("adms", "csvw", "cv", "dc", "dcat", "dcatap", "dcterms", "dpv", "dqv", "eli", "euauth", "foaf", "geodcatap"),
    *("hdeu", "healthdcatap", "hydra", "locn", "odrl", "org", "owl", "prov", "rdf", "rdfs", "schema", "skos", "spdx"),
    *("time", "vcard", "xsd"),
)
_IN_A_LINK = "!#$%&'()*+,/:;=?@[]~"
_KEPT_BYTES = 16 << 20  # of pages that are kept to be given again
_SAFE = frozenset(item.media_type for item in formats(Kind.GRAPH)) | {"text/plain", "application/json"}
_reading = threading.Lock()  # one thread reads a new generation, or makes a page; the others wait for it


@blueprint.get("/catalogue")
def catalogue() -> AnyResponse:
    """One page of the published catalogue as RDF, with links to the others; for people, the list of datasets."""
    if wants_html() or request.args.get("format") == "html":
        return datasets_page()
    form = chosen(Kind.GRAPH)
    if form is None:
        types = ", ".join(item.media_type for item in formats(Kind.GRAPH))
        raise NotAcceptableError("The catalogue comes as HTML or as RDF.", advice=f"Accept one of {types}.")
    known, generation = service(), _generation()
    number, published = _page_number(), _published(known, generation)
    if number > published.last:
        abort(HTTPStatus.NOT_FOUND, f"The catalogue has {published.last} pages, and no page {number}.")
    response = Response(content_type=content_type(form))
    _describe(response, generation, tag := _tag(generation, number, form))
    _link(response, number, published.last)
    if response.make_conditional(request).status_code == HTTPStatus.NOT_MODIFIED:
        return response
    return _filled(response, form, _body(known, generation, tag, partial(_made, published, number, form)))


@blueprint.get("/catalogue/withheld")
def withheld() -> AnyResponse:
    """What is withheld from the catalogue, or published otherwise than it was harvested, and why."""
    generation, number = _generation(), _page_number()
    published = _published(service(), generation)
    if number > published.last:
        abort(HTTPStatus.NOT_FOUND, f"The catalogue has {published.last} pages, and no page {number}.")
    with _reading:
        notes = published.notes(published.on_page(number))
        refused = published.stock.withheld
    if wants_html():
        page = {"number": number, "last": published.last, "notes": notes, "refused": refused}
        response = Response(render_template("withheld.html", page=page, shorten=shorten), mimetype="text/html")
    else:
        response = jsonify(
            page=number,
            pages=published.last,
            datasets=[vars(item) for item in refused],
            statements=[vars(note) for note in notes],
        )
    _describe(response, generation, _tag(generation, number, None) + ("-html" if wants_html() else ""))
    response.make_conditional(request)
    return response


@blueprint.get("/catalogue/<slug>/harvested/<checksum>")
def harvested(slug: str, checksum: str) -> Response:
    """A document of a harvested catalogue, byte for byte as its server sent it, by its SHA-256."""
    generation = _generation()
    found: Document | None = None
    if _CHECKSUM.fullmatch(checksum):
        with _reading:
            found = document(_store(service(), generation), slug, checksum)
    if found is None:
        abort(HTTPStatus.NOT_FOUND, f"The provenance of the catalogue {slug} names no document {checksum}.")
    from graph.catalogue.keep.archive import Archive

    content = Archive(service().settings.home).read(checksum)
    # Never as what a browser would run: a stranger's server said what it is.
    kind = found.media_type.partition(";")[0].strip().lower()
    response = Response(content, content_type=kind if kind in _SAFE else "application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="{checksum}"'
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    if as_iri(found.address):
        response.headers["Link"] = f'<{quote(found.address, safe=_IN_A_LINK)}>; rel="original"'
    response.set_etag(checksum)
    return response.make_conditional(request)  # type: ignore[return-value]


def _generation() -> Generation:
    generation = service().generation
    if generation is None:
        abort(HTTPStatus.SERVICE_UNAVAILABLE, "Nothing is built yet.")
    return generation


def _store(known: Service, generation: Generation) -> ox.Store:
    return known.kept("store", generation, generation.open)


def _published(known: Service, generation: Generation) -> PublishedCatalogue:
    def read() -> PublishedCatalogue:
        found = PublishedCatalogue(_store(known, generation), generation, known.settings.catalogue_page_datasets)
        _ = found.datasets
        return found

    with _reading:
        return known.kept("published", generation, read)


def _page_number() -> int:
    asked = request.args.getlist("page") or ["1"]
    if len(asked) > 1 or not _NUMBER.fullmatch(asked[0]):
        abort(HTTPStatus.NOT_FOUND, "'page' is one number from 1.")
    return int(asked[0])


def _addresses() -> Addresses:
    return Addresses(
        home=url_for("pages.home", _external=True),
        about=url_for("pages.about", _external=True),
        data=url_for("graph_store.read", _external=True),
        sparql=url_for("sparql.sparql", _external=True),
        catalogue=url_for("catalogue.catalogue", _external=True),
    )


def _operator() -> Operator:
    return Operator.of(service().settings, _addresses().about)


def _more() -> str:
    """What the addresses of other pages say besides their number: the format, where it was asked for by name."""
    named = request.args.get("format")
    return f"&format={named}" if named and re.fullmatch(r"[a-z]+", named) else ""


def _made(published: PublishedCatalogue, number: int, form: Format) -> bytes:
    licence = service().settings.catalogue_licence
    page = published.page(number, _operator(), _addresses(), licence, _more())
    assert isinstance(form.engine, ox.RdfFormat)
    prefixes = {name: PREFIXES[name] for name in _PREFIXES}
    return ox.serialize(_by_subject(page.triples), format=form.engine, prefixes=prefixes) or b""


def _by_subject(triples: tuple[ox.Triple, ...]) -> list[ox.Triple]:
    """The statements about one thing together: a serialiser looks no further."""
    found: dict[object, list[ox.Triple]] = {}
    for triple in triples:
        found.setdefault(triple.subject, []).append(triple)
    return [triple for group in found.values() for triple in group]


def _body(known: Service, generation: Generation, tag: str, make: partial[bytes]) -> bytes:
    """The bytes of a page, made once where there is room to keep them."""
    with _reading:
        kept = known.kept("catalogue", generation, OrderedDict[str, bytes])
        if tag not in kept:
            kept[tag] = make()
        kept.move_to_end(tag)
        body = kept[tag]
        while sum(map(len, kept.values())) > _KEPT_BYTES:
            kept.popitem(last=False)
    return body


def _filled(response: Response, form: Format, body: bytes) -> Response:
    """The response with its body, compressed as the client likes."""
    coding = encoding.chosen(form.media_type, encoding.codings(), len(body))
    response.set_data(encoding.encoded(body, coding))
    if coding != encoding.IDENTITY:
        response.headers["Content-Encoding"] = coding
    return response


def _tag(generation: Generation, number: int, form: Format | None) -> str:
    """What a page depends on: the generation, the settings, and the address that the server is asked by."""
    settings = service().settings
    parts = [
        *(version(), ox.__version__, generation.number, generation.created, generation.quads, generation.fingerprint),
        *(settings.catalogue_publisher, settings.catalogue_contact, settings.catalogue_licence),
        *(settings.catalogue_page_datasets, request.url_root, number, form.name if form else "", _more()),
    ]
    return f"{generation.number}-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]}"


def _describe(response: Response, generation: Generation, tag: str) -> None:
    response.vary.update(("Accept", "Accept-Encoding"))
    response.cache_control.no_cache = True
    response.set_etag(tag, weak=True)
    response.last_modified = datetime.fromisoformat(generation.created)
    response.headers["PMKG-Generation"] = str(generation.number)


def _link(response: Response, number: int, last: int) -> None:
    """The other pages, for clients that read headers (RFC 8288)."""
    places = {"first": 1, "prev": number - 1, "next": number + 1, "last": last}
    address = url_for("catalogue.catalogue")
    links = [f'<{address}?page={place}{_more()}>; rel="{name}"' for name, place in places.items() if 1 <= place <= last]
    response.headers["Link"] = ", ".join([*links, f'<{url_for("catalogue.withheld")}>; rel="related"'])
