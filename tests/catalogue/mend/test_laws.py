import pyoxigraph as ox
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.catalogue.mend import Mended, mend
from graph.catalogue.mend.model import written
from graph.catalogue.mend.text import plain_text
from tests.catalogue.mend.samples import NAMESPACE, graphs, knots, named_graphs, relabelled


@given(graphs)
@settings(max_examples=200, deadline=None)
def test_mending_what_is_mended_changes_and_records_nothing(triples: list[ox.Triple]) -> None:
    once = mend(triples, NAMESPACE)
    assert mend(once.triples, NAMESPACE) == Mended(once.triples, ())


@given(graphs, st.integers(0, 10**6))
@settings(max_examples=200, deadline=None)
def test_neither_labels_of_blank_nodes_nor_the_order_of_triples_matter(triples: list[ox.Triple], seed: int) -> None:
    assert mend(relabelled(triples, seed), NAMESPACE) == mend(triples, NAMESPACE)


@given(knots, st.integers(0, 10**6))
@settings(max_examples=200, deadline=None)
def test_circles_and_knots_of_blank_nodes_get_names_that_do_not_depend_on_labels(
    triples: list[ox.Triple], seed: int
) -> None:
    assert mend(relabelled(triples, seed), NAMESPACE) == mend(triples, NAMESPACE)


@given(st.one_of(graphs, knots))
@settings(max_examples=200, deadline=None)
def test_every_blank_node_gets_a_name_of_its_own(triples: list[ox.Triple]) -> None:
    blank = {term for it in triples for term in (it.subject, it.object) if isinstance(term, ox.BlankNode)}
    mended = mend(triples, NAMESPACE)
    assert not any(isinstance(term, ox.BlankNode) for it in mended.triples for term in (it.subject, it.object))
    assert len({it.after for it in mended.mends if it.rule == "blank-nodes"}) == len(blank)


@given(knots)
@settings(max_examples=200, deadline=None)
def test_names_keep_the_form_of_the_graph(triples: list[ox.Triple]) -> None:
    """With other names alone the triples are as many as before, and alike."""

    def back(term: object) -> ox.BlankNode:
        assert isinstance(term, ox.NamedNode)
        return ox.BlankNode(term.value.rsplit("/", 1)[-1])

    mended = mend(triples, NAMESPACE).triples
    again = [ox.Triple(back(it.subject), it.predicate, back(it.object)) for it in mended]
    assert _canonical(again) == _canonical(triples)


@given(named_graphs)
@settings(max_examples=200, deadline=None)
def test_every_triple_is_kept_or_named_in_a_mend(triples: list[ox.Triple]) -> None:
    mended = mend(triples, NAMESPACE)
    nodes = {it.before for it in mended.mends if it.property is None}
    values = {(it.subject, it.before) for it in mended.mends}
    later = {it.before: it.after for it in mended.mends if it.property is None}
    for triple in triples:
        subject = written(triple.subject)
        name = later.get(subject, subject)
        named = {(later.get(name, name)[1:-1], written(term)) for term in (triple.predicate, triple.object)}
        assert triple in mended.triples or subject in nodes or named & values, triple


@given(st.text(max_size=40))
def test_plain_text_has_no_more_entities_to_replace(text: str) -> None:
    assert plain_text(plain_text(text)) == plain_text(text)


def _canonical(triples: list[ox.Triple]) -> ox.Dataset:
    found = ox.Dataset(ox.Quad(it.subject, it.predicate, it.object) for it in triples)
    found.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return found
