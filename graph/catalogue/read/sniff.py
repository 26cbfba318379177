"""Tell what a document is: bytes, a media type and an address flow in; UTF-8 and an RDF format flow out.

What the bytes look like outweighs what the server says of them: real servers send RDF/XML as text/html, JSON-LD as
application/json and Turtle as text/plain. Only among formats that look alike does the declared one count.
"""

from __future__ import annotations

import codecs
import re
from enum import Enum
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import pyoxigraph as ox

from graph.catalogue.read.parse import TEXTS
from graph.errors import InputError, Place, UnknownFormatError
from graph.rdf.reading import FORMATS as EXTENSIONS
from graph.store.formats import Kind, by_media_type

HEAD = 4096
XML = ox.RdfFormat.RDF_XML
JSON = ox.RdfFormat.JSON_LD
ADVICE = "Name an address or a file that gives Turtle, RDF/XML, JSON-LD, N-Triples, N-Quads or TriG."

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
          (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip
_XML_DECLARATION = re.compile(rb"""^\s*<\?xml\b[^>]*?\bencoding\s*=\s*["']([\w.:-]+)["'][^>]*\?>""")
_COMMENTS = re.compile(r"(?:\s+|#[^\n]*(?:\n|$))*")
_XML_COMMENTS = re.compile(r"(?:\s+|<!--.*?(?:-->|$)|<\?.*?(?:\?>|$))*", re.DOTALL)
_HTML = re.compile(r"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]", re.IGNORECASE)
_ELEMENT = re.compile(r"""<!DOCTYPE\s|<([A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)(\s+[\w:.-]+\s*=\s*["']|\s*/?>)""")
_RDF_NAMESPACE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_TEXT_START = re.compile(
    r"""@(prefix|base|version)\b|(prefix|base|version)\s|graph\s|<|_:\w|\(|\[|\{|[\w.-]*:[^\s"]*\s+(a\s|<|[\w.-]*:)""",
    re.IGNORECASE,
)
_TERM = r"""(?:<[^<>"]*>|_:\S+|"(?:[^"\\\n]|\\.)*"(?:@[\w-]+|\^\^<[^<>"]*>)?)"""
_QUAD = re.compile(rf"^\s*{_TERM}\s+<[^<>\"]*>\s+{_TERM}\s+(?:<[^<>\"]*>|_:\S+)\s*\.\s*$", re.MULTILINE)
_GRAPH = re.compile(r"""^\s*(?:graph\s+)?(?:<[^<>"]*>|[\w.-]*:\S*|\[\s*\])?\s*\{""", re.MULTILINE | re.IGNORECASE)


class Look(Enum):
    """What bytes look like."""

    XML = "XML"
    JSON = "JSON"
    TEXT = "Turtle or one of its kin"
    HTML = "an HTML page"
    EMPTY = "empty"
    OTHER = "none of them"


def utf8_of(content: bytes, address: str) -> bytes:
    """The same text as UTF-8 without a byte order mark, which is all that the engine reads.

    Raises:
        InputError: it names an encoding that there is not, or is not in it.
    """
    encoding = next((name for mark, name in _MARKS if content.startswith(mark)), "")
    if encoding == "utf-8":
        return content[len(codecs.BOM_UTF8) :]
    declared = _XML_DECLARATION.match(content[:HEAD])
    encoding = encoding or (declared[1].decode("ascii").lower() if declared else "")
    if encoding in ("", "utf-8", "utf8", "us-ascii", "ascii"):
        return content
    try:
        text = content.decode(encoding)
    except LookupError as error:
        message = f"it says that it is in the encoding '{encoding}', which there is not."
        raise InputError(message, place=Place(file=address, line=1), advice="Write it in UTF-8.") from error
    except UnicodeError as error:
        place = Place(file=address, line=content.count(b"\n", 0, getattr(error, "start", 0)) + 1)
        message = f"it says that it is in the encoding '{encoding}', and is not."
        raise InputError(message, place=place, advice="Write it in UTF-8.") from error
    return re.sub(r"""^(\s*<\?xml\b[^>]*?)\s+encoding\s*=\s*["'][^"']*["']""", r"\1", text).encode("utf-8")


def look_of(content: bytes) -> Look:
    """What UTF-8 looks like, by its beginning.

    >>> look_of(b'[ a <http://www.w3.org/ns/dcat#Dataset> ] .')
    <Look.TEXT: 'Turtle or one of its kin'>
    >>> look_of(b'[ {"@id": "x:y"} ]')
    <Look.JSON: 'JSON'>
    """
    head = content[: 8 * HEAD].decode("utf-8", "replace")
    text = head.lstrip()
    if not text:
        return Look.EMPTY
    if re.match(r"""\{\s*("|\}\s*$)|\[\s*([{"\[]|\]\s*$)""", text):
        return Look.JSON
    if text.startswith(("<?xml", "<!")):
        text = text[_XML_COMMENTS.match(text).end() :] or "<?xml"  # type: ignore[union-attr]  # it matches nothing too
    if _HTML.match(text):
        return Look.HTML
    if text.startswith("<?xml") or _is_element(text, content):
        return Look.XML
    rest = head[_COMMENTS.match(head).end() :]  # type: ignore[union-attr]  # it matches nothing too
    if not rest or _TEXT_START.match(rest):
        return Look.TEXT
    return Look.OTHER


def _is_element(text: str, content: bytes) -> bool:
    """Whether a text begins with an element of XML, and not with an IRI such as <one> or <urn:x>."""
    found = _ELEMENT.match(text)
    if found is None:
        return False
    plain_tag = found[1] is not None and found[2].strip() in (">", "/>")
    return not plain_tag or f"</{found[1]}".encode() in content or text.strip() == found[0]


def declared_format(media_type: str, address: str) -> ox.RdfFormat | None:
    """What a document is said to be: by its media type, or else by the end of its address; None where neither says."""
    try:
        found = by_media_type(media_type, Kind.GRAPH).engine
        return found if isinstance(found, ox.RdfFormat) else None
    except UnknownFormatError:
        suffix = PurePosixPath(urlsplit(address).path if "://" in address else address).suffix.lower()
        return {**EXTENSIONS, ".json": JSON, ".n3": ox.RdfFormat.TURTLE}.get(suffix)


def formats_of(content: bytes, media_type: str, address: str) -> tuple[ox.RdfFormat, ...]:
    """The formats that UTF-8 may be in, the likeliest first.

    Raises:
        UnknownFormatError: it is no RDF.
    """
    look, declared, place = look_of(content), declared_format(media_type, address), Place(file=address)
    said = f" (said to be {media_type})" if media_type else ""
    if look is Look.EMPTY:
        raise UnknownFormatError("it is empty.", place=place, advice=ADVICE)
    if look in (Look.HTML, Look.OTHER):
        if look is Look.OTHER and declared is not None:
            return (declared,)
        what = "it is an HTML page" if look is Look.HTML else "it is in no format of RDF"
        raise UnknownFormatError(f"{what}{said}.", place=place, advice=ADVICE)
    if look is Look.XML:
        if _RDF_NAMESPACE.encode() not in content:
            raise UnknownFormatError(f"it is XML{said}, but not RDF/XML.", place=place, advice=ADVICE)
        return (XML,)
    if look is Look.JSON:
        if not re.search(rb'"@(context|id|type|graph|value)"', content):
            raise UnknownFormatError(f"it is JSON{said}, but not JSON-LD.", place=place, advice=ADVICE)
        return (JSON,)
    head = content[: 64 * HEAD].decode("utf-8", "replace")
    likely = [declared] if declared in TEXTS else []
    likely += [ox.RdfFormat.N_QUADS] if _QUAD.search(head) else []
    likely += [ox.RdfFormat.TRIG] if _GRAPH.search(head) else []
    return tuple(dict.fromkeys([*likely, ox.RdfFormat.TURTLE]))
