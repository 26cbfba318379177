"""Read a source: a file, a folder, an address or a SPARQL endpoint flows in; what it states flows out, page by page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from graph.catalogue.read.document import read_document, read_leniently
from graph.catalogue.read.files import read_files
from graph.catalogue.read.model import Page, Reading, Recovered, Seen
from graph.settings import Settings

__all__ = ["Page", "Reading", "Recovered", "Seen", "is_address", "read_document", "read_leniently", "read_source"]


def is_address(source: str) -> bool:
    """Whether a source is on the web, and no file or folder.

    >>> is_address("sparql+https://example.org/sparql"), is_address("examples/a.ttl")
    (True, False)
    """
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", source) is not None


def read_source(
    source: str,
    settings: Settings,
    *,
    before: Mapping[str, Seen] | None = None,
    progress: Callable[[str], None] = lambda address: None,
    base: str = "",
) -> Reading:
    """Everything that a source states.

    `before` is what was seen of its pages the last time, by address. Relative IRIs of files start below `base`, where
    one is given. `progress` is told of each address that is read.

    Raises:
        InputError: there is no such source.
        FetchError: nothing of it can be reached.
    """
    if is_address(source):
        from graph.catalogue.read.web import read_web

        return read_web(source, settings, before or {}, progress)
    return read_files(source, settings, before or {}, progress, base)
