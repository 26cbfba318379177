"""Mistakes that people make, each with what must be said of it: the check before the query, and why it is empty."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.advise.conftest import Adviser

GENE = "<https://w3id.org/pmkg/source/icpermed-2022/gene-therapy-2>"


@dataclass(frozen=True)
class Mistake:
    """A query, the kind and term of what is wrong in it, and what the first suggestion is, or begins with."""

    text: str
    kind: str
    term: str = ""
    suggestion: str = ""
    said: str = ""


CHECKED = [
    Mistake("SELECT * { ?t def:treat ?d }", "unknown-predicate", "def:treat", "def:treats"),
    Mistake("SELECT * { ?t def:Treats ?d }", "unknown-predicate", "def:Treats", "def:treats"),
    Mistake("SELECT * { ?t def:treatsDisease ?d }", "unknown-predicate", "def:treatsDisease", "def:treats"),
    Mistake("SELECT * { ?t rdfs:lable ?d }", "unknown-predicate", "rdfs:lable", "rdfs:label"),
    Mistake("SELECT * { ?t skos:label ?d }", "unknown-predicate", "skos:label", "rdfs:label"),
    Mistake("SELECT * { ?g def:treats/def:hasCausalGen ?d }", "unknown-predicate", "def:hasCausalGen",
            "def:hasCausalGene"),
    Mistake("SELECT * { ?s biolink:treated_by ?t }", "unknown-predicate", "biolink:treated_by", "def:"),
    Mistake("SELECT * { ?t a def:GeneTherapie }", "unknown-class", "def:GeneTherapie", "def:GeneTherapy"),
    Mistake("SELECT * { ?t a def:therapy }", "unknown-class", "def:therapy", "def:Therapy"),
    Mistake("SELECT * { ?t a/rdfs:subClassOf* def:Theraphy }", "unknown-class", "def:Theraphy", "def:Therapy"),
    Mistake("SELECT * { ?t a MONDO:0000001 }", "unknown-class", "MONDO:0000001", "def:Disease"),
    Mistake("SELECT * { id:strimvellis ?p ?o }", "unknown-term", "id:strimvellis", "id:strimvelis"),
    Mistake("SELECT * { ?t def:treats ?d FILTER(?d = id:adascid) }", "unknown-term", "id:adascid", "id:ada-scid"),
    Mistake("DESCRIBE id:Strimvelis", "unknown-term", "id:Strimvelis", "id:strimvelis"),
    Mistake('SELECT * { ?t rdfs:label "Strimvelis" }', "unknown-literal", '"Strimvelis"', '"Strimvelis"@en',
            "with the language tag @en"),
    Mistake('SELECT * { ?t rdfs:label "Strimvelis"@de }', "unknown-literal", '"Strimvelis"@de', '"Strimvelis"@en'),
    Mistake('SELECT * { ?t rdfs:label "strimvelis"@en }', "unknown-literal", '"strimvelis"@en', '"Strimvelis"@en',
            "other case"),
    Mistake('SELECT * { ?t rdfs:label "Strimveliss"@en }', "unknown-literal", '"Strimveliss"@en', '"Strimvelis"@en'),
    Mistake('SELECT * { ?t def:treats "ada-scid" }', "unknown-literal", '"ada-scid"', "id:ada-scid", "not to texts"),
    Mistake("SELECT * { ?t dct:title ?n }", "undeclared-prefix", "dct:title", "dcterms:title"),
    Mistake("SELECT * { ?t dfe:treats ?n }", "undeclared-prefix", "dfe:treats", "def:treats"),
    Mistake("SELECT * { ?t pmkg:treats ?n }", "undeclared-prefix", "pmkg:treats", "def:treats"),
    Mistake("PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema>\nSELECT * { ?t rdfs:label ?n }", "wrong-prefix",
            "<http://www.w3.org/2000/01/rdf-schema>", "<http://www.w3.org/2000/01/rdf-schema#>"),
    Mistake("PREFIX skos: <https://www.w3.org/2004/02/skos/core#>\nSELECT * { ?t skos:altLabel ?n }", "wrong-prefix",
            "<https://www.w3.org/2004/02/skos/core#>", "<http://www.w3.org/2004/02/skos/core#>"),
    Mistake("PREFIX p: <https://w3id.org/pmkg/ontology#>\nSELECT * { ?t p:treats ?n }", "wrong-prefix",
            "<https://w3id.org/pmkg/ontology#>", "<https://w3id.org/pmkg/def/>"),
    Mistake("SELECT * FROM graph:ontologie { ?s ?p ?o }", "unknown-graph", "graph:ontologie", "graph:ontology"),
    Mistake("SELECT * { GRAPH icpermed:gene-therapy2 { ?s ?p ?o } }", "unknown-graph", "icpermed:gene-therapy2",
            "icpermed:gene-therapy-2"),
    Mistake("SELECT ?disease { ?t def:treats ?disaese }", "unbound-variable", "?disease", "?disaese"),
    Mistake("SELECT ?t { ?t def:treats ?disease . ?diseases rdfs:label ?l FILTER(STR(?l) != STR(?disease)) }",
            "lone-variable", "?diseases", "?disease"),
    Mistake("SELECT * { ?t a def:Therapy . ?d a def:Disease }", "cartesian-product", "?d"),
    Mistake("SELECT * { ?t def:treats ?d { ?d rdfs:label ?l FILTER(?t != ?d) } }", "out-of-scope-variable", "?t"),
    Mistake("SELECT * { ?t def:treats ?d", "syntax"),
]  # fmt: skip

EMPTY = [
    Mistake('SELECT * { ?t a def:Therapy ; rdfs:label "Strimvelis" ; def:treats ?d }', "unknown-literal",
            '"Strimvelis"', '"Strimvelis"@en'),
    Mistake("SELECT * { ?d def:treats ?t . ?d a def:Disease }", "wrong-direction", "def:treats", "^def:treats"),
    Mistake("ASK { id:ada-scid def:treats ?t }", "wrong-direction", "def:treats", "^def:treats"),
    Mistake("SELECT * { ?t def:treats ?d . ?d def:geneSymbol ?g }", "never-together", "def:geneSymbol",
            "def:hasCausalGeneInKind/def:geneSymbol"),
    Mistake("SELECT * { ?t def:treats/def:geneSymbol ?g }", "never-together", "def:geneSymbol",
            "def:hasCausalGeneInKind/def:geneSymbol"),
    Mistake("SELECT * { id:strimvelis def:hasCausalGene ?g }", "no-such-statement", "def:hasCausalGene"),
    Mistake("SELECT * { ?t a def:Therapy ; def:treats ?d . ?d a def:Gene }", "other-class", "def:Gene", "def:Disease"),
    Mistake("SELECT * { id:strimvelis def:treats id:breast-cancer }", "other-value", "id:breast-cancer",
            "id:ada-scid"),
    Mistake("SELECT * { ?d rdfs:label ?l . ?t def:treats ?l }", "never-together", "def:treats", "",
            "a text in the one and a thing in the other"),
    Mistake("SELECT * { GRAPH ?g { ?t def:treats ?d . ?d def:hasCausalGene ?x } }", "not-in-one-graph",
            "def:hasCausalGene"),
    Mistake("SELECT * { GRAPH graph:ontology { ?t def:treats ?d } }", "other-graph", "graph:ontology", "icpermed:"),
    Mistake("SELECT * FROM graph:nowhere { ?t def:treats ?d }", "unknown-graph", "graph:nowhere"),
    Mistake('SELECT * { ?t rdfs:label ?l FILTER(?l = "Strimvelis") }', "other-value", '"Strimvelis"',
            '"Strimvelis"@en'),
    Mistake('SELECT * { ?t rdfs:label ?l FILTER(?l IN ("Strimvelis", "nothing")) }', "other-value", '"Strimvelis"',
            '"Strimvelis"@en'),
    Mistake('SELECT * { ?t rdfs:label ?l FILTER(CONTAINS(?l, "strimvelis")) }', "case",
            'FILTER(CONTAINS(?l, "strimvelis"))', "FILTER(CONTAINS(LCASE(STR(?l)),"),
    Mistake('SELECT * { ?t rdfs:label ?l FILTER regex(?l, "^STRIM") }', "case", 'FILTER regex(?l, "^STRIM")',
            "FILTER(REGEX("),
    Mistake('SELECT * { ?t def:treats ?d ; rdfs:label ?l FILTER(lang(?l) = "de") }', "other-language", '"de"', '"en"'),
    Mistake("SELECT * { ?t def:treats ?d FILTER(?year > 2020) }", "unbound-in-filter", "?year"),
    Mistake("SELECT * { ?t def:treats ?d FILTER(?d > 2020) }", "filter-error", "FILTER(?d > 2020)"),
    Mistake("SELECT * { ?x def:passageNumber ?y FILTER(?y > 9999) }", "out-of-range", "9999", "", "between"),
    Mistake("SELECT * { ?t def:treats ?d FILTER EXISTS { ?d def:geneSymbol ?g } }", "filter",
            "FILTER EXISTS { ?d def:geneSymbol ?g }"),
    Mistake("SELECT * { ?t def:treats ?d FILTER NOT EXISTS { ?d rdfs:label ?g } }", "filter",
            "FILTER NOT EXISTS { ?d rdfs:label ?g }"),
    Mistake("SELECT * { ?t def:treats ?d MINUS { ?t a def:Therapy } }", "empty-minus", "MINUS"),
    Mistake('SELECT * { VALUES ?l { "Strimvelis" } ?t rdfs:label ?l }', "unknown-literal", '"Strimvelis"',
            '"Strimvelis"@en'),
    Mistake("SELECT * { ?t def:treats ?d } VALUES ?t { id:strimvellis }", "unknown-term", "id:strimvellis",
            "id:strimvelis"),
    Mistake("SELECT * { { ?t def:treat ?d } UNION { ?t a def:Nonsense } }", "empty-union", "{"),
    Mistake("SELECT * { { SELECT ?d { ?t def:treats ?d . ?t a def:Gene } } ?d rdfs:label ?l }", "other-class",
            "def:Gene", "def:"),
    Mistake("SELECT * { ?t def:treats ?d . OPTIONAL { ?d rdfs:label ?l } ?t a def:Gene }", "other-class", "def:Gene",
            "def:"),
    Mistake("SELECT (COUNT(*) AS ?n) { ?t def:treats ?d . ?d a def:Gene }", "other-class", "def:Gene", "def:Disease"),
    Mistake("SELECT * { ?t def:treats ?d } LIMIT 0", "limit-leaves-nothing", "LIMIT"),
    Mistake("SELECT * { ?t def:treats ?d } OFFSET 9999", "offset-leaves-nothing", "OFFSET"),
    Mistake("SELECT ?t { ?t def:treats ?d } GROUP BY ?t HAVING (COUNT(*) > 99)", "having-leaves-nothing", "HAVING"),
    Mistake("CONSTRUCT { ?t rdfs:label ?d } WHERE { ?t def:treats ?d . ?d a def:Gene }", "other-class", "def:Gene"),
    Mistake("DESCRIBE id:strimvellis", "unknown-term", "id:strimvellis", "id:strimvelis"),
]  # fmt: skip


@pytest.mark.parametrize("mistake", CHECKED, ids=lambda mistake: mistake.text[:80])
def test_the_check_says_what_is_wrong_where_and_what_is_meant(real: Adviser, mistake: Mistake) -> None:
    problems = real(mistake.text, why=False).problems
    assert [problem.kind for problem in problems] == [mistake.kind]
    if mistake.kind != "syntax":
        expect(mistake, problems[0].term, problems[0].message, [item.text for item in problems[0].suggestions])
        assert at(mistake.text, problems[0].place.line, problems[0].place.column).startswith(mistake.term)


@pytest.mark.parametrize("mistake", EMPTY, ids=lambda mistake: mistake.text[:80])
def test_an_empty_answer_says_which_part_is_why(real: Adviser, mistake: Mistake) -> None:
    found = real(mistake.text).empty
    assert found is not None and found.is_empty
    cause = found.causes[0]
    assert cause.kind == mistake.kind, str(found)
    expect(mistake, cause.term, cause.message, [item.text for item in cause.suggestions])
    assert at(mistake.text, cause.place.line, cause.place.column).startswith(mistake.term)


@pytest.mark.parametrize("mistake", [one for one in EMPTY if one.suggestion[:1] == "^" or "/" in one.suggestion])
def test_taking_the_suggestion_fills_the_answer(real: Adviser, mistake: Mistake) -> None:
    repaired = mistake.text.replace(mistake.term, mistake.suggestion, 1)
    found = real(repaired).empty
    assert found is not None and found.is_empty is False


def expect(mistake: Mistake, term: str, message: str, suggestions: list[str]) -> None:
    assert term == mistake.term
    assert mistake.said in message
    if mistake.suggestion:
        assert suggestions and suggestions[0].startswith(mistake.suggestion), suggestions


def at(text: str, line: int | None, column: int | None) -> str:
    """What stands at a place of a text."""
    assert line is not None and column is not None
    return "\n".join([text.split("\n")[line - 1][column - 1 :], *text.split("\n")[line:]])
