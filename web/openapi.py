"""`/openapi.json`: the routes of the application flow in, an OpenAPI 3.1 description for programs flows out.

Paths, methods and summaries come from the routes and the docstrings of their functions; what cannot be seen there, the
parameters, bodies and answers of the protocols, is in tables here. `tests/web/test_fuzzing.py` holds the server to it.
"""

from __future__ import annotations

import inspect
import re
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, current_app, jsonify
from werkzeug.routing import Rule

from graph.build.publish import version
from graph.catalogue.validate.profiles import PROFILES
from graph.store.formats import Kind, formats

blueprint = Blueprint("openapi", __name__)

Item = dict[str, Any]
_VARIABLE = re.compile(r"<(?:any\(([^)]*)\):|path:)?(\w+)>")
UNKNOWN = "The answer."  # of a route that the table does not have; a test looks for it
HIDDEN = {"static"}  # endpoints that are no part of what programs use

TEXT: Item = {"type": "string"}
IRI: Item = {"type": "string", "format": "iri"}
TEXTS: Item = {"type": "array", "items": TEXT}
IRIS: Item = {"type": "array", "items": IRI}
NUMBER: Item = {"type": "integer"}
NUMBER_OR_NONE: Item = {"type": ["integer", "null"]}
A_QUERY = "SELECT * WHERE { ?s ?p ?o } LIMIT 3"
AN_UPDATE = "INSERT DATA { GRAPH <https://example.org/g> { <https://example.org/a> <https://example.org/b> 1 } }"
A_TRIPLE = "<https://example.org/a> <https://example.org/b> <https://example.org/c> .\n"

# Media types, as the keys of an OpenAPI "content" have them.
Content = dict[str, Item]
JSON, HTML = "application/json", "text/html"
PAGE: Content = {HTML: {"schema": TEXT}}
ROWS: Content = {item.media_type: {} for item in formats(Kind.SOLUTIONS)}
GRAPH: Content = {item.media_type: {} for item in formats(Kind.GRAPH)}
DATASET: Content = {"application/trig": {}, "application/n-quads": {}, "application/ld+json": {}}


def _object(required: dict[str, Item], optional: dict[str, Item] | None = None) -> Content:
    """JSON with these members."""
    return {
        JSON: {"schema": {"type": "object", "required": [*required], "properties": {**required, **(optional or {})}}}
    }


LIST: Item = {"type": "array", "items": {"type": "object"}}
OUTCOME = _object(
    {"generation": NUMBER, "added": NUMBER, "removed": NUMBER, "graphs": {"type": "array", "items": TEXT}},
    {"warnings": LIST},
)
ADVICE = _object({"problems": LIST, "empty": {"type": ["object", "null"]}})
RUNNING: dict[str, Item] = {
    "id": TEXT, "kind": TEXT, "state": TEXT, "started": {"type": "string", "format": "date-time"},
    "seconds": {"type": "number"}, "generation": NUMBER_OR_NONE, "client": TEXT, "own": {"type": "boolean"},
    "href": TEXT, "query": TEXT,
}  # fmt: skip
HEALTH = _object(
    {"status": {"enum": ["ok", "starting"]}, "generation": NUMBER_OR_NONE, "triples": NUMBER_OR_NONE,
     "building": {"type": "boolean"}}
)  # fmt: skip
READY = _object({"ready": {"type": "boolean"}, "generation": NUMBER_OR_NONE, "reason": {"type": ["string", "null"]}})
PROBLEM: Item = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail", "request"],
    "properties": {"type": TEXT, "title": TEXT, "status": {"type": "integer", "minimum": 400, "maximum": 599},
                   "detail": TEXT, "advice": TEXT, "line": NUMBER, "column": NUMBER, "request": TEXT},
}  # fmt: skip
PROBLEMS: Content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}, **PAGE}


def _query(name: str, schema: Item, description: str, **more: object) -> Item:
    return {"name": name, "in": "query", "schema": schema, "description": description, **more}


def _header(name: str, schema: Item, description: str) -> Item:
    return {"name": name, "in": "header", "schema": schema, "description": description}


FORMAT = _query(
    "format", {"type": "string", "enum": [item.name for item in formats()]}, "The format, in place of Accept."
)
GENERATION = _query("generation", {"type": "integer", "minimum": 0}, "Ask this generation, not the current one.")
ASKED = _query("query", TEXT, "A SPARQL query.", example=A_QUERY)
DEFAULT_GRAPHS = _query("default-graph-uri", IRIS, "The default graph is the RDF merge of these.")
NAMED_GRAPHS = _query("named-graph-uri", IRIS, "The named graphs are these.")
USING = _query("using-graph-uri", IRIS, "For an update, what default-graph-uri is for a query.")
USING_NAMED = _query("using-named-graph-uri", IRIS, "For an update, what named-graph-uri is for a query.")
VALIDATE = _query("validate", {"type": "string", "enum": ["report"]}, "Write nothing; say what the shapes would.")
GRAPH_IRI = _query("graph", IRI, "The graph's IRI.")
DEFAULT = _query("default", TEXT, "The default graph; its value does not matter.", allowEmptyValue=True)
WHY = _query("why", {"type": "string", "enum": ["0", "1"]}, "0 leaves out why the answer is empty.")
IF_MATCH = _header(
    "If-Match",
    {"type": "string", "pattern": r'^(?:\*|(?:W/)?"(?:generation-)?[0-9]+")$'},
    'The number of the generation that the write was made for, such as "17".',
)
IF_NONE_MATCH = _header("If-None-Match", TEXT, "The ETag of an answer that the client has already.")
QUERY_ID = _header(
    "PMKG-Query-Id",
    TEXT,
    "What to call the query at /queries while it runs: 16 to 64 letters, digits, - and _, at random. "
    "It is not looked at where nothing has to run.",
)


def _of_an_update(parameter: Item) -> Item:
    """A parameter that says nothing where a query is sent, so that its value does not matter then."""
    said = f"{parameter['description']} Of an update alone."
    schema = TEXTS if parameter["schema"] is IRIS else TEXT
    return {**parameter, "schema": schema, "description": said}


FACETS = [
    _query(name, TEXTS, "Only datasets that have one of these; the answer lists the values that there are.")
    for name in ("type", "disease", "category", "country", "access", "hdab", "catalogue")
]
LISTED = [
    _query("q", TEXT, "Only datasets whose title, description or keywords have all of these words."),
    *FACETS,
    _query("sort", {"type": "string", "enum": ["best", "changed", "title", "score"]}, "The order."),
    _query("page", {"type": "integer", "minimum": 1, "maximum": 9_999_999}, "Which page of the list."),
    _query("gone", {"type": "string", "enum": ["0", "1"]}, "1 lists those too that their catalogue has no more."),
    _query("iri", IRI, "The dataset's IRI: the answer leads to its page."),
    _query("format", {"type": "string", "enum": ["json", "html"]}, "The format, in place of Accept."),
]
PAGE_NUMBER = _query("page", {"type": "integer", "minimum": 1}, "Which page of the catalogue.")
REPORTS = ["html", "json", "csv", "md", "table", *(item.name for item in formats(Kind.GRAPH))]
VALIDATING = [
    _query("profile", {"type": "string", "enum": [*PROFILES]}, "In place of the one of each record's level."),
    _query("format", {"type": "string", "enum": REPORTS}, "The format of the report, in place of Accept."),
]
ASKING = [DEFAULT_GRAPHS, NAMED_GRAPHS, FORMAT, GENERATION]
WRITING = [GRAPH_IRI, DEFAULT, VALIDATE, IF_MATCH]
PARAMETERS: dict[tuple[str, str], list[Item]] = {
    ("/sparql", "get"): [ASKED, *ASKING, IF_NONE_MATCH, QUERY_ID],
    ("/sparql", "post"): [*ASKING, *map(_of_an_update, (USING, USING_NAMED, VALIDATE, IF_MATCH)), QUERY_ID],
    ("/advice", "get"): [ASKED, DEFAULT_GRAPHS, NAMED_GRAPHS, WHY],
    ("/advice", "post"): [DEFAULT_GRAPHS, NAMED_GRAPHS, WHY],
    ("/data", "get"): [GRAPH_IRI, DEFAULT, FORMAT, GENERATION, IF_NONE_MATCH],
    **{("/data", method): WRITING for method in ("put", "post", "delete", "patch")},
    ("/catalogue", "get"): [PAGE_NUMBER, FORMAT, IF_NONE_MATCH],
    ("/catalogue/withheld", "get"): [PAGE_NUMBER],
    ("/datasets", "get"): LISTED,
    ("/datasets/{slug}/{key}", "get"): [FORMAT, _query("variables", {"type": "string", "enum": ["all"]}, "Show all.")],
    ("/validate", "post"): VALIDATING,
}


def _body(media_type: str, example: str) -> Content:
    return {media_type: {"schema": TEXT, "example": example}}


QUERY_BODY = _body("application/sparql-query", A_QUERY)
UPDATE_BODY = _body("application/sparql-update", AN_UPDATE)
PATCH_BODY = _body("application/sparql-update", f"INSERT DATA {{ {A_TRIPLE.strip()} }}")
TURTLES = {"turtle", "ntriples", "trig", "nquads"}
# Without a schema: that is for JSON, and says nothing of what is RDF.
DOCUMENT: Content = {
    item.media_type: {"example": A_TRIPLE} if item.name in TURTLES else {} for item in formats(Kind.GRAPH)
}
FILES: Content = {
    "multipart/form-data": {
        "schema": {"type": "object", "additionalProperties": {"type": "string", "format": "binary"}, "minProperties": 1}
    }
}


def _form(*names: str) -> Content:
    """A form that holds exactly one of these, and whatever else."""
    one = [{"required": [name]} for name in names]
    schema = {"type": "object", "properties": dict.fromkeys(names, TEXT), "oneOf": one}
    return {"application/x-www-form-urlencoded": {"schema": schema, "example": {"query": A_QUERY}}}


BODIES: dict[tuple[str, str], Content] = {
    ("/sparql", "post"): {**QUERY_BODY, **UPDATE_BODY, **_form("query", "update")},
    ("/advice", "post"): {**QUERY_BODY, **_form("query")},
    ("/data", "put"): DOCUMENT,
    ("/data", "post"): {**DOCUMENT, **FILES},
    ("/data", "patch"): PATCH_BODY,
    ("/validate", "post"): {**DOCUMENT, **FILES, **_form("text", "document")},
}
WRITES = {("/sparql", "post"), *(("/data", method) for method in ("put", "post", "delete", "patch"))}
# What comes of it where it is no problem: by path and method, a description and content for each status.
Answers = dict[int, tuple[str, Content]]
_ANSWER = "The answer, in the format that was negotiated."
_DESCRIBED = "What it is, in RDF."
_UNCHANGED: tuple[int, tuple[str, Content]] = (304, ("The client has the answer.", {}))
_REPORT = "What was written, or with validate=report the validation report of what would be."
_WRITTEN: Answers = {200: (_REPORT, {**OUTCOME, **GRAPH}), 201: ("The graph is new.", OUTCOME)}
_TERM: Answers = {200: ("What the graph says of it.", {**PAGE, **GRAPH})}
ANSWERS: dict[tuple[str, str], Answers] = {
    ("/sparql", "get"): {
        200: (f"{_ANSWER} Without a query, the service description.", {**ROWS, **GRAPH}),
        303: ("To the page for people, where a browser asks without a query.", PAGE),
        **dict([_UNCHANGED]),
    },
    ("/sparql", "post"): {200: (f"{_ANSWER} To an update, what it changed.", {**ROWS, **GRAPH, **OUTCOME})},
    ("/advice", "get"): {200: ("The advice.", {**ADVICE, **PAGE})},
    ("/advice", "post"): {200: ("The advice.", {**ADVICE, **PAGE})},
    ("/data", "get"): {200: ("The statements.", GRAPH), **dict([_UNCHANGED])},
    **{("/data", method): _WRITTEN for method in ("put", "post")},
    **{("/data", method): {200: _WRITTEN[200]} for method in ("delete", "patch")},
    ("/queries", "get"): {200: ("The queries.", {**_object({"queries": LIST, "all": {"type": "boolean"}}), **PAGE})},
    ("/queries/{name}", "get"): {200: ("The query.", _object(RUNNING))},
    ("/queries/{name}", "delete"): {204: ("It is being ended.", {})},
    ("/datasets", "get"): {
        200: ("The datasets that fit, and what remains for each choice.", {JSON: {}, **PAGE}),
        303: ("To the page of the dataset that iri names.", PAGE),
        **dict([_UNCHANGED]),
        **dict([_UNCHANGED]),
    },
    ("/catalogue", "get"): {200: ("The page.", {**PAGE, **GRAPH}), **dict([_UNCHANGED])},
    ("/catalogue/withheld", "get"): {
        200: ("What is withheld, and why.", {JSON: {}, **PAGE}),
        **dict([_UNCHANGED]),
    },
    ("/catalogue/{slug}/harvested/{checksum}", "get"): {
        200: (
            "The document as it was received.",
            {"application/octet-stream": {}, "text/plain": {}, JSON: {}, **GRAPH},
        ),
        **dict([_UNCHANGED]),
    },
    ("/datasets/{key}", "get"): {303: ("To the dataset's page.", PAGE)},
    ("/record/{slug}/{key}", "get"): {303: ("To the dataset's page.", PAGE)},
    ("/datasets/{slug}/{key}", "get"): {
        200: ("What its catalogue says of it.", {**PAGE, **GRAPH}),
        **dict([_UNCHANGED]),
    },
    ("/validate", "get"): {200: ("The page with the form.", PAGE)},
    ("/validate", "post"): {
        200: ("The report.", {**PAGE, JSON: {}, "text/csv": {}, "text/markdown": {}, "text/plain": {}, **GRAPH})
    },
    ("/limits", "get"): {200: ("Every bound.", {JSON: {}, **PAGE})},
    ("/health", "get"): {200: ("The server lives.", HEALTH)},
    ("/ready", "get"): {200: ("A query would be answered.", READY), 503: ("It would not.", {**READY, **PROBLEMS})},
    ("/metrics", "get"): {200: ("What Prometheus reads.", {"text/plain": {}, "application/openmetrics-text": {}})},
    ("/.well-known/void", "get"): {200: (_DESCRIBED, GRAPH)},
    ("/.well-known/sparql-examples", "get"): {200: (_DESCRIBED, GRAPH)},
    ("/{space}", "get"): _TERM,
    ("/{space}/{name}", "get"): _TERM,
    **{(path, "get"): {200: ("A page.", PAGE)} for path in ("/", "/about")},
    **{
        (path, "get"): {200: ("JSON.", {JSON: {}})} for path in ("/openapi.json", "/completions.json", "/examples.json")
    },
    **{(path, "get"): {303: ("Onwards, in a browser.", PAGE)} for path in ("/login", "/login/callback")},
    ("/account", "get"): {200: ("The account.", PAGE), 303: ("To the login.", PAGE)},
    ("/account/tokens", "post"): {200: ("The account, with the new token.", PAGE)},
    ("/account/tokens/{ident}/revoke", "post"): {303: ("To the account.", PAGE)},
    ("/logout", "post"): {303: ("To the first page.", PAGE)},
}


@blueprint.get("/openapi.json")
def describe() -> Response:
    """What programs can ask of this server, as OpenAPI (https://spec.openapis.org/oas/v3.1.0)."""
    paths: dict[str, Item] = {}
    for rule in sorted(current_app.url_map.iter_rules(), key=str):
        if rule.endpoint in HIDDEN:
            continue
        path, parameters = _path(rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            paths.setdefault(path, {})[method.lower()] = _operation(path, method.lower(), rule, parameters)
    return jsonify(
        openapi="3.1.0",
        info={"title": "pmkg", "version": version(), "summary": "The knowledge graph of personalised medicine."},
        paths=paths,
        components={
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Problem": PROBLEM},
            "responses": {"Problem": {"description": "What was wrong, and what to do.", "content": PROBLEMS}},
        },
    )


def _path(rule: Rule) -> tuple[str, list[Item]]:
    """The rule as a path template, and its parameters."""
    parameters = []
    for choices, name in _VARIABLE.findall(rule.rule):
        schema = {"type": "string", "enum": [item.strip() for item in choices.split(",")]} if choices else TEXT
        parameters.append({"name": name, "in": "path", "required": True, "schema": schema})
    return _VARIABLE.sub(r"{\2}", rule.rule), parameters


def _operation(path: str, method: str, rule: Rule, parameters: list[Item]) -> Item:
    key = (path.replace("/{name}", "") if path.startswith("/data") else path, method)
    own = [*parameters, *PARAMETERS.get(key, [])]
    if path == "/data/{name}":  # whose graph is named by the address
        own = [item for item in own if item not in (GRAPH_IRI, DEFAULT)]
    view = current_app.view_functions[rule.endpoint]
    found: Item = {
        "operationId": f"{method}{rule.rule}",
        "summary": (inspect.getdoc(view) or "").split("\n\n")[0].replace("\n", " "),
        "parameters": own,
        "responses": _responses(ANSWERS.get(key, {})),
    }
    if key in BODIES:
        found["requestBody"] = {"content": BODIES[key], "required": True}
    if key in WRITES:
        found["security"] = [{"token": []}, {}] if key[0] == "/sparql" else [{"token": []}]
    return found


def _responses(answers: Answers) -> Item:
    """The answers, and the problems that any request may meet."""
    found: Item = {"4XX": {"$ref": "#/components/responses/Problem"}, "5XX": {"$ref": "#/components/responses/Problem"}}
    for status, (description, content) in answers.items():
        found[str(status)] = {"description": description, **({"content": content} if content else {})}
    if not answers:
        found[str(HTTPStatus.OK.value)] = {"description": UNKNOWN}
    return found
