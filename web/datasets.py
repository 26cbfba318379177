"""`/datasets`: what a reader asks for flows in; the list of datasets, and a page for each, flow out, or their data.

The list is made from one index for each generation (`web.holdings`), so that a request costs no query. Everything is
plain links and one form: it works without JavaScript.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import pyoxigraph as ox
from flask import Blueprint, Response, abort, jsonify, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from graph.catalogue.score.metrics import METRICS, Dimension
from graph.errors import NotAcceptableError, UnknownFormatError
from graph.names import CATALOGUE, PREFIXES, shorten
from graph.store.formats import Kind
from graph.store.generation import Generation
from web import graphs
from web.dataset_page import page_of
from web.facets import FACETS, SORTS, Asked, Found, Holding, Index, words_of
from web.holdings import index_of
from web.negotiation import chosen, wants_html
from web.own import OWN, own_datasets
from web.records import statements
from web.service import Service, service
from web.texts import best, link

blueprint = Blueprint("datasets", __name__)

SIZE = 25  # datasets on one page of the list
TITLES = {
    "type": "Data type",
    "disease": "Disease",
    "category": "Health category",
    "country": "Country",
    "access": "Access",
    "hdab": "Access body",
    "catalogue": "Catalogue",
}
SORTED = {"best": "Best match", "changed": "Last changed", "title": "Title", "score": "Quality score"}
FORMATS = {"turtle": "Turtle", "jsonld": "JSON-LD", "ntriples": "N-Triples", "rdfxml": "RDF/XML"}
JSON = "application/json"
DIMENSIONS = {item: sum(metric.points for metric in METRICS if metric.dimension is item) for item in Dimension}
_NUMBER = re.compile(r"[1-9][0-9]{0,6}", re.ASCII)
_reading = threading.Lock()  # one thread reads a new generation, the others wait for it

blueprint.add_app_template_filter(link, "safe_link")
blueprint.add_app_template_filter(shorten, "curie")


@dataclass(frozen=True)
class Listing:
    """One page of the list, as its template and its JSON need it."""

    index: Index
    found: Found
    asked: Asked
    text: str
    page: int
    languages: tuple[str, ...]

    @property
    def total(self) -> int:
        return len(self.found.holdings)

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // SIZE))

    @property
    def shown(self) -> list[Holding]:
        return list(self.found.holdings[(self.page - 1) * SIZE : self.page * SIZE])

    @property
    def chosen(self) -> list[tuple[str, str]]:
        """Each value that is chosen, with its facet."""
        return [(facet, key) for facet in FACETS for key in self.asked.chosen.get(facet, ())]

    def label(self, facet: str, key: str) -> str:
        return self.index.label(facet, key, self.languages)

    def best(self, texts: tuple[tuple[str, str], ...]) -> tuple[str, str]:
        return best(texts, self.languages)

    def address(self, page: int = 1, **changed: Any) -> str:
        """The same list, another page of it, or with something else asked for."""
        values: dict[str, Any] = {"q": self.text, **self.asked.chosen, "sort": self.asked.sort}
        values |= {"gone": "1" if self.asked.with_gone else None, "page": page if page > 1 else None} | changed
        if values["sort"] == SORTS[0]:
            del values["sort"]
        return url_for("datasets.listed", **{name: value for name, value in values.items() if value})

    def toggled(self, facet: str, key: str) -> str:
        """The same list with a value of a facet taken, or left where it is taken now."""
        keys = self.asked.chosen.get(facet, ())
        changed = tuple(item for item in keys if item != key) if key in keys else (*keys, key)
        return self.address(1, **{facet: changed})


@blueprint.get("/datasets")
def listed() -> AnyResponse:
    """The datasets of all catalogues, found by words and by facets, as a page or as JSON; with `iri`, one of them."""
    if (iri := request.args.get("iri")) is not None:
        return _onwards(_holding(current_index().by_iri.get(iri, []), f"No catalogue has a dataset {iri}."))
    if not wants_html() and not _likes_json():
        advice = f"Accept text/html or {JSON}; the catalogue as RDF is at /catalogue."
        raise NotAcceptableError("The list of datasets comes as HTML or as JSON.", advice=advice)
    return datasets_page() if wants_html() or request.args.get("format") == "html" else _as_json(_listing())


def datasets_page() -> Response:
    """The page that lists what the current request asks for; `/catalogue` shows it too."""
    page = make_response(render_template("datasets.html", listing=_listing(), titles=TITLES, sorts=SORTED, own=OWN))
    return _finished(page)


@blueprint.get("/datasets/<key>")
def short(key: str) -> AnyResponse:
    """From a dataset's short name to its page."""
    return _onwards(_holding(current_index().by_key.get(key, []), f"No dataset has the short name {key}."))


@blueprint.get("/record/<slug>/<key>")
def record(slug: str, key: str) -> AnyResponse:
    """From the IRI of our record of a dataset to the dataset's page."""
    return _onwards(_one(slug, key))


@blueprint.get("/datasets/<slug>/<key>")
def dataset(slug: str, key: str) -> AnyResponse:
    """A dataset of a catalogue: its page, or what the catalogue says of it as RDF."""
    holding = _one(slug, key)
    if wants_html() or request.args.get("format") == "html":
        is_whole = _choice("variables", ("", "all")) == "all"
        stores = _store(service()), _told_in(holding)
        page = page_of(service(), current_index(), holding, stores, languages(), is_whole=is_whole)
        shown = render_template("dataset.html", page=page, formats=FORMATS, dimensions=DIMENSIONS, own=OWN)
        return _finished(make_response(shown))
    if chosen(Kind.GRAPH) is None:
        raise NotAcceptableError("A dataset comes as HTML or as RDF.", advice="Accept text/html or text/turtle.")
    triples = statements(_told_in(holding), holding.slug, holding.iri)
    used = {term.value for triple in triples for term in triple if isinstance(term, ox.NamedNode)}
    names = [name for name, space in PREFIXES.items() if any(iri.startswith(space) for iri in used)]
    return graphs.sent(triples, names)


def current_index() -> Index:
    """What there is to list in the current generation; nothing before the first build."""
    known = service()
    generation = known.generation
    if generation is None:
        return Index((), {}, {})
    with _reading:
        return known.kept("datasets", generation, lambda: index_of(_store(known), _own(known, generation)))


def languages() -> tuple[str, ...]:
    """The languages that the reader likes, best first."""
    liked = (language for language, quality in request.accept_languages if quality > 0 and language != "*")
    return tuple(liked) or ("en",)


def _store(known: Service) -> ox.Store:
    generation = known.generation
    if generation is None:
        return ox.Store()
    return known.kept("store", generation, generation.open)


def _own(known: Service, generation: Generation) -> ox.Store:
    return own_datasets(_store(known), generation, known.settings)


def _told_in(holding: Holding) -> ox.Store:
    """The store that has a dataset's record: the generation's, or that of our own datasets."""
    known, generation = service(), service().generation
    return _own(known, generation) if holding.slug == OWN and generation else _store(known)


def _listing() -> Listing:
    text = request.args.get("q", "").strip()
    chosen_values = {name: tuple(dict.fromkeys(filter(None, request.args.getlist(name)))) for name in FACETS}
    asked = Asked(
        words_of(text),
        {name: values for name, values in chosen_values.items() if values},
        _choice("sort", SORTS),
        _choice("gone", ("0", "1")) == "1",
    )
    page = request.args.get("page", "1")
    if not _NUMBER.fullmatch(page):
        abort(HTTPStatus.BAD_REQUEST, "'page' is a number from 1.")
    index = current_index()
    return Listing(index, index.find(asked), asked, text, int(page), languages())


def _choice(name: str, choices: tuple[str, ...]) -> str:
    value = request.args.get(name, choices[0])
    if value not in choices:
        abort(HTTPStatus.BAD_REQUEST, f"The value of '{name}' is one of {', '.join(filter(None, choices))}.")
    return value


def _likes_json() -> bool:
    asked = request.args.get("format")
    if asked not in (None, "json", "html"):
        raise UnknownFormatError(f"the list of datasets has no format '{asked}'.", advice="Ask for json or html.")
    return asked is not None or not request.accept_mimetypes or request.accept_mimetypes.quality(JSON) > 0


def _as_json(listing: Listing) -> Response:
    answer = jsonify(
        total=listing.total,
        page=listing.page,
        pages=listing.pages,
        datasets=[_described(listing, item) for item in listing.shown],
        facets={
            facet: [
                {
                    "value": value.key,
                    "label": listing.label(facet, value.key),
                    "iri": listing.index.iris.get(facet, {}).get(value.key),
                    "count": value.count,
                    "chosen": value.is_chosen,
                }
                for value in values
            ]
            for facet, values in listing.found.facets.items()
        },
    )
    links = {"prev": listing.page - 1, "next": listing.page + 1}
    said = [
        f'<{listing.address(page, format="json")}>; rel="{name}"'
        for name, page in links.items()
        if 1 <= page <= listing.pages and page != listing.page
    ]
    if said:
        answer.headers["Link"] = ", ".join(said)
    return _finished(answer)


def _described(listing: Listing, item: Holding) -> dict[str, object]:
    return {
        "iri": item.iri,
        "page": url_for("datasets.dataset", slug=item.slug, key=item.key),
        "title": listing.best(item.titles)[1],
        "summary": listing.best(item.summaries)[1],
        "publisher": listing.best(item.publishers)[1] or None,
        **{facet: [listing.label(facet, key) for key in item.values.get(facet, ())] for facet in FACETS},
        "score": item.score,
        "readiness": item.readiness,
        "violations": item.violations,
        "first_seen": item.seen or None,
        "last_changed": item.changed or None,
        "gone": item.gone or None,
    }


def _one(slug: str, key: str) -> Holding:
    found = [item for item in current_index().by_key.get(key, []) if item.slug == slug]
    return _holding(found, f"The catalogue {CATALOGUE}{slug} has no dataset with the short name {key}.")


def _holding(found: list[Holding], refusal: str) -> Holding:
    """The one that is there still, where there are several, and ours before what others say of our datasets."""
    if not found:
        abort(HTTPStatus.NOT_FOUND, refusal)
    return min(found, key=lambda item: (bool(item.gone), item.slug != OWN, item.slug))


def _onwards(item: Holding) -> AnyResponse:
    return redirect(url_for("datasets.dataset", slug=item.slug, key=item.key), HTTPStatus.SEE_OTHER)


def _finished(response: Response) -> Response:
    generation = service().generation
    if generation is not None:
        response.headers["PMKG-Generation"] = str(generation.number)
    response.vary.update(("Accept", "Accept-Language"))
    response.cache_control.no_cache = True
    response.add_etag(weak=True)
    response.make_conditional(request)
    return response
