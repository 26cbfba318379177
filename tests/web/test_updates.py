"""Updates over HTTP: who may write what, what the shapes refuse, and what a write answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyoxigraph as ox
import pytest
import requests

from graph.access.roles import Role
from graph.access.tokens import Tokens
from graph.names import AGENT, DEF, ID, PROVENANCE_GRAPH, UNNAMED_GRAPH
from graph.store.generations import Generations
from tests.web.conftest import Server, make_generation, running

CATALOGUE = "https://w3id.org/pmkg/catalogue/test"
VALID = "<x:anything> rdfs:label 'that no shape speaks of'@en"
INVALID = f"<{ID}nowhere> a <{DEF}Gene> ; <{DEF}geneSymbol> 'A B', 'C'"  # one symbol, without spaces


class Writing:
    """A server that may be written to, and a token for each role."""

    def __init__(self, server: Server, home: Path) -> None:
        self.server = server
        self.home = home
        self.tokens: dict[Role, str] = {
            role: Tokens(home).new(role, role.value, days=1)[0] for role in Role if role is not Role.READER
        }

    def update(self, text: str, role: Role = Role.ADMIN, **options: object) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.tokens[role]}", **options.pop("headers", {})}  # type: ignore[dict-item]
        return requests.post(
            self.server.url + "/sparql",
            data={"update": text},
            headers=headers,
            timeout=60,
            **options,  # type: ignore[arg-type]
        )

    def ask(self, pattern: str) -> bool:
        return "true" in self.server.query(f"ASK {{ {pattern} }}", "text/csv").text


@pytest.fixture(scope="module")
def writing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Writing]:
    home = tmp_path_factory.mktemp("writing")
    make_generation(home)
    with running(home, write_queue_seconds=120) as server:
        yield Writing(server, home)


def test_a_write_is_one_generation_and_says_what_it_changed(writing: Writing) -> None:
    before = Generations(writing.home).current().number
    answer = writing.update("INSERT DATA { GRAPH <x:new> { <x:a> <x:p> 1, 2 } <x:b> <x:p> 3 }")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"generation": before + 1, "added": 3, "removed": 0, "graphs": [UNNAMED_GRAPH, "x:new"]}
    assert answer.headers["PMKG-Generation"] == str(before + 1)
    assert writing.ask("GRAPH <x:new> { <x:a> <x:p> 1, 2 } <x:b> <x:p> 3")
    again = writing.update("INSERT DATA { GRAPH <x:new> { <x:a> <x:p> 1, 2 } }")
    assert again.json()["generation"] == before + 1, "what changes nothing makes no generation"


def test_who_says_nothing_may_not_write(writing: Writing) -> None:
    answer = requests.post(writing.server.url + "/sparql", data={"update": "CLEAR ALL"}, timeout=60)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert writing.ask("?s ?p ?o")


@pytest.mark.parametrize(
    ("role", "graph", "status"),
    [
        (Role.HARVESTER, CATALOGUE, 200),
        (Role.HARVESTER, "https://w3id.org/pmkg/source/x/1", 403),
        (Role.HARVESTER, "https://w3id.org/pmkg/catalogue/../graph/ontology", 403),
        (Role.CURATOR, "https://w3id.org/pmkg/source/x/1", 200),
        (Role.CURATOR, "https://w3id.org/pmkg/graph/inferred", 403),
        (Role.ADMIN, "https://w3id.org/pmkg/graph/inferred", 200),
        (Role.ADMIN, PROVENANCE_GRAPH, 403),
    ],
)
def test_a_role_writes_its_own_graphs_and_no_others(writing: Writing, role: Role, graph: str, status: int) -> None:
    value = f"{role.value} {graph}"
    answer = writing.update(f"INSERT DATA {{ GRAPH <{graph}> {{ <x:by> <x:is> '{value}' }} }}", role)
    assert answer.status_code == status, answer.text
    assert writing.ask(f"<x:by> <x:is> '{value}'") == (status == 200)


def test_a_role_is_checked_on_what_is_really_changed(writing: Writing) -> None:
    writing.update("INSERT DATA { GRAPH <x:other> { <x:victim> <x:p> 1 } }")
    update = "DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } }"
    assert writing.update(update.replace("} }", "} }", 1), Role.HARVESTER).status_code == 403
    assert writing.update("DELETE WHERE { <x:victim> ?p ?o }", Role.HARVESTER).status_code == 403
    assert writing.ask("<x:victim> <x:p> 1")


@pytest.mark.parametrize("accept", ["text/turtle", "*/*", "application/ld+json", "application/n-triples"])
def test_what_the_shapes_refuse_changes_nothing_and_is_answered_with_their_report(
    writing: Writing, accept: str
) -> None:
    before = Generations(writing.home).current().number
    answer = writing.update(f"INSERT DATA {{ GRAPH <x:g> {{ {INVALID} }} }}", headers={"Accept": accept})
    assert answer.status_code == 422, answer.text
    kind = ox.RdfFormat.from_media_type(answer.headers["Content-Type"])
    assert kind is not None
    store = ox.Store()
    store.load(answer.content, format=kind)
    found = store.query(
        "PREFIX sh: <http://www.w3.org/ns/shacl#> ASK { ?r a sh:ValidationReport ; sh:conforms false ; "
        f"sh:result [ sh:focusNode <{ID}nowhere> ; sh:resultSeverity sh:Violation ] }}"
    )
    assert bool(found)
    assert Generations(writing.home).current().number == before


def test_a_program_without_rdf_gets_the_report_as_a_problem(writing: Writing) -> None:
    update = f"INSERT DATA {{ GRAPH <x:g> {{ {INVALID} }} }}"
    answer = writing.update(update, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (422, "application/problem+json")
    assert any(result["focus"].endswith("nowhere") for result in answer.json()["results"])


def test_validate_report_says_what_would_happen_and_writes_nothing(writing: Writing) -> None:
    before = Generations(writing.home).current().number
    for text, conforms in ((VALID, "true"), (INVALID, "false")):
        update = f"INSERT DATA {{ GRAPH <x:dry> {{ {text} }} }}"
        answer = writing.update(update, params={"validate": "report"}, headers={"Accept": "application/n-triples"})
        assert answer.status_code == 200, answer.text
        assert f'conforms> "{conforms}"' in answer.text, answer.text
        assert int(answer.headers["PMKG-Added"]) > 0
    assert Generations(writing.home).current().number == before
    assert writing.update("CLEAR ALL", params={"validate": "perhaps"}).status_code == 400


def test_if_match_prevents_lost_updates(writing: Writing) -> None:
    current = writing.update("INSERT DATA { <x:match> <x:p> 1 }").headers["ETag"]
    first = writing.update("INSERT DATA { <x:match> <x:p> 2 }", headers={"If-Match": current})
    assert first.status_code == 200
    second = writing.update("INSERT DATA { <x:match> <x:p> 3 }", headers={"If-Match": current})
    assert second.status_code == 412
    assert not writing.ask("<x:match> <x:p> 3")
    for nonsense in ("nonsense", "", '""'):
        assert writing.update("CLEAR ALL", headers={"If-Match": nonsense}).status_code == 400


def test_concurrent_writers_queue_and_lose_nothing(writing: Writing) -> None:
    with ThreadPoolExecutor(8) as pool:
        texts = [f"INSERT DATA {{ <x:many> <x:number> {number} }}" for number in range(12)]
        answers = list(pool.map(writing.update, texts))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["generation"] for answer in answers}) == 12
    rows = writing.server.query("SELECT (COUNT(*) AS ?n) { <x:many> <x:number> ?o }", "text/csv").text
    assert rows.split()[1] == "12"


def test_who_wrote_what_when_is_recorded(writing: Writing) -> None:
    answer = writing.update("INSERT DATA { GRAPH <x:recorded> { <x:a> <x:p> 1 } }", Role.CURATOR)
    writing.update("INSERT DATA { GRAPH <x:recorded> { oops", Role.CURATOR)
    ident = writing.tokens[Role.CURATOR].split("_")[1]  # no name of a person, which is for the audit log
    assert writing.ask(
        f"GRAPH <{PROVENANCE_GRAPH}> {{ <x:recorded> prov:wasInfluencedBy ?w ; void:triples 1 . "
        f"?w a prov:Activity ; prov:wasAssociatedWith <{AGENT}{ident}> ; prov:endedAtTime ?t }}"
    )
    lines = [json.loads(line) for line in (writing.home / "audit.log").read_text().splitlines()]
    mine = [line for line in lines if line["who"] == "curator"][-2:]
    assert [line["outcome"] for line in mine] == ["written", "QuerySyntaxError"]
    assert mine[0]["generation"] == answer.json()["generation"]
    assert mine[0]["graphs"] == ["x:recorded"]
    generation = Generations(writing.home).get(answer.json()["generation"])
    assert generation.metadata["who"] == "curator"


def test_an_update_is_posted_and_nothing_else(writing: Writing) -> None:
    answer = writing.server.get("/sparql", params={"update": "CLEAR ALL"})
    assert answer.status_code == 405
    assert writing.update("CLEAR ALL", params={"query": "ASK {}"}).status_code == 400


@pytest.mark.parametrize(
    "update",
    [
        "LOAD <file:///etc/passwd>",
        "LOAD <http://127.0.0.1:1/x> INTO GRAPH <x:g>",
        "INSERT { ?s ?p ?o } WHERE { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }",
        "INSERT { ?s ?p ?o } USING <file:///etc/passwd> WHERE { ?s ?p ?o }",
    ],
)
def test_an_update_reads_no_files_and_calls_nobody(writing: Writing, update: str) -> None:
    before = Generations(writing.home).current().number
    answer = writing.update(update)
    assert answer.status_code in (400, 403), answer.text
    assert Generations(writing.home).current().number == before


def test_literals_come_back_as_they_were_written(writing: Writing) -> None:
    xsd = "http://www.w3.org/2001/XMLSchema#"
    writing.update(f'INSERT DATA {{ <x:lexical> <x:p> 01 , "5"^^<{xsd}nonNegativeInteger> , 1.50 }}')
    turtle = writing.server.query("CONSTRUCT WHERE { <x:lexical> ?p ?o }", "application/n-triples").text
    assert f'"01"^^<{xsd}integer>' in turtle
    assert f'"5"^^<{xsd}nonNegativeInteger>' in turtle
    assert f'"1.50"^^<{xsd}decimal>' in turtle
    assert writing.ask("<x:lexical> <x:p> ?o FILTER(?o = 5 && DATATYPE(?o) = xsd:nonNegativeInteger)")
