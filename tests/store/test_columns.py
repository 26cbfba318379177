"""Arrow and Parquet hold the answer that JSON holds, in columns whose types are those of all their values."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pandas
import polars
import psutil
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.errors import NotAcceptableError, QueryMemoryError, QueryTimeoutError
from graph.names import RDF, XSD
from graph.sparql.literals import Unmarked, protect
from graph.store import columns
from graph.store.columns import ARROW, PARQUET
from graph.store.embedded import EmbeddedEngine
from graph.store.engine import QueryRequest
from tests.store.conftest import OpenEngine, ask

NAMES = {"xsd": XSD, "rdf": RDF}
FORMATS = pytest.mark.parametrize("name", [ARROW, PARQUET])
Cell = tuple[Any, str | None, str | None]  # value, language, datatype


def written(text: str, name: str = ARROW, store: ox.Store | None = None) -> bytes:
    """The answer to a query in that format."""
    result = (store or ox.Store()).query(text, prefixes=NAMES)
    assert not isinstance(result, ox.QueryTriples)
    output = io.BytesIO()
    columns.write(result, output, name)
    return output.getvalue()


def read(content: bytes, name: str = ARROW) -> Any:
    source = pa.BufferReader(content)
    return pyarrow.ipc.open_stream(source).read_all() if name == ARROW else pyarrow.parquet.read_table(source)


def table(*terms: str, name: str = ARROW) -> Any:
    """A table of one variable ?x with these terms, as SPARQL writes them."""
    return read(written(f"SELECT ?x {{ VALUES ?x {{ {' '.join(terms)} }} }}", name), name)


def same(one: Any, other: Any) -> bool:
    return bool(one == other or (one != one and other != other))  # NaN is not NaN


@pytest.mark.parametrize(
    ("terms", "kind", "values"),
    [
        (["1", "-7", "UNDEF"], pa.int64(), [1, -7, None]),
        (["9223372036854775807", "1"], pa.int64(), [2**63 - 1, 1]),
        (["9223372036854775808", "-1"], pa.decimal128(38, 0), [Decimal(2**63), Decimal(-1)]),
        (["1" * 39, "2"], pa.string(), ["1" * 39, "2"]),
        (["1.5", "-0.125"], pa.decimal128(38, 3), [Decimal("1.5"), Decimal("-0.125")]),
        (["1", "2.50"], pa.decimal128(38, 1), [Decimal(1), Decimal("2.5")]),
        (["1" * 38, "0.25"], pa.string(), ["1" * 38, "0.25"]),
        (["1e0", "'NaN'^^xsd:double", "'-INF'^^xsd:double"], pa.float64(), [1.0, float("nan"), float("-inf")]),
        (["'0.5'^^xsd:float", "'INF'^^xsd:float"], pa.float32(), [0.5, float("inf")]),
        (["1", "'0.5'^^xsd:float", "2.5", "1e3"], pa.float64(), [1.0, 0.5, 2.5, 1000.0]),
        (["true", "false", "'1'^^xsd:boolean"], pa.bool_(), [True, False, True]),
        (["'2022-10-05'^^xsd:date", "'0001-01-01'^^xsd:date"], pa.date32(), [date(2022, 10, 5), date(1, 1, 1)]),
        (["'2022-10-05Z'^^xsd:date", "'2022-10-06'^^xsd:date"], pa.string(), ["2022-10-05Z", "2022-10-06"]),
        (["'0000-01-01'^^xsd:date"], pa.string(), ["0000-01-01"]),
        (["'-0044-03-15'^^xsd:date", "'12022-01-01'^^xsd:date"], pa.string(), ["-0044-03-15", "12022-01-01"]),
        (
            ["'2022-10-05T12:00:00Z'^^xsd:dateTime", "'2022-10-05T12:00:00.5+02:00'^^xsd:dateTime"],
            pa.timestamp("us", "UTC"),
            [datetime(2022, 10, 5, 12, tzinfo=UTC), datetime(2022, 10, 5, 10, microsecond=500000, tzinfo=UTC)],
        ),
        (["'2022-10-05T12:00:00'^^xsd:dateTime"], pa.timestamp("us"), [datetime(2022, 10, 5, 12)]),
        (
            ["'2022-10-05T12:00:00'^^xsd:dateTime", "'2022-10-05T12:00:00Z'^^xsd:dateTime"],
            pa.string(),
            ["2022-10-05T12:00:00", "2022-10-05T12:00:00Z"],
        ),
        (
            ["'9999-12-31T23:00:00-05:00'^^xsd:dateTime", "'2022-10-05T12:00:00Z'^^xsd:dateTime"],
            pa.string(),
            ["9999-12-31T23:00:00-05:00", "2022-10-05T12:00:00Z"],
        ),
        (
            ["'3000-01-01T00:00:00.1234567Z'^^xsd:dateTime"],
            pa.string(),
            ["3000-01-01T00:00:00.1234567Z"],
        ),
        (["'12:30:00.25'^^xsd:time"], pa.time64("us"), [time(12, 30, 0, 250000)]),
        (["'12:30:00Z'^^xsd:time"], pa.string(), ["12:30:00Z"]),
        (["'P1Y'^^xsd:yearMonthDuration"], pa.string(), ["P1Y"]),
        (["'2022'^^xsd:gYear"], pa.string(), ["2022"]),
        (["1", "'many'^^xsd:integer"], pa.string(), ["1", "many"]),
        (["'2022-10-05'^^xsd:dateTime"], pa.string(), ["2022-10-05"]),
        (["<http://example.org/ü>", "UNDEF"], pa.string(), ["http://example.org/ü", None]),
        (['"a\\tb\\nc\\rd\\"e\\\\n\\\\"', '""', "UNDEF"], pa.string(), ['a\tb\nc\rd"e\\n\\', "", None]),
        (["UNDEF"], pa.string(), [None]),
    ],
)
@FORMATS
def test_a_column_has_the_type_of_all_its_values(name: str, terms: list[str], kind: Any, values: list[Any]) -> None:
    found = table(*terms, name=name)
    assert found.schema.field("x").type == kind
    assert all(map(same, found.column("x").to_pylist(), values))


def test_nanoseconds_are_kept_where_there_are_some() -> None:
    found = table("'2022-10-05T12:00:00.123456789Z'^^xsd:dateTime").column("x")
    assert (found.type, found[0].value % 10**9) == (pa.timestamp("ns", "UTC"), 123456789)


def test_the_language_of_each_literal_stands_beside_it() -> None:
    found = table('"gene"@en', '"Gen"@de', '"gene"', "UNDEF")
    assert found.column_names == ["x", "x_lang"]
    assert found.to_pydict() == {"x": ["gene", "Gen", "gene", None], "x_lang": ["en", "de", None, None]}
    assert found.schema.field("x_lang").metadata == {b"language_of": b"x"}


def test_terms_of_several_kinds_are_strings_with_their_datatypes_beside_them() -> None:
    found = table("<urn:a>", '"a"', '"a"@en', "1", "true")
    assert found.to_pydict() == {
        "x": ["urn:a", "a", "a", "1", "true"],
        "x_lang": [None, None, "en", None, None],
        "x_datatype": [None, f"{XSD}string", f"{RDF}langString", f"{XSD}integer", f"{XSD}boolean"],
    }


def test_numbers_of_several_datatypes_are_numbers_with_their_datatypes_beside_them() -> None:
    found = table("1", "2.5")
    assert found.column("x_datatype").to_pylist() == [f"{XSD}integer", f"{XSD}decimal"]


def test_blank_nodes_and_triples_are_told_from_literals() -> None:
    found = read(written('SELECT ?x ?y { BIND(BNODE() AS ?x) BIND(<<( <urn:a> <urn:b> "\\"" )>> AS ?y) }')).to_pydict()
    assert found["x"][0].startswith("_:")
    assert (found["y"], list(found)) == (['<<( <urn:a> <urn:b> "\\"" )>>'], ["x", "y"])


def test_a_column_beside_another_takes_no_variables_name() -> None:
    found = read(written('SELECT ?x ?x_lang { BIND("a"@en AS ?x) BIND(1 AS ?x_lang) }'))
    assert found.to_pydict() == {"x": ["a"], "x_lang_": ["en"], "x_lang": [1]}


def test_the_datatype_is_in_the_fields_metadata() -> None:
    metadata = table("'2022'^^xsd:gYear").schema.field("x").metadata
    assert metadata == {b"variable": b"x", b"datatype": f"{XSD}gYear".encode()}


def test_literals_that_the_store_protects_are_what_they_were() -> None:
    store = ox.Store()
    for form, datatype in (("01", "int"), ("+2", "int")):
        literal = protect(ox.Literal(form, datatype=ox.NamedNode(XSD + datatype)))
        store.add(ox.Quad(ox.NamedNode("urn:s"), ox.NamedNode("urn:p"), literal))
    result, output = store.query("SELECT ?x { ?s ?p ?x }"), io.BytesIO()
    assert isinstance(result, ox.QuerySolutions)
    columns.write(Unmarked(result), output, ARROW)
    found = read(output.getvalue())
    assert (found.schema.field("x").type, sorted(found.column("x").to_pylist())) == (pa.int64(), [1, 2])
    assert found.schema.field("x").metadata[b"datatype"] == f"{XSD}int".encode()


@FORMATS
def test_ask_has_one_boolean_column(name: str) -> None:
    assert read(written("ASK {}", name), name).to_pydict() == {"boolean": [True]}
    assert read(written("ASK { ?s ?p ?o }", name), name).to_pydict() == {"boolean": [False]}


@FORMATS
def test_no_rows_leave_the_columns(name: str) -> None:
    found = read(written("SELECT ?x ?y { ?x ?p ?y }", name), name)
    assert (found.num_rows, found.schema.names, set(found.schema.types)) == (0, ["x", "y"], {pa.string()})


def test_rows_without_a_variable_are_counted_or_refused() -> None:
    assert read(written("SELECT * { VALUES () { () () } }")).num_rows == 2
    with pytest.raises(NotAcceptableError, match="Parquet"):
        written("SELECT * {}", PARQUET)


@contextmanager
def batches_of(size: int) -> Iterator[None]:
    """Make batches of so few bytes, as if the engine wrote one byte at a time."""

    class Trickling(columns.Rows):
        def write(self, content: bytes) -> int:
            for index in range(len(content)):
                super().write(content[index : index + 1])
            return len(content)

    with patch.object(columns, "BATCH_BYTES", size), patch.object(columns, "Rows", Trickling):
        yield


@FORMATS
def test_a_type_is_decided_by_the_last_batch_too(name: str) -> None:
    rows = " ".join(map(str, range(1000)))
    with batches_of(100):
        content = written(f"SELECT ?x {{ VALUES ?x {{ {rows} 1.5 }} }}", name)
    found = read(content, name)
    assert found.column("x").to_pylist() == [*map(Decimal, range(1000)), Decimal("1.5")]
    if name == ARROW:
        assert found.column("x").num_chunks > 2
    else:
        assert pyarrow.parquet.ParquetFile(pa.BufferReader(content)).num_row_groups > 2


TYPED = """SELECT * { VALUES (?integer ?decimal ?double ?boolean ?date ?moment ?iri ?label) {
    (1 1.5 1e0 true "2022-10-05"^^xsd:date "2022-10-05T12:00:00Z"^^xsd:dateTime <urn:a> "gene"@en)
    (2 2.25 2e0 false "2022-10-06"^^xsd:date "2022-10-06T12:00:00Z"^^xsd:dateTime <urn:b> "Gen"@de)
    (UNDEF UNDEF UNDEF UNDEF UNDEF UNDEF UNDEF UNDEF) } }"""


@FORMATS
def test_pandas_reads_the_types(name: str) -> None:
    content = io.BytesIO(written(TYPED, name))
    frame = read(content.getvalue()).to_pandas() if name == ARROW else pandas.read_parquet(content)
    types = {column: str(kind) for column, kind in frame.dtypes.items()}
    assert types == {
        "boolean": "object",  # True, False and None
        "date": "object",  # datetime.date
        "decimal": "object",  # decimal.Decimal
        "double": "float64",
        "integer": "float64",  # since one is missing; with dtype_backend="pyarrow" it is int64
        "iri": "str",
        "label": "str",
        "label_lang": "str",
        "moment": "datetime64[us, UTC]",
    }
    assert frame["decimal"].astype(float).sum() == 3.75
    if name == PARQUET:
        kinds = pandas.read_parquet(content, dtype_backend="pyarrow").dtypes
        assert (str(kinds["integer"]), str(kinds["boolean"])) == ("int64[pyarrow]", "bool[pyarrow]")


@FORMATS
def test_polars_reads_the_types(name: str) -> None:
    content = written(TYPED, name)
    frame = polars.read_ipc_stream(content) if name == ARROW else polars.read_parquet(content)
    assert frame.schema == {
        "boolean": polars.Boolean,
        "date": polars.Date,
        "decimal": polars.Decimal(38, 2),
        "double": polars.Float64,
        "integer": polars.Int64,
        "iri": polars.String,
        "label": polars.String,
        "label_lang": polars.String,
        "moment": polars.Datetime("us", "UTC"),
    }
    assert frame["integer"].to_list() == [1, 2, None]
    assert frame["moment"].to_list()[0] == datetime(2022, 10, 5, 12, tzinfo=UTC)


XSD_TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
TWO_DIGITS = st.integers(0, 59).map("{:02}".format)
DAYS = st.dates().map(date.isoformat)
MOMENTS = st.builds(
    "{}T{:02}:{}:{}{}{}".format,
    DAYS, st.integers(0, 23), TWO_DIGITS, TWO_DIGITS,
    st.sampled_from(["", ".5", ".123456", ".123456789"]), st.sampled_from(["", "Z", "+02:00", "-14:00"]),
)  # fmt: skip


def literals(forms: st.SearchStrategy[str], datatype: str) -> st.SearchStrategy[ox.Literal]:
    return forms.map(lambda form: ox.Literal(form, datatype=ox.NamedNode(XSD + datatype)))


SPECIAL = {"inf": "INF", "-inf": "-INF", "nan": "NaN"}
KINDS: list[st.SearchStrategy[Any]] = [
    literals(st.integers(-(10**4), 10**4).map(str), "integer"),
    literals(st.integers(-(10**40), 10**40).map(str), "integer"),
    literals(st.decimals(allow_nan=False, allow_infinity=False, places=3).map("{:f}".format), "decimal"),
    literals(
        st.floats().map(str).map(lambda form: {"inf": "INF", "-inf": "-INF", "nan": "NaN"}.get(form, form)), "double"
    ),
    literals(st.floats(width=32, allow_infinity=False, allow_nan=False).map(str), "float"),
    literals(st.sampled_from(["true", "false"]), "boolean"),
    literals(DAYS, "date"),
    literals(MOMENTS, "dateTime"),
    literals(TWO_DIGITS.map("12:30:{}".format), "time"),
    literals(XSD_TEXTS, "integer"),
    literals(XSD_TEXTS, "gYear"),
    XSD_TEXTS.map(ox.Literal),
    st.builds(lambda text, tag: ox.Literal(text, language=tag), XSD_TEXTS, st.sampled_from(["en", "de", "pt-BR"])),
    st.sampled_from(["urn:a", "http://example.org/ü"]).map(ox.NamedNode),
    st.sampled_from(["b0", "b1"]).map(ox.BlankNode),
]
COLUMN = st.sampled_from(KINDS) | st.sets(st.sampled_from(range(len(KINDS))), min_size=2, max_size=3).map(
    lambda chosen: st.one_of([KINDS[index] for index in sorted(chosen)])
)
ROWS = st.tuples(COLUMN, COLUMN).flatmap(
    lambda pair: st.lists(st.tuples(st.none() | pair[0], st.none() | pair[1]), max_size=8)
)
ANSWER = "SELECT ?a ?b { ?row <urn:row> ?n OPTIONAL { ?row <urn:a> ?a } OPTIONAL { ?row <urn:b> ?b } } ORDER BY ?n"


def stored(rows: list[tuple[Any, Any]]) -> ox.Store:
    store = ox.Store()
    for number, pair in enumerate(rows):
        row = ox.NamedNode(f"urn:row-{number}")
        store.add(ox.Quad(row, ox.NamedNode("urn:row"), ox.Literal(number)))
        for name, term in zip("ab", pair, strict=True):
            if term is not None:
                store.add(ox.Quad(row, ox.NamedNode(f"urn:{name}"), term))
    return store


def of_json(store: ox.Store, variable: str) -> list[dict[str, str] | None]:
    """What the JSON answer says of a variable in each row."""
    result = store.query(ANSWER)
    assert isinstance(result, ox.QuerySolutions)
    body = result.serialize(format=ox.QueryResultsFormat.JSON)
    assert body is not None
    return [row.get(variable) for row in json.loads(body)["results"]["bindings"]]


def value_of(form: str, kind: Any) -> object:
    """What a lexical form stands for in a column of a type, by Python's own parsers."""
    if pa.types.is_floating(kind):
        return pa.scalar(float(form)).cast(kind).as_py() if abs(float(form)) < 3e38 else float(form)
    if pa.types.is_timestamp(kind):
        whole, _, rest = form.partition(".")
        digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        moment = datetime.fromisoformat(whole + rest[len(digits) :])
        if kind.tz is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = int((moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
        return seconds * 10**9 + int(digits.ljust(9, "0") or 0)
    parse: dict[Any, Any] = {
        pa.int64(): int,
        pa.bool_(): lambda text: text == "true",
        pa.date32(): date.fromisoformat,
        pa.time64("us"): time.fromisoformat,
        pa.string(): str,
    }
    return (Decimal if pa.types.is_decimal(kind) else parse[kind])(form)


def value_in(scalar: Any) -> object:
    if pa.types.is_timestamp(scalar.type):
        return scalar.value * (1 if scalar.type.unit == "ns" else 1000)
    return scalar.as_py()


@given(ROWS, st.sampled_from([1, 60, columns.BATCH_BYTES]), st.sampled_from([ARROW, PARQUET]))
@settings(deadline=None, max_examples=150)
def test_values_languages_and_datatypes_are_those_of_the_json_answer(
    rows: list[tuple[Any, Any]], batch: int, name: str
) -> None:
    store = stored(rows)
    with batches_of(batch):
        found = read(written(ANSWER, name, store), name)
    assert found.num_rows == len(rows)
    for variable in "ab":
        expected = of_json(store, variable)
        column = found.column(variable)
        nothing = [None] * len(rows)
        beside = found.to_pydict()
        languages, kinds = beside.get(f"{variable}_lang", nothing), beside.get(f"{variable}_datatype")
        alone = found.schema.field(variable).metadata.get(b"datatype", b"").decode()
        for scalar, language, kind, term in zip(column, languages, kinds or nothing, expected, strict=True):
            if term is None:
                assert (scalar.as_py(), language, kind) == (None, None, None)
                continue
            form = f"_:{term['value']}" if term["type"] == "bnode" else term["value"]
            assert same(value_in(scalar), value_of(form, column.type)), (column.type, term)
            assert language == term.get("xml:lang")
            said = None
            if term["type"] == "literal":
                said = term.get("datatype", RDF + "langString" if language else XSD + "string")
            if kinds:
                assert kind == said
            elif alone:
                assert said == alone
            else:
                assert said in (None, RDF + "langString", XSD + "string")


def readers() -> set[int]:
    """The processes that this one's holders forked."""
    return {child.pid for child in psutil.Process().children(recursive=True)}


def columnar(engine: EmbeddedEngine, text: str, name: str = ARROW) -> Any:
    with engine.query(QueryRequest(text, name)) as answer:
        return read(answer.read(), name)


@pytest.fixture
def small(open_engine: OpenEngine) -> Iterator[EmbeddedEngine]:
    """An engine of one reader with less room than Arrow itself takes."""
    yield open_engine(readers=1, query_megabytes=48)


def test_a_reader_that_wrote_columns_goes_on_within_its_room(small: EmbeddedEngine) -> None:
    text = "SELECT ?s ?o { ?s <http://example.org/number> ?o }"
    columnar(small, text)
    before = readers()
    for name in (ARROW, PARQUET, ARROW):
        assert sorted(columnar(small, text, name).column("o").to_pylist()) == list(range(40))
    assert ask(small, "ASK {}") == "true"
    assert readers() == before


@pytest.mark.parametrize("is_warm", [False, True])
def test_more_rows_than_there_is_room_for_are_refused(small: EmbeddedEngine, is_warm: bool) -> None:
    if is_warm:
        columnar(small, "ASK {}")
    parts = ", ".join(f"STR(?{name})" for name in "abcdef")
    with pytest.raises(QueryMemoryError):
        columnar(small, f"SELECT (CONCAT({parts}) AS ?x) {{ ?a ?p ?b . ?c ?q ?d . ?e ?r ?f }}")
    assert columnar(small, "ASK {}").to_pydict() == {"boolean": [True]}


def test_columns_keep_the_deadline(open_engine: OpenEngine) -> None:
    engine = open_engine(readers=1, query_seconds=1.0)
    with pytest.raises(QueryTimeoutError):
        columnar(engine, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }")
