"""SELECT and ASK answers as typed columns: a result of the engine flows in, an Arrow stream or a Parquet file out.

The engine writes the rows as TSV, in its own code; Arrow parses these, a batch at a time, into the distinct terms of
each variable and which row has which (`graph.store.column_terms`). The type of a column depends on all its rows, so
that nothing goes out before the last one is there; then the batches go out, as record batches or row groups.

For each variable, in order, there is

- a column of its name: null where it is unbound, and otherwise the term's value, in the type that
  `graph.store.column_types` chooses for the whole column (an IRI as such, a blank node as `_:x`, a triple as in
  N-Triples);
- after it `<name>_lang`, where any of its literals has a language: the tag of each, null where there is none;
- after that `<name>_datatype`, where its terms are of several kinds: the datatype IRI of each literal, null for what is
  no literal. Plain strings and those with a language count as one kind, IRIs and blank nodes as another.

Where the query has a variable of such a name, underscores are appended. A field's metadata say what it holds:
`variable`, and `datatype` where there is one alone; `language_of` or `datatype_of` for the columns beside it. ASK has
one column, `boolean`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet
import pyoxigraph as ox

from graph.errors import NotAcceptableError
from graph.sparql.literals import Unmarked
from graph.store.column_terms import Terms, split
from graph.store.column_types import datatypes, is_mixed, typed

BATCH_BYTES = 4 << 20  # of TSV: some 50,000 rows of three variables
BOOLEAN = "boolean"
ARROW, PARQUET = "arrow", "parquet"


def write(result: ox.QuerySolutions | ox.QueryBoolean | Unmarked, output: BinaryIO, name: str) -> None:
    """Write an answer in the format of that name.

    Raises:
        MemoryError: the rows do not fit into what the process may take.
        NotAcceptableError: the answer has rows and no column, which that format cannot hold.
    """
    if isinstance(result, ox.QueryBoolean):
        schema = pa.schema([pa.field(BOOLEAN, pa.bool_())])
        _write(iter([pa.RecordBatch.from_arrays([pa.repeat(bool(result), 1)], schema=schema)]), schema, output, name)
        return
    rows = Rows([variable.value for variable in result.variables])
    result.serialize(cast(BinaryIO, rows), format=ox.QueryResultsFormat.TSV)
    rows.end()
    columns = [column for index, variable in enumerate(rows.names) for column in _columns(rows, index, variable)]
    schema = pa.schema([column.field for column in columns])
    if name == PARQUET and rows.counts and not columns:
        raise NotAcceptableError(
            "the query has no variable, and a Parquet file without columns holds no rows.",
            advice="Ask for a variable, or accept another format.",
        )
    _write(_batches(rows, columns, schema), schema, output, name)


def write_nothing() -> None:
    """Start what Arrow starts when it is first used."""
    for name in (ARROW, PARQUET):
        result = ox.Store().query('SELECT * { VALUES (?x ?y) { ("x" 1) } }')
        write(cast(ox.QuerySolutions, result), io.BytesIO(), name)


class Rows:
    """The file that the engine writes TSV to: bytes flow in, batches of terms are kept."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.batches: list[list[Terms]] = []
        self.counts: list[int] = []  # rows of each batch: without variables the terms do not tell
        self._data = bytearray()
        self._has_header = True

    def write(self, content: bytes) -> int:
        self._data += content
        if len(self._data) >= BATCH_BYTES and (last := content.rfind(b"\n")) >= 0:
            self._parse(len(self._data) - len(content) + last + 1)
        return len(content)

    def flush(self) -> None:
        """Nothing: `end` parses what is left."""

    def end(self) -> None:
        self._parse(len(self._data))

    def _parse(self, end: int) -> None:
        """Make a batch of the first so many bytes, which are whole lines."""
        start = self._data.find(b"\n") + 1 if self._has_header else 0
        self._has_header = False
        lines = self._data.count(b"\n", start, end)
        if lines:
            self.counts.append(lines)
            self.batches.append([split(column) for column in _parse_tsv(bytes(self._data[start:end]), self.names)])
        del self._data[:end]


def _parse_tsv(content: bytes, names: list[str]) -> list[Any]:
    """The columns of some lines, as strings: an empty field is null, since an empty literal has its quotation marks."""
    if not names:
        return []
    table = pyarrow.csv.read_csv(
        pa.py_buffer(content),
        read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=len(content) + 1, column_names=names),
        parse_options=pyarrow.csv.ParseOptions(delimiter="\t", quote_char=False, ignore_empty_lines=False),
        convert_options=pyarrow.csv.ConvertOptions(
            check_utf8=False,
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    return [column.combine_chunks() for column in table.columns]


@dataclass(frozen=True)
class Column:
    """A column to be written: its field, whose terms it tells of, and for each batch what each distinct term gives."""

    field: Any
    variable: int
    distinct: list[Any]

    def batch(self, rows: Rows, number: int) -> Any:
        values = pc.take(self.distinct[number], rows.batches[number][self.variable].rows)
        return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values


def _columns(rows: Rows, index: int, variable: str) -> Iterator[Column]:
    """The column of a variable, and those beside it."""
    terms = [batch[index] for batch in rows.batches]
    kinds = datatypes(terms)
    kind, values = typed(kinds, terms)
    alone = {"datatype": next(iter(kinds))} if len(kinds) == 1 and None not in kinds else {}
    yield Column(pa.field(variable, kind, metadata={"variable": variable, **alone}), index, values)
    if any(len(batch.language.dictionary) for batch in terms):
        field = pa.field(_free(f"{variable}_lang", rows.names), pa.string(), metadata={"language_of": variable})
        yield Column(field, index, [batch.language for batch in terms])
    if is_mixed(kinds):
        field = pa.field(_free(f"{variable}_datatype", rows.names), pa.string(), metadata={"datatype_of": variable})
        yield Column(field, index, [batch.datatype for batch in terms])


def _free(name: str, taken: list[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _batches(rows: Rows, columns: list[Column], schema: Any) -> Iterator[Any]:
    """The record batches, each made when it is wanted."""
    for number, count in enumerate(rows.counts):
        if columns:
            yield pa.RecordBatch.from_arrays([column.batch(rows, number) for column in columns], schema=schema)
        else:
            yield pa.RecordBatch.from_struct_array(pa.StructArray.from_buffers(pa.struct([]), count, [None]))


def _write(batches: Iterator[Any], schema: Any, output: BinaryIO, name: str) -> None:
    sink = pa.PythonFile(_Unclosed(output), mode="w")
    is_arrow = name == ARROW
    with pyarrow.ipc.new_stream(sink, schema) if is_arrow else pyarrow.parquet.ParquetWriter(sink, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


class _Unclosed:
    """An output as Arrow wants one, which closes what it writes to: the answer's output has more to send."""

    closed = False

    def __init__(self, output: BinaryIO) -> None:
        self.write = output.write

    def flush(self) -> None:
        """Nothing: who made the output sends what is left."""

    def close(self) -> None:
        """Nothing."""
