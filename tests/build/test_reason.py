"""HermiT says what is consistent and what follows, in time, and leaves nothing running behind."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from graph.build import child
from graph.build.materialise import materialise
from graph.build.reason import for_hermit, reason, reasoning
from graph.errors import ReasonerTimeoutError, ReasoningError
from graph.project import ROOT
from tests.build.triples import PROPERTIES, triples

SECONDS = 120.0


def test_it_classifies_what_the_rules_cannot() -> None:
    asserted = triples(
        PROPERTIES + ":A a owl:Class ; rdfs:subClassOf :C . :B a owl:Class ; rdfs:subClassOf :C . :C a owl:Class ."
        ":U a owl:Class ; owl:equivalentClass [ a owl:Class ; owl:unionOf ( :A :B ) ] ."
        ":V a owl:Class ; owl:equivalentClass [ a owl:Restriction ; owl:onProperty :p ; owl:hasValue id:v ] ."
        ":W a owl:Class ; rdfs:subClassOf [ a owl:Restriction ; owl:onProperty :p ; owl:hasValue id:v ] ."
        "id:u a :U . id:w a :W ."
    )
    result = reason(asserted, SECONDS)
    assert result.consistent
    assert result.unsatisfiable == ()
    assert triples(":U rdfs:subClassOf :C . :W rdfs:subClassOf :V .") <= result.entailed
    assert "owl#" not in "".join(map(str, result.entailed))
    # The rules place things by what HermiT found of classes.
    assert triples("id:u a :C . id:w a :V .") <= materialise(asserted, result.entailed)


def test_it_names_classes_that_can_have_no_instance() -> None:
    result = reason(
        triples(
            ":A a owl:Class ; owl:disjointWith :B . :B a owl:Class . :C a owl:Class ; rdfs:subClassOf :A , :B ."
            ":D a owl:Class ; rdfs:subClassOf :C ."
        ),
        SECONDS,
    )
    assert result.consistent
    assert result.unsatisfiable == ("https://w3id.org/pmkg/def/C", "https://w3id.org/pmkg/def/D")


@pytest.mark.parametrize(
    "turtle",
    [
        ":A a owl:Class ; owl:disjointWith :B . :B a owl:Class . id:x a :A , :B .",
        PROPERTIES + ":p a owl:FunctionalProperty . :A a owl:Class ; rdfs:subClassOf"
        " [ a owl:Restriction ; owl:onProperty :p ; owl:hasValue id:v ] ."
        " id:x a :A ; :p id:w . id:v owl:differentFrom id:w .",
    ],
)
def test_it_finds_a_contradiction(turtle: str) -> None:
    assert not reason(triples(turtle), SECONDS).consistent


def test_what_the_reasoners_cannot_read_is_kept_from_them() -> None:
    asserted = triples(
        "@prefix schema: <https://schema.org/> . <https://x.org/o> a owl:Ontology ; owl:imports <https://x.org/none> ."
        ":d a owl:DatatypeProperty ; rdfs:range xsd:date . :note a owl:AnnotationProperty . :A a owl:Class ."
        'id:x a :A ; :d "2022-10-05"^^xsd:date , 123456789012345678901234567890 , "abc"^^xsd:integer , 5 , "x"@en ;'
        ' :note "n" ; rdfs:label "x"@en .'
    )
    seen = {str(triple.object) for triple in for_hermit(asserted)}
    assert '"5"^^<http://www.w3.org/2001/XMLSchema#integer>' in seen
    assert '"x"@en' in seen
    assert not [text for text in seen if any(word in text for word in ("date", "12345", "abc", '"n"', "none"))]
    assert reason(asserted, SECONDS).consistent


def test_it_is_ended_when_it_takes_too_long() -> None:
    with pytest.raises(ReasonerTimeoutError, match="longer than"):
        reason(triples(":A a owl:Class ."), 0.3)


def test_it_is_ended_when_what_runs_beside_it_fails() -> None:
    before = child_processes()
    with pytest.raises(ZeroDivisionError), reasoning(triples(":A a owl:Class ."), SECONDS):
        started = child_processes() - before
        assert started
        raise ZeroDivisionError
    assert not started & child_processes()


def child_processes() -> set[int]:
    return {int(pid) for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()}


def test_a_failure_is_told_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(ReasoningError, match="FileNotFoundError"):
        child.run("graph.build.hermit", tmp_path, seconds=SECONDS)


def test_nothing_is_left_when_the_starter_is_killed(tmp_path: Path) -> None:
    (tmp_path / "sleeper.py").write_text(
        "import subprocess, sys\nfrom graph.build.child import end_with_starter\nend_with_starter()\n"
        "subprocess.run([sys.executable, '-c', 'import time, sys; time.sleep(600)', sys.argv[1]])\n"
    )
    program = (
        "import sys; from pathlib import Path; from graph.build import child\n"
        f"sys.path.insert(0, {str(tmp_path)!r}); child.run('sleeper', Path({str(tmp_path)!r}), seconds=600)"
    )
    environment = {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, env=environment) as starter:
        _wait_until(lambda: len(_processes_of(tmp_path)) >= 2)
        starter.kill()
    _wait_until(lambda: not _processes_of(tmp_path))


def _processes_of(folder: Path) -> list[str]:
    """The sleeper and its own child: both have the folder as their last argument."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = path.read_bytes().rstrip(b"\0").split(b"\0")
        except OSError:
            continue
        if arguments[-1] == str(folder).encode():
            found.append(path.parent.name)
    return found


def _wait_until(condition: object) -> None:
    assert callable(condition)
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
