"""What LOAD reads: a document's IRI flows in, its statements flow out, where the settings list its address."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from graph.settings import Settings
from graph.write.apply import Loader


def loader(settings: Settings) -> Loader:
    """A function that fetches and reads a document; see `graph.store.load`."""

    def load(source: str) -> Iterable[ox.Quad]:
        from graph.store.load import load_document

        return load_document(source, settings)

    return load
