"""Links in the store: what is stated of one, what a second run does, and that a rejection is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pyoxigraph as ox
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graph.access.roles import Role
from graph.catalogue.link.keeping import Linked, link_node, reject, relink
from graph.catalogue.link.linker import Linker
from graph.names import AGENT, CATALOGUE, DCTERMS, DEF, ID, LINKS_GRAPH, PREFIXES, RDF, RDFS, XSD
from graph.rdf.reading import Dataset
from graph.settings import Settings
from graph.store.generations import Generations
from graph.write.change import Change
from graph.write.local import working
from graph.write.request import Chore, Written
from tests.catalogue.link.conftest import KEYWORD, SET, TITLE, few, triples_of

Home = Callable[[dict[str, Iterable[ox.Triple]]], Settings]
GRAPH, ABOUT = ox.NamedNode(LINKS_GRAPH), ox.NamedNode(DEF + "isAbout")
CANCER = ID + "breast-cancer"


def run(made: Settings, slug: str | None = None) -> tuple[Linked, Written]:
    with working(made, Chore("link", "test"), Role.CURATOR) as work:
        outcome = relink(work.change, slug)
    assert work.written is not None
    return outcome, work.written


def say_no(made: Settings, dataset: str, concept: str) -> bool:
    moment = ox.Literal("2026-01-02T03:04:05Z", datatype=ox.NamedNode(XSD + "dateTime"))
    with working(made, Chore("link", "rejection"), Role.CURATOR) as work:
        return reject(work.change, dataset, concept, "It is about mice.", ox.NamedNode(AGENT + "curator"), moment)


def links_in(made: Settings) -> set[tuple[str, str]]:
    store = Generations(made.home).current().open()
    found = store.quads_for_pattern(None, ABOUT, None, GRAPH)
    return {(quad.subject.value, quad.object.value) for quad in found}  # type: ignore[union-attr]


def test_a_link_says_how_how_surely_and_by_which_words_it_was_found(home: Home) -> None:
    made = home({"a": triples_of((TITLE, "Breast cancer cells"))})
    outcome, written = run(made)
    assert (outcome.datasets, outcome.linked, outcome.links) == (1, 1, 1)
    assert written.graphs == (LINKS_GRAPH,)
    store, node = Generations(made.home).current().open(), link_node(SET, CANCER)
    said = {quad.predicate.value: quad.object.value for quad in store.quads_for_pattern(node, None, None, GRAPH)}  # type: ignore[union-attr]
    assert said == {
        RDF + "type": DEF + "ConceptLink",
        DEF + "linkedDataset": SET,
        DEF + "linkedConcept": CANCER,
        DEF + "linkMethod": "label",
        DEF + "linkScore": "0.95",
        DEF + "linkText": "Breast cancer",
        DEF + "linkProperty": TITLE,
    }
    assert links_in(made) == {(SET, CANCER)}


def test_linking_again_what_has_not_changed_writes_nothing(home: Home) -> None:
    made = home({"a": triples_of((TITLE, "Breast cancer cells"), (KEYWORD, "RNA-seq"))})
    _, first = run(made)
    _, second = run(made)
    assert second.added == second.removed == 0
    assert Generations(made.home).current().number == first.generation


def test_a_changed_record_loses_the_links_that_it_no_longer_gives_reason_for(home: Home) -> None:
    made = home({"a": triples_of((TITLE, "Breast cancer cells"))})
    run(made)
    graph, title = ox.NamedNode(CATALOGUE + "a"), ox.NamedNode(TITLE)
    with working(made, Chore("harvest", "test"), Role.HARVESTER) as work:
        work.change.remove(list(work.draft.store.quads_for_pattern(None, title, None, graph)))
        work.change.add([ox.Quad(ox.NamedNode(SET), title, ox.Literal("Usher syndrome"), graph)])
    run(made)
    assert links_in(made) == {(SET, ID + "usher-syndrome")}


def test_linking_one_catalogue_leaves_the_links_of_the_others(home: Home) -> None:
    other = "https://example.org/other"
    made = home(
        {"a": triples_of((TITLE, "Breast cancer")), "b": triples_of((TITLE, "Asthma, and GWAS"), subject=other)}
    )
    run(made)
    before = links_in(made)
    outcome, written = run(made, "b")
    assert outcome.datasets == 1
    assert written.added == written.removed == 0
    assert {dataset for dataset, _ in before} == {SET, other}


def test_a_dataset_that_no_catalogue_holds_any_more_loses_its_links(home: Home) -> None:
    made = home({"a": triples_of((TITLE, "Breast cancer"))})
    run(made)
    with working(made, Chore("drop", "test"), Role.CURATOR) as work:
        work.change.empty(ox.NamedNode(CATALOGUE + "a"), drop=True)
    run(made)
    assert links_in(made) == set()


def test_a_rejected_link_is_kept_with_its_reason_and_never_made_again(home: Home) -> None:
    made = home({"a": triples_of((TITLE, "Breast cancer, and Usher syndrome"))})
    run(made)
    assert say_no(made, SET, CANCER)
    outcome, written = run(made)
    assert outcome.rejected == 1
    assert written.added == written.removed == 0
    assert links_in(made) == {(SET, ID + "usher-syndrome")}
    store, node = Generations(made.home).current().open(), link_node(SET, CANCER)
    said = {quad.predicate.value: quad.object.value for quad in store.quads_for_pattern(node, None, None, GRAPH)}  # type: ignore[union-attr]
    assert said[RDF + "type"] == DEF + "RejectedLink"
    assert said[RDFS + "comment"] == "It is about mice."
    assert said[DCTERMS + "creator"] == AGENT + "curator"
    assert said[DEF + "linkText"] == "Breast cancer", "what it was found by is kept"


def test_a_rejection_by_an_update_counts_too(home: Home) -> None:
    made = home({"a": triples_of((TITLE, "Breast cancer"))})
    node = ox.NamedNode("https://w3id.org/pmkg/link/of-a-curator")
    says = [(RDF + "type", DEF + "RejectedLink"), (DEF + "linkedDataset", SET), (DEF + "linkedConcept", CANCER)]
    with working(made, Chore("update", "test"), Role.CURATOR) as work:
        work.change.add(ox.Quad(node, ox.NamedNode(p), ox.NamedNode(o), GRAPH) for p, o in says)
    run(made)
    assert links_in(made) == set()


def test_a_link_that_a_curator_states_is_left_alone(home: Home) -> None:
    made = home({"a": triples_of((TITLE, "Mice"))})
    node, about = ox.NamedNode("https://w3id.org/pmkg/link/by-hand"), ID + "usher-syndrome"
    says = [(RDF + "type", DEF + "ConceptLink"), (DEF + "linkedDataset", SET), (DEF + "linkedConcept", about)]
    with working(made, Chore("update", "test"), Role.CURATOR) as work:
        work.change.add(ox.Quad(node, ox.NamedNode(p), ox.NamedNode(o), GRAPH) for p, o in says)
        work.change.add([ox.Quad(node, ox.NamedNode(DEF + "linkMethod"), ox.Literal("curator"), GRAPH)])
        work.change.add([ox.Quad(ox.NamedNode(SET), ABOUT, ox.NamedNode(about), GRAPH)])
    _, written = run(made)
    assert written.added == written.removed == 0
    assert links_in(made) == {(SET, about)}


TITLES = st.lists(
    st.sampled_from(["Breast cancer", "Usher syndrome", "RNA-seq", "GWAS", "Bees"]), min_size=1, max_size=3
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(TITLES, st.booleans()), min_size=1, max_size=4))
def test_whatever_happens_to_a_record_a_rejected_link_never_comes_back(
    project: Dataset, linker: Linker, steps: list[tuple[list[str], bool]]
) -> None:
    store, graph = ox.Store(), ox.NamedNode(CATALOGUE + "a")
    store.bulk_extend(few(project))
    change = Change(store, union=False)
    rejected = False
    for titles, rejects in steps:
        change.empty(graph, drop=False)
        triples = triples_of(*((TITLE, title) for title in titles))
        change.add(ox.Quad(t.subject, t.predicate, t.object, graph) for t in triples)
        if rejects:
            reject(change, SET, CANCER, "no", ox.NamedNode(AGENT + "curator"), ox.Literal("now"))
            rejected = True
        relink(change, linker=linker)
        stated = ox.Quad(ox.NamedNode(SET), ABOUT, ox.NamedNode(CANCER), GRAPH) in store
        assert stated == ("Breast cancer" in titles and not rejected)


def test_concepts_are_those_that_are_stated_and_not_those_that_catalogues_bring(home: Home) -> None:
    intruder = ox.Triple(ox.NamedNode(ID + "bees"), ox.NamedNode(RDF + "type"), ox.NamedNode(DEF + "Disease"))
    named = ox.Triple(ox.NamedNode(ID + "bees"), ox.NamedNode(RDFS + "label"), ox.Literal("bees", language="en"))
    made = home({"a": [*triples_of((TITLE, "Bees")), intruder, named]})
    run(made)
    assert links_in(made) == set()


def test_a_dataset_in_two_catalogues_is_linked_by_what_both_say(home: Home) -> None:
    made = home({"a": triples_of((TITLE, "Breast cancer")), "b": triples_of((KEYWORD, "Usher syndrome"))})
    outcome, _ = run(made)
    assert outcome.datasets == 1
    assert links_in(made) == {(SET, CANCER), (SET, ID + "usher-syndrome")}


def test_the_linker_is_made_once_for_all(linker: Linker) -> None:
    assert len(linker.concepts.families) > 800
    assert PREFIXES["def"] + "TranscriptomicData" not in linker.concepts.families, "a thing stands for it"
