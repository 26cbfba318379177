"""From files to a generation: merge, reason, check, publish; or the same without writing anything.

A project flows in; findings, and from `build` a new generation, flow out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from graph.build.explain import explain
from graph.build.materialise import materialise
from graph.build.merge import merge
from graph.build.publish import load, publish
from graph.build.reason import Reasoning, reasoning
from graph.check.answers import check_answers
from graph.check.evidence import check_evidence
from graph.check.finding import Finding, error, from_exception, has_errors, ordered
from graph.check.identifiers import check_identifiers
from graph.check.ranges import check_ranges
from graph.check.shapes import check_shapes
from graph.check.terms import check_terms
from graph.errors import CorruptGenerationError, InputError, NoGenerationError
from graph.names import shorten
from graph.project import Project
from graph.rdf.index import Index
from graph.rdf.reading import Dataset, shown
from graph.settings import Settings
from graph.store.generation import Generation
from graph.store.generations import Generations

Stage = Callable[[str], AbstractContextManager[None]]
PROJECT = Project()


@dataclass(frozen=True)
class Outcome:
    """What a build came to: `generation` is the current one's number, or None when the build was refused."""

    generation: int | None
    findings: list[Finding]
    summary: str


def build(settings: Settings, stage: Stage, project: Project = PROJECT, *, force: bool = False) -> Outcome:
    """Build a new generation, unless nothing changed since the current one.

    Raises:
        InputError: a file of the project cannot be read.
        ReasoningError: the reasoner failed or took too long.
        StoreError: the generation cannot be written.
    """
    fingerprint = project.fingerprint(union=settings.union_default_graph)
    current = _current(settings)
    if current and not force and current.fingerprint == fingerprint:
        return Outcome(current.number, [], f"Nothing changed: generation {current.number} is up to date.")
    with stage("Reading the ontology, the facts and the mappings"):
        dataset = merge(project)
    findings, inferred = _examine(settings, stage, project, dataset, reasoned=True)
    if has_errors(findings):
        return Outcome(None, findings, "Nothing was written: mend the errors above, then build again.")
    with stage("Writing the generation"):
        number, edited = publish(dataset, inferred, settings, {"fingerprint": fingerprint})
    size = f"{len(dataset.triples):,} statements and {len(inferred):,} that follow from them"
    summary = f"Generation {number} holds {size}."
    if edited:
        summary += f" Kept as edited through the server, not as the files have them: {', '.join(map(shorten, edited))}."
    return Outcome(number, findings, summary)


def check(
    settings: Settings,
    stage: Stage,
    files: Sequence[Path] = (),
    *,
    reason: bool = True,
    reference: bool = False,
    project: Project = PROJECT,
) -> list[Finding]:
    """Run every check without writing anything.

    `reason` asks HermiT too, `reference` asks pyshacl instead of the fast SHACL engine.

    With files, they are checked as if they were added to the project, and only what is wrong in them is returned.
    """
    try:
        with stage("Reading"):
            dataset = merge(project, files)
    except InputError as error:
        return ordered(from_exception("unreadable", problem) for problem in error.problems)
    findings, _ = _examine(settings, stage, project, dataset, reasoned=reason, reference=reference)
    if not files:
        return findings
    names = {shown(path) for path in files}
    return [finding for finding in findings if finding.concerns(names)]


def _current(settings: Settings) -> Generation | None:
    """The current generation, None where there is none or it has to be built again."""
    with suppress(NoGenerationError, CorruptGenerationError):
        generation = Generations(settings.home).current()
        generation.check_content()
        return generation
    return None


def _examine(
    settings: Settings, stage: Stage, project: Project, dataset: Dataset, *, reasoned: bool, reference: bool = False
) -> tuple[list[Finding], frozenset[ox.Triple]]:
    """All findings, and what follows from the dataset. HermiT runs in processes of its own beside the static checks."""
    entailed: frozenset[ox.Triple] = frozenset()
    with reasoning(dataset.triples, settings.reasoner_seconds) if reasoned else nullcontext() as hermit:
        with stage("Checking terms, identifiers, ranges, evidence and shapes"):
            findings = list(_static(project, dataset, reference))
        if hermit:
            with stage("Reasoning with HermiT"):
                result = hermit()
            contradictions = _contradictions(dataset, result, settings, stage)
            if contradictions:  # from a contradiction everything follows: nothing to materialise
                return ordered([*findings, *contradictions]), entailed
            entailed = result.entailed
    with stage("Materialising what follows"):
        inferred = materialise(dataset.triples, entailed)
    with stage("Asking the competency questions"):
        store = ox.Store()
        load(store, dataset, inferred, union=True)
        findings += check_answers(store, project.queries)
    return ordered(findings), inferred


def _contradictions(dataset: Dataset, result: Reasoning, settings: Settings, stage: Stage) -> list[Finding]:
    if result.consistent and not result.unsatisfiable:
        return []
    with stage("Explaining the contradiction"):
        found = explain(dataset, result, settings.reasoner_seconds)
    check = "unsatisfiable" if result.consistent else "inconsistent"
    return [
        error(check, item.message, item.place, item.advice, also=[axiom.place for axiom in item.axioms])
        for item in found
    ]


def _static(project: Project, dataset: Dataset, reference: bool) -> Iterator[Finding]:
    index = Index(dataset.triples)
    yield from check_terms(dataset, index)
    yield from check_identifiers(dataset, index)
    yield from check_ranges(dataset, index)
    yield from check_evidence(dataset, index, project.uncited)
    yield from check_shapes(dataset, project.shapes, reference=reference)
