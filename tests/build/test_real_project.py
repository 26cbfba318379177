"""Reasoning over the project itself: nothing is wrong, and it adds what a query can see."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from graph.build.explain import explain
from graph.build.materialise import materialise
from graph.build.merge import merge
from graph.build.reason import Reasoning, reason
from graph.names import shorten
from graph.project import Project
from graph.rdf.reading import Dataset
from graph.settings import Settings
from graph.store.generations import Generations
from tests.build.triples import dataset, triples
from tests.conftest import Built

SECONDS = Settings().reasoner_seconds


@cache
def project() -> Dataset:
    return merge(Project())


@cache
def verdict() -> Reasoning:
    return reason(project().triples, SECONDS)


@cache
def inferred() -> frozenset[ox.Triple]:
    return materialise(project().triples, verdict().entailed)


def test_no_query_of_the_built_graph_has_to_be_rewritten_for_its_literals(built: Built) -> None:
    assert not Generations(built.settings.home).current().protected


def test_it_is_consistent_and_every_class_can_have_an_instance() -> None:
    assert [found.message for found in explain(project(), verdict(), SECONDS)] == []
    assert verdict().consistent


@pytest.mark.parametrize(
    "statement",
    [
        "id:strimvelis :treatsDiseaseOfGene id:ada-gene",
        "id:strimvelis a :HereditaryDiseaseTherapy",
    ],
)
def test_what_should_follow_does(statement: str) -> None:
    assert triples(f"{statement} .") <= inferred()


KINDS_BY_FEATURE = {
    ":AdaptivePlatformTrial": "a :ClinicalTrial ; :hasProtocol id:mp ; :hasDesignFeature id:mt , id:pe , id:ssr",
    ":BasketTrial": "a :ClinicalTrial ; :hasProtocol id:mp ; :hasDesignFeature id:one , id:md",
    ":UmbrellaTrial": "a :ClinicalTrial ; :hasProtocol id:mp ; :hasDesign id:design",
    ":NOf1Trial": "a :ClinicalTrial ; :hasDesignFeature id:single",
    ":RandomisedControlledTrial": "a :ClinicalTrial ; :hasDesignFeature id:chance , id:placebo",
    ":RegistryBasedRandomisedTrial": "a :ClinicalTrial ; :hasDesignFeature id:chance , id:registry",
    ":MultiArmMultiStageTrial": "a :ClinicalTrial ; :hasDesignFeature id:mt , id:dropping",
    ":Phase1And2Trial": "a :Phase1Trial , :Phase2Trial",
    ":DistributedResearchInfrastructure": "a :ResearchInfrastructure ; :hasNode id:node",
    ":HealthInsurer": "a :Organisation ; :hasRole id:insurer",
    ":PayerOrganisation": "a :Organisation ; :hasRole id:insurer",
}
FEATURES = """
    id:mp a :MasterProtocol . id:design a :StudyDesign ; :hasDesignFeature id:sd , id:mt , id:matching .
    id:mt a :MultipleTherapies . id:pe a :PerpetualEnrolment . id:ssr a :SampleSizeReestimation .
    id:one a :SingleTherapy . id:md a :MultipleDiseases . id:sd a :SingleDisease . id:matching a :BiomarkerMatching .
    id:single a :SingleParticipant . id:chance a :StratifiedRandomisation . id:placebo a :PlaceboControl .
    id:registry a :RegistryBasedDataCapture . id:dropping a :ArmSelection . id:node a :NationalNode .
    id:insurer a :HealthInsurerRole .
"""


@cache
def inferred_of_planted() -> frozenset[ox.Triple]:
    things = " ".join(f"id:t{number} {text} ." for number, text in enumerate(KINDS_BY_FEATURE.values()))
    return materialise(project().triples | triples(things + FEATURES), verdict().entailed)


@pytest.mark.parametrize("number, kind", list(enumerate(KINDS_BY_FEATURE)))
def test_a_thing_is_placed_by_its_features(number: int, kind: str) -> None:
    assert triples(f"id:t{number} a {kind} .") <= inferred_of_planted()


def test_an_umbrella_trial_is_not_taken_for_one_that_takes_all_comers() -> None:
    umbrella = list(KINDS_BY_FEATURE).index(":UmbrellaTrial")
    assert not triples(f"id:t{umbrella} a :BiomarkerStratifiedTrial .") & inferred_of_planted()


def test_nothing_that_follows_is_also_asserted() -> None:
    assert not inferred() & project().triples


def test_a_planted_error_is_explained(tmp_path: Path) -> None:
    planted = project() + dataset(tmp_path, facts="icpermed:trials-2 { id:planted a :Gene , :Disease }")
    (found,) = explain(planted, Reasoning(False, (), frozenset()), SECONDS)
    assert {"id:planted", "def:Gene", "def:Disease"} <= set(map(shorten, found.terms))
    assert str(found.place.file).endswith("facts.trig")
