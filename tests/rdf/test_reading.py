"""Reading RDF files: what is given back, and what is said of files that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import InputError, RdfSyntaxError, UnknownFormatError
from graph.rdf.reading import Dataset, ReadFile, read_quads

TURTLE = """@prefix id: <https://w3id.org/pmkg/id/> .
@prefix def: <https://w3id.org/pmkg/def/> .

id:strimvelis def:treats id:ada-scid .
id:strimvelis-2 a def:Therapy .

id:ada-scid
    a def:Disease .
"""


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_statements_outside_a_graph_go_into_the_graph_that_is_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path / "a.trig", "<urn:s> <urn:p> <urn:o> . <urn:g> { <urn:s> <urn:p> 1 }")
    graphs = {quad.graph_name for quad in read_quads(path, "urn:d")}
    assert graphs == {ox.NamedNode("urn:d"), ox.NamedNode("urn:g")}


def test_blank_nodes_of_two_files_never_meet(tmp_path: Path) -> None:
    files = [write(tmp_path / name, "_:x <urn:p> 1 .") for name in ("a.nt.ttl", "b.ttl")]
    assert len(Dataset(tuple(map(ReadFile.read, files))).triples) == 2


def test_a_statement_of_two_graphs_is_one_triple_of_the_merge(tmp_path: Path) -> None:
    path = write(tmp_path / "a.trig", "<urn:g> { <urn:s> <urn:p> 1 } <urn:h> { <urn:s> <urn:p> 1 }")
    dataset = Dataset((ReadFile.read(path),))
    assert (len(dataset.quads), len(dataset.triples)) == (2, 1)


def test_a_syntax_error_names_file_line_and_column(tmp_path: Path) -> None:
    path = write(tmp_path / "bad.ttl", "<urn:s> <urn:p> 1 .\n<urn:s> <urn:p .\n")
    with pytest.raises(RdfSyntaxError) as caught:
        list(read_quads(path))
    assert str(caught.value.place).startswith(f"{path}:2:")
    assert "Parser error" not in caught.value.message


def test_an_unknown_extension_lists_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormatError, match=r"\.ttl.*\.trig"):
        list(read_quads(write(tmp_path / "cto.owx", "<x/>")))


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.ttl.*No such file"):
        list(read_quads(tmp_path / "none.ttl"))


@pytest.mark.parametrize(("name", "line"), [("strimvelis", 4), ("strimvelis-2", 5), ("ada-scid", 7), ("nobody", None)])
def test_the_line_of_a_term_is_where_it_is_described(tmp_path: Path, name: str, line: int | None) -> None:
    file = ReadFile.read(write(tmp_path / "a.ttl", TURTLE))
    assert file.line_of(f"https://w3id.org/pmkg/id/{name}") == line


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.ttl", "<http://e/y> <urn:p> <http://e/x1> .\n<http://e/x> <urn:p> 1 ."),
        ("a.trig", "<http://e/x1> { <urn:s> <urn:p> 1 }\n<http://e/x> { <urn:s> <urn:p> 1 }"),
        ("a.owl", '<rdf:li rdf:resource="http://e/x"/>\n<owl:Class rdf:about="http://e/x">'),
    ],
)
def test_the_line_of_a_term_is_found_in_each_syntax(tmp_path: Path, name: str, text: str) -> None:
    assert ReadFile(write(tmp_path / name, text), ()).line_of("http://e/x") == 2


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_an_input_error(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("any") / "any.ttl"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        list(read_quads(path))
    except InputError as problem:
        assert problem.place.file == str(path)
