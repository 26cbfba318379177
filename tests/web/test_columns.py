"""Arrow and Parquet over HTTP and from the command: asked for by type or by name, and read as data scientists do."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import pandas
import polars
import pyarrow as pa
import pyarrow.ipc
import pytest

from graph.names import ID, RDFS
from graph.project import ROOT
from tests.web.conftest import FILLER, Server

TYPES = {"arrow": "application/vnd.apache.arrow.stream", "parquet": "application/vnd.apache.parquet"}
COUNTS = f"""SELECT ?thing ?label (xsd:integer(?label) AS ?number) {{
    GRAPH <{ID}filler> {{ ?thing <{RDFS}label> ?label }} }}"""


@pytest.mark.parametrize(("name", "media_type"), TYPES.items())
def test_a_columnar_format_is_asked_for_by_its_type_or_by_its_name(server: Server, name: str, media_type: str) -> None:
    by_type, by_name = server.query(COUNTS, media_type), server.query(COUNTS, format=name)
    assert by_type.status_code == by_name.status_code == 200
    assert by_type.headers["Content-Type"] == by_name.headers["Content-Type"] == media_type
    assert server.query("CONSTRUCT WHERE { ?s ?p ?o }", media_type).status_code == 406


def test_an_arrow_answer_is_read_from_the_connection_as_it_comes(server: Server) -> None:
    with server.get("/sparql", params={"query": COUNTS}, headers={"Accept": TYPES["arrow"]}, stream=True) as response:
        response.raw.decode_content = True
        table = pyarrow.ipc.open_stream(response.raw).read_all()
    assert table.schema.types == [pa.string(), pa.string(), pa.int64()]
    assert sorted(table.column("number").to_pylist()) == list(range(FILLER))


def test_pandas_and_polars_read_a_table_as_the_readme_says(server: Server) -> None:
    content = server.get("/sparql", params={"query": COUNTS, "format": "parquet"}).content
    assert pandas.read_parquet(io.BytesIO(content))["number"].sum() == sum(range(FILLER))
    address = f"{server.url}/sparql?" + urlencode({"query": COUNTS, "format": "parquet"})
    assert pandas.read_parquet(address)["number"].dtype == "int64"
    frame = polars.read_parquet(urlopen(address))
    assert frame.schema == {"thing": polars.String, "label": polars.String, "number": polars.Int64}


def test_the_python_of_the_readme_runs(server: Server) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    names: dict[str, object] = {}
    exec(code.replace("http://127.0.0.1:7878", server.url), names)
    assert isinstance(names["table"], polars.DataFrame)
    assert names["table"].columns == ["therapy", "disease"]


def test_a_syntax_error_is_a_problem_in_a_columnar_format_too(server: Server) -> None:
    response = server.query("SELECT * {", TYPES["parquet"])
    assert (response.status_code, response.headers["Content-Type"]) == (400, "application/problem+json")


def test_rows_without_columns_are_not_acceptable_as_parquet(server: Server) -> None:
    assert server.query("SELECT * {}", TYPES["parquet"]).status_code == 406
    assert server.query("SELECT * {}", TYPES["arrow"]).status_code == 200


def test_the_command_writes_columns_too(home: Path, tmp_path: Path) -> None:
    with (tmp_path / "answer.parquet").open("wb") as output:
        command = [sys.executable, "-m", "graph.cli", "query", COUNTS, "--format", "parquet"]
        subprocess.run(command, cwd=ROOT, env={"PMKG_HOME": str(home)}, stdout=output, check=True)
    assert len(pandas.read_parquet(tmp_path / "answer.parquet")) == FILLER
