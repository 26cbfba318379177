"""The pages for people: counts of the current generation flow in, `/`, `/about` and the completions flow out."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, jsonify, render_template, request

from graph.names import DEF, ID, PREFIXES, SOURCES_GRAPH, shorten
from web.examples import examples
from web.service import Service, service

blueprint = Blueprint("pages", __name__)

_COUNTS = f"""
PREFIX def: <{DEF}> PREFIX owl: <http://www.w3.org/2002/07/owl#>
SELECT ?statements ?things ?classes ?sources {{
  {{ SELECT (COUNT(*) AS ?statements) {{ ?s ?p ?o }} }}
  {{ SELECT (COUNT(DISTINCT ?thing) AS ?things) {{ ?thing a ?kind FILTER(STRSTARTS(STR(?thing), "{ID}")) }} }}
  {{ SELECT (COUNT(DISTINCT ?class) AS ?classes) {{ ?class a owl:Class FILTER(STRSTARTS(STR(?class), "{DEF}")) }} }}
  {{ SELECT (COUNT(DISTINCT ?source) AS ?sources) {{ GRAPH <{SOURCES_GRAPH}> {{ ?source a def:Source }} }} }}
}}"""

_KINDS = f"""
PREFIX owl: <http://www.w3.org/2002/07/owl#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT ?class ?label ?things {{
  {{ SELECT ?class (COUNT(DISTINCT ?thing) AS ?things) {{
    ?thing a ?class FILTER(STRSTARTS(STR(?thing), "{ID}") && STRSTARTS(STR(?class), "{DEF}"))
  }} GROUP BY ?class }}
  ?class rdfs:label ?label
}} ORDER BY DESC(?things) ?label"""

_SOURCES = f"""
PREFIX def: <{DEF}> PREFIX dcterms: <http://purl.org/dc/terms/>
SELECT ?source ?title {{ GRAPH <{SOURCES_GRAPH}> {{ ?source a def:Source ; dcterms:title ?title }} }} ORDER BY ?title"""

_TERMS = """
PREFIX owl: <http://www.w3.org/2002/07/owl#> PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
SELECT DISTINCT ?kind ?term ?label {
  VALUES (?type ?kind) {
    (owl:Class "classes") (owl:ObjectProperty "properties") (owl:DatatypeProperty "properties")
    (owl:AnnotationProperty "properties") (rdf:Property "properties")
  }
  ?term a ?type FILTER(isIRI(?term))
  OPTIONAL { ?term rdfs:label ?label }
}"""


@dataclass(frozen=True)
class Counts:
    """How much the graph holds."""

    statements: int
    things: int
    classes: int
    sources: int


@blueprint.get("/")
def home() -> str:
    """The editor, with our examples beside it."""
    return render_template("home.html", counts=_counts(service()), examples=examples())


@blueprint.get("/about")
def about() -> str:
    """What is in the graph: its kinds of things with their numbers, and its sources."""
    known, generation = service(), service().generation
    kinds = known.kept("kinds", generation, lambda: known.select(_KINDS)) if generation else []
    sources = known.kept("sources", generation, lambda: known.select(_SOURCES)) if generation else []
    return render_template("about.html", counts=_counts(known), kinds=kinds, sources=sources)


@blueprint.get("/completions.json")
def completions() -> Response:
    """Our prefixes, and the classes and properties of the current generation with their labels, ours first."""
    known, generation = service(), service().generation
    terms = known.kept("terms", generation, lambda: _terms(known)) if generation else {}
    response = jsonify({"prefixes": PREFIXES, "classes": [], "properties": [], **terms})
    response.add_etag()
    response.cache_control.no_cache = True
    response.make_conditional(request)
    return response


def _counts(known: Service) -> Counts | None:
    """The counts of the current generation, or None while there is none."""
    generation = known.generation
    if generation is None:
        return None
    row = known.kept("counts", generation, lambda: known.select(_COUNTS)[0])
    return Counts(**{name: int(term.value) for name, term in row.items()})


def _terms(known: Service) -> dict[str, list[dict[str, str]]]:
    found: dict[str, dict[str, str]] = {"classes": {}, "properties": {}}
    for row in known.select(_TERMS):
        kind, term = row["kind"].value, row["term"].value
        label = row["label"].value if "label" in row else shorten(term)
        found[kind].setdefault(term, label)

    def place(item: tuple[str, str]) -> tuple[bool, str]:
        return not item[0].startswith(DEF), item[1].lower()

    return {
        kind: [{"iri": iri, "label": label} for iri, label in sorted(terms.items(), key=place)]
        for kind, terms in found.items()
    }
