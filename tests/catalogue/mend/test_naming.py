import time

import pyoxigraph as ox
import pytest

from graph.catalogue.mend import mend
from graph.catalogue.mend.naming import name_blank_nodes
from graph.names import DCTERMS, PREFIXES, RDF
from tests.catalogue.mend.samples import NAMESPACE, relabelled, turtle


def _of(kind: str, triples: list[ox.Triple]) -> list[str]:
    """The names that things of a class have after mending."""
    wanted = ox.NamedNode(kind)
    return sorted(
        it.subject.value
        for it in mend(triples, NAMESPACE).triples
        if it.predicate.value == RDF + "type" and it.object == wanted and isinstance(it.subject, ox.NamedNode)
    )


def _datasets(text: str) -> list[str]:
    return _of(PREFIXES["dcat"] + "Dataset", turtle(text))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('dct:identifier "d1" ; dct:title "A"', 'dct:identifier "d1" ; dct:title "B" ; dcat:keyword "new"'),
        ('dcat:landingPage ex:page ; dct:title "A"', 'dcat:landingPage ex:page ; dct:title "B"'),
        (
            'dct:title "A" ; dct:description "x"',
            'dct:title "A" ; dct:description "y" ; dct:publisher [ foaf:name "P" ]',
        ),
    ],
)
def test_a_dataset_keeps_its_name_when_something_else_of_it_changes(before: str, after: str) -> None:
    named = _datasets(f"[] a dcat:Dataset ; {before} .")
    assert len(named) == 1
    assert named[0].startswith(NAMESPACE + "dataset/")
    assert _datasets(f"[] a dcat:Dataset ; {after} .") == named


def test_a_dataset_keeps_its_name_when_others_come_and_go() -> None:
    one = '[] a dcat:Dataset ; dct:title "A" .'
    assert _datasets(one)[0] in _datasets(one + '[] a dcat:Dataset ; dct:title "B" . [] a dcat:Dataset .')


def test_a_dataset_keeps_its_name_whoever_lists_it() -> None:
    dataset = '_:d a dcat:Dataset ; dct:identifier "1" .'
    assert (
        _datasets(dataset)
        == _datasets(dataset + "ex:c dcat:dataset _:d .")
        == _datasets(dataset + "ex:b dcat:dataset _:d .")
    )


def test_datasets_with_the_same_identifier_stay_two() -> None:
    two = '[] a dcat:Dataset ; dct:identifier "1" ; dct:title "A" . [] a dcat:Dataset ; dct:identifier "1" .'
    assert len(_datasets(two)) == 2


@pytest.mark.parametrize("number", [2, 3, 40])
def test_twins_stay_as_many_as_they_were(number: int) -> None:
    twins = ", ".join(['[ a foaf:Agent ; foaf:name "X" ; vcard:hasAddress [ vcard:locality "Y" ] ]'] * number)
    text = f"ex:d dct:creator {twins} ."
    triples = turtle(text)
    assert len(_of(PREFIXES["foaf"] + "Agent", triples)) == number
    assert len(mend(triples, NAMESPACE).triples) == len(triples)


def test_twins_with_shared_nodes_are_told_apart_by_who_names_them() -> None:
    """Two agents alike under one dataset, of which another dataset names one."""
    triples = turtle('ex:d dct:creator _:a , _:b . ex:e dct:publisher _:b . _:a foaf:name "X" . _:b foaf:name "X" .')
    shared = {
        it.object
        for it in mend(triples, NAMESPACE).triples
        if it.predicate.value in (DCTERMS + "creator", DCTERMS + "publisher")
    }
    assert len(shared) == 2
    assert all(mend(relabelled(triples, seed), NAMESPACE) == mend(triples, NAMESPACE) for seed in range(20))


def test_twins_that_were_mended_in_different_ways_keep_their_mends() -> None:
    triples = turtle("ex:d dct:creator [ a foaf:Organisation ] , [ a foaf:Organization ] .")
    assert all(mend(relabelled(triples, seed), NAMESPACE) == mend(triples, NAMESPACE) for seed in range(20))


def test_an_agent_keeps_its_name_when_another_of_its_values_changes() -> None:
    first = 'ex:d dct:publisher [ a foaf:Agent ; foaf:name "P" ; foaf:mbox <mailto:a@example.org> ] .'
    agent = PREFIXES["foaf"] + "Agent"
    assert _of(agent, turtle(first)) == _of(agent, turtle(first.replace("a@", "b@")))


def test_a_change_of_one_column_renames_no_other() -> None:
    text = (
        'ex:t csvw:column [ a csvw:Column ; csvw:name "a" ] , [ a csvw:Column ; csvw:name "b" ; csvw:datatype "int" ] .'
    )
    column = PREFIXES["csvw"] + "Column"
    assert _of(column, turtle(text)) == _of(column, turtle(text.replace('"int"', '"string"')))


def test_a_long_list_of_blank_nodes_is_named_in_time_and_without_recursion() -> None:
    first, rest = ox.NamedNode(RDF + "first"), ox.NamedNode(RDF + "rest")
    triples, start = [], time.process_time()
    for number in range(5000):
        node = ox.BlankNode(f"n{number}")
        triples += [
            ox.Triple(node, first, ox.Literal("same")),
            ox.Triple(node, rest, ox.BlankNode(f"n{number + 1}") if number < 4999 else ox.NamedNode(RDF + "nil")),
        ]
    names = name_blank_nodes(triples, NAMESPACE)
    assert len(set(names.values())) == 5000
    assert time.process_time() - start < 5


@pytest.mark.parametrize("number", [12, 60])
def test_a_knot_made_to_keep_canonicalisation_busy_is_named_in_time(number: int) -> None:
    """Each node names each other: RDFC-1.0 would take hours for twelve."""
    nodes, start = [ox.BlankNode(f"k{each}") for each in range(number)], time.process_time()
    triples = [ox.Triple(a, ox.NamedNode("urn:p"), b) for a in nodes for b in nodes if a != b]
    assert len(set(name_blank_nodes(triples, NAMESPACE).values())) == number
    assert time.process_time() - start < 10


def test_names_that_the_source_has_already_are_not_given_again() -> None:
    triples = turtle('[] a dcat:Dataset ; dct:title "A" .')
    (taken,) = _of(PREFIXES["dcat"] + "Dataset", triples)
    with_it = [*triples, *turtle(f'<{taken}> a dcat:Dataset ; dct:title "Another" .')]
    assert len(_of(PREFIXES["dcat"] + "Dataset", with_it)) == 2


def test_thousands_of_blank_columns_are_mended_in_about_a_second() -> None:
    columns = " , ".join(
        f'[ a csvw:Column ; csvw:name "v{each}" ; csvw:titles "V"@en ; csvw:datatype "string" ; dct:description "x" ]'
        for each in range(6154)
    )
    triples = turtle(f"ex:d healthdcatap:hasVariables [ a csvw:TableGroup ; csvw:table [ csvw:column {columns} ] ] .")
    start = time.process_time()
    mended = mend(triples, NAMESPACE)
    assert time.process_time() - start < 3, "about 0.8 s on a machine of its own"
    assert len(mended.triples) == len(triples) > 36_000
