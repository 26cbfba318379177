"""A batch of a variable's terms: a column of TSV flows in, its distinct terms, taken apart, and their rows flow out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from graph.names import RDF, XSD

# The engine writes each term on one line as Turtle does, numbers and booleans bare, and escapes in a literal only
# tab, line feed, carriage return, quotation mark and backslash. A triple has blanks and quotation marks of its own.
_TERM = (
    r"(?s)^(?:<(?P<iri>[^<].*)>"
    r'|"(?P<text>.*)"(?:@(?P<language>[A-Za-z0-9-]+)|\^\^<(?P<datatype>[^>]*)>)?'
    r'|(?P<bare>[^"<].*|<<.*))$'
)
_ESCAPES = {r"\t": "\t", r"\n": "\n", r"\r": "\r", r"\"": '"'}


@dataclass(frozen=True)
class Terms:
    """The distinct terms of a variable in some rows: lexical form or IRI, datatype and language; and who has which.

    The datatype is null for what is no literal, the language for what has none.
    """

    rows: Any  # for each row the index of its term, null where the variable is unbound
    lexical: Any
    datatype: Any
    language: Any


def split(column: Any) -> Terms:
    """Take apart a column of terms as the engine's TSV has them."""
    encoded = column.dictionary_encode()
    distinct = encoded.dictionary
    starts = pc.unique(pc.utf8_slice_codeunits(distinct, 0, 2)).to_pylist()
    if all(start[0] == "<" and start != "<<" for start in starts):
        lexical, datatype, language = _inner(distinct), _nulls(distinct), _nulls(distinct)
    elif all(start[0] not in '<"' for start in starts):
        lexical, datatype, language = distinct, _datatype_of_bare(distinct), _nulls(distinct)
    else:
        lexical, datatype, language = _taken_apart(distinct)
    return Terms(encoded.indices, lexical, datatype.dictionary_encode(), language.dictionary_encode())


def _taken_apart(distinct: Any) -> tuple[Any, Any, Any]:
    """Lexical forms, datatypes and languages of terms of any kinds."""
    iri, text, language, datatype, bare = pc.extract_regex(distinct, _TERM).flatten()
    quoted = pc.starts_with(distinct, '"')
    is_tagged = pc.not_equal(language, "")
    named = pc.case_when(
        pc.make_struct(pc.not_equal(datatype, ""), is_tagged, quoted),
        datatype,
        pc.if_else(pc.match_substring(language, "--"), RDF + "dirLangString", RDF + "langString"),
        XSD + "string",
        _datatype_of_bare(bare),
    )
    lexical = pc.case_when(pc.make_struct(quoted, pc.not_equal(bare, "")), _unescaped(text), bare, iri)
    return lexical, named, pc.if_else(is_tagged, language, pa.scalar(None, pa.string()))


def _inner(terms: Any) -> Any:
    """The terms without their first and last characters, which are of one byte."""
    return pc.binary_slice(terms.cast(pa.binary()), 1, -1).cast(pa.string())


def _nulls(terms: Any) -> Any:
    return pa.nulls(len(terms), pa.string())


def _datatype_of_bare(bare: Any) -> Any:
    """The datatype of what is written without quotation marks, null where it is no number and no boolean."""

    def matches(pattern: str) -> Any:
        return pc.match_substring_regex(bare, pattern)

    numbers = matches("^[+-]?[0-9]+$"), matches("^[+-]?[0-9]*[.][0-9]*$"), matches("^[+-]?[0-9.]")
    return pc.case_when(
        pc.make_struct(matches("^(?:true|false)$"), *numbers),
        *(XSD + name for name in ("boolean", "integer", "decimal", "double")),
        pa.scalar(None, pa.string()),
    )


def _unescaped(text: Any) -> Any:
    """The characters that the escapes stand for; between two escaped backslashes every other escape is what it says."""
    if not pc.any(pc.match_substring(text, "\\")).as_py():
        return text
    pieces = pc.split_pattern(text, "\\\\")
    values = pieces.values
    for escape, character in _ESCAPES.items():
        values = pc.replace_substring(values, escape, character)
    return pc.binary_join(pa.ListArray.from_arrays(pieces.offsets, values), "\\")
