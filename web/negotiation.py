"""Content negotiation: the request's Accept header and `format` parameter flow in, one format of a kind flows out.

werkzeug parses the header and orders it by precedence; the formats are those of `graph.store.formats`.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from flask import request
from werkzeug.datastructures import MIMEAccept

from graph.errors import QueryError, UnknownFormatError
from graph.store.formats import Format, Kind, by_media_type, by_name, formats

_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
HTML = ("text/html", "application/xhtml+xml")


def chosen(kind: Kind, among: Collection[str] | None = None) -> Format | None:
    """The format of that kind, or of those `among` them, that the client likes best; None where it accepts none.

    Raises:
        UnknownFormatError: `format` is neither a name nor a media type that we know.
        QueryError: there are several `format` parameters.
    """
    names = request.values.getlist("format")
    if len(names) > 1:
        raise QueryError("There are several 'format' parameters.", advice="Send one, or an Accept header.")
    if names:
        found = _named(names[0], kind)
        return found if found is None or among is None or found.name in among else None
    accept = _accept()
    offered = [item for item in formats(kind) if among is None or item.name in among]
    best = max(offered, key=lambda item: _quality(accept, item))  # the first of equals: they stand best first
    return best if _quality(accept, best) > 0 else None


def content_type(item: Format) -> str:
    """The type that an answer is sent as: text always with its charset, which clients guess wrongly otherwise."""
    sent = item.content_type
    return f"{sent}; charset=utf-8" if sent.startswith("text/") and "charset" not in sent else sent


def generation() -> int | None:
    """The number of the generation that the request asks, None for the current one.

    Raises:
        QueryError: it is not a number, or there are several.
    """
    numbers = request.values.getlist("generation")
    if not numbers:
        return None
    if len(numbers) > 1 or not _NUMBER.fullmatch(numbers[0]):
        raise QueryError("'generation' is not one number.", advice="Send one as the PMKG-Generation header gives it.")
    return int(numbers[0])


def wants_html(kind: Kind = Kind.GRAPH) -> bool:
    """Whether the client asks for a page by name, and likes no format of that kind better."""
    accept = _accept()
    if "format" in request.values or not any(media_type in HTML for media_type in accept.values()):
        return False
    page = max(accept.quality(media_type) for media_type in HTML)
    return page > 0 and page >= max(_quality(accept, item) for item in formats(kind))


def _accept() -> MIMEAccept:
    """The Accept header without media type parameters (a charset, a profile): our formats have none to choose by."""
    header = request.accept_mimetypes
    if not header:
        return MIMEAccept([("*/*", 1)])
    return MIMEAccept([(media_type.partition(";")[0].strip().lower(), quality) for media_type, quality in header])


def _quality(accept: MIMEAccept, item: Format) -> float:
    """How much the client likes a format; its other names count where the client says them, not under a wildcard."""
    said = set(accept.values())
    return max(accept.quality(name) for name in item.media_types if name == item.media_type or name in said)


def _named(name: str, kind: Kind) -> Format | None:
    """The format of that kind that `format=` names; None where only the other kind has one of that name."""
    look_up = by_media_type if "/" in name else by_name
    look_up(name)  # raises where neither kind has it
    try:
        return look_up(name, kind)
    except UnknownFormatError:
        return None
