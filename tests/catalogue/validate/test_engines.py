"""The fast engine gives the reference's results on our shapes, result by result."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.catalogue.records import Level
from graph.catalogue.validate import lists
from graph.catalogue.validate.agreement import Case, cases, findings
from graph.catalogue.validate.official import Official
from graph.catalogue.validate.profiles import PROFILES, Profile
from graph.catalogue.validate.reference import differing_results
from graph.catalogue.validate.verdict import validate
from graph.check import readable
from graph.errors import CheckFailedError
from graph.names import RDF, SH, SKOS, XSD
from graph.rdf.index import TYPE
from tests.catalogue.validate.records import adding, record, term
from tests.conftest import SHARED

FOLDER = SHARED / "ehds"
FEW = {"healthdcat-ap-draft-2025/healthDCATAP_RDF_template.ttl", "udata/bnodes.xml", "fdk-no/harvest_response_0.ttl"}
OFFICIAL = Official(FOLDER)
CASES = [case for case in cases(FOLDER / "examples") if case.name in FEW] if FOLDER.is_dir() else []

BASE = sorted(record(Level.NON_PUBLIC), key=str)
SUBJECTS = sorted({it.subject for it in BASE}, key=str)
CLASSES = sorted({it.object for it in BASE if it.predicate.value == TYPE}, key=str)
PREDICATES = sorted(
    {
        path
        for profile in PROFILES.values()
        for shape in profile.index.all_subjects
        for path in profile.index.iris(shape, SH + "path")
    }
)
# Forms on which both engines follow XSD; where they do not is tested below.
FORMS = ["2024-01-31", "2024", "2024-01", "2024-01-31T12:00:00Z", "true", "1", "-1", "01", "P1D", "1.5", "ff", "0g", ""]
DATATYPES = [
    "date",
    "dateTime",
    "gYear",
    "integer",
    "nonNegativeInteger",
    "boolean",
    "decimal",
    "duration",
    "hexBinary",
]

literals = st.one_of(
    st.sampled_from(["x", ""]).map(ox.Literal),
    st.sampled_from(["en", "EN-gb"]).map(lambda language: ox.Literal("x", language=language)),
    st.builds(
        lambda form, datatype: ox.Literal(form, datatype=ox.NamedNode(XSD + datatype)),
        st.sampled_from(FORMS),
        st.sampled_from(DATATYPES),
    ),
)
nodes = st.one_of(
    st.sampled_from(SUBJECTS),
    st.sampled_from(["n1", "n2"]).map(ox.BlankNode),
    st.sampled_from([*sorted(lists.all_lists().triples), "https://www.iana.org/assignments/media-types/text/csv"]).map(
        ox.NamedNode
    ),
)
terms = st.one_of(literals, nodes)
statements = st.one_of(
    st.builds(ox.Triple, st.sampled_from(SUBJECTS), st.sampled_from(PREDICATES).map(ox.NamedNode), terms),
    st.builds(ox.Triple, nodes, st.just(ox.NamedNode(RDF + "type")), st.sampled_from(CLASSES)),
    st.builds(ox.Triple, nodes, st.just(ox.NamedNode(SKOS + "inScheme")), terms),
)


@st.composite
def documents(draw: st.DrawFn) -> frozenset[ox.Triple]:
    """A good record with some statements left out, some given other values, and some added."""
    kept = [it for it in BASE if it not in draw(st.sets(st.sampled_from(BASE), max_size=4))]
    changed = draw(st.sets(st.sampled_from(BASE), max_size=4))
    said = [ox.Triple(it.subject, it.predicate, draw(terms)) if it in changed else it for it in kept]
    return frozenset([*said, *draw(st.lists(statements, max_size=6))])


quietly = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
profiles = st.sampled_from(list(PROFILES.values()))


@pytest.fixture(autouse=True)
def without_what_rdflib_says_of_literals() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Parsing weird boolean")
        yield


@given(said=documents(), profile=profiles)
@quietly
def test_both_engines_give_the_same_results_on_any_record(said: frozenset[ox.Triple], profile: Profile) -> None:
    fast, slow = differing_results(said, profile)
    assert (list(fast), list(slow)) == ([], [])


@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the official shapes are not at {FOLDER}")
@given(said=documents(), profile=profiles)
@quietly
def test_our_shapes_and_the_official_ones_find_the_same_violations(
    said: frozenset[ox.Triple], profile: Profile
) -> None:
    official = findings(OFFICIAL.results(said, profile, fast=True))
    ours = findings(it for it in validate(said, profile.name).results if not it.shape.endswith("/StructuredData"))
    violations = [
        {it for it in side if it.severity == "Violation" and it.path != "^rdf:type"} for side in (ours, official)
    ]
    assert violations[0] == violations[1]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}-{case.profile}")
def test_both_engines_give_the_same_results_on_examples(case: Case) -> None:
    assert differing_results(case.triples, PROFILES[case.profile]) == ({}, {})


@pytest.mark.parametrize(
    ("path", "datatype", "form", "engine"),
    [
        # XSD 1.1 has these as ill-formed; rdflib, and so pyshacl, takes them.
        ("dcat:byteSize", "nonNegativeInteger", " 5", "fast"),
        ("dcat:spatialResolutionInMeters", "decimal", "1e3", "fast"),
        ("dcat:spatialResolutionInMeters", "decimal", "INF", "fast"),
        ("dcat:temporalResolution", "duration", "PT", "fast"),
        ("dcat:temporalResolution", "duration", "P1.5D", "fast"),
        ("dcterms:issued", "date", "2024-01-01+15:00", "fast"),
        # XSD 1.1 has these as well-formed; rdflib cannot hold them.
        ("dcterms:issued", "date", "-0001-01-01", "pyshacl"),
        ("dcterms:issued", "date", "12024-01-01", "pyshacl"),
        ("dcterms:issued", "dateTime", "2024-01-01T24:00:00", "pyshacl"),
    ],
)
def test_engines_differ_only_on_forms_where_xsd_is_on_the_fast_engines_side(
    path: str, datatype: str, form: str, engine: str
) -> None:
    said = adding(record(), f'ex:distribution {path} "{form}"^^xsd:{datatype} .')
    fast, slow = differing_results(said, PROFILES["healthdcat-ap-r8-public"])
    assert bool(fast) == (engine == "fast")
    assert bool(slow) == (engine == "pyshacl")


@pytest.mark.parametrize(
    ("form", "datatype"),
    [
        ("2012-05-10T21:04", "dateTime"),
        ("2012-05-10", "dateTime"),
        ("2009-05-19 14:39:22Z", "dateTime"),
        ("20090621", "dateTime"),
        ("2022-03-22T08:51:36", "date"),
    ],
)
def test_dates_in_other_forms_than_xsds_are_no_dates_in_either_engine(form: str, datatype: str) -> None:
    said = adding(record(), f'ex:distribution dcterms:issued "{form}"^^xsd:{datatype} .')
    assert differing_results(said, PROFILES["dcat-ap-3.0.1"]) == ({}, {})
    issued = f"<{term('dcterms:issued').value}>"
    assert [it.severity for it in validate(said, "dcat-ap-3.0.1").results if it.path == issued] == ["Violation"]


@pytest.mark.parametrize("datatype", ["date", "dateTime"])
def test_a_year_that_the_engine_cannot_hold_is_a_wrong_date_and_no_crash(datatype: str) -> None:
    date = ox.Literal("99999999999999999999-01-01", datatype=ox.NamedNode(XSD + datatype))
    said = record() | {ox.Triple(term("ex:distribution"), term("dcterms:issued"), date)}
    wrong = [it for it in validate(said, "dcat-ap-3.0.1").violations if it.value == str(date)]
    assert [it.path for it in wrong] == [f"<{term('dcterms:issued').value}>"]


def test_where_the_engine_panics_the_error_says_what_to_look_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readable, "_DATES", frozenset[str]())
    with pytest.raises(CheckFailedError, match="cannot read the data"):
        validate(
            adding(record(), 'ex:distribution dcterms:issued "99999999999999999999-01-01"^^xsd:date .'),
            "dcat-ap-3.0.1",
        )


@pytest.mark.parametrize("iri", ["http://example.org/a b", "http://example.org/{id}", "http://[example/"])
def test_an_iri_that_only_a_lenient_parser_takes_is_validated_like_any_other(iri: str) -> None:
    (quad,) = ox.parse(f"<{iri}> a <{term('dcat:Dataset').value}> .", format=ox.RdfFormat.TURTLE, lenient=True)
    results = validate([*record(), quad.triple], "dcat-ap-3.0.1").violations
    assert {(it.focus, it.path) for it in results} == {
        (iri, f"<{term('dcterms:title').value}>"),
        (iri, f"<{term('dcterms:description').value}>"),
    }
