"""Our example queries: queries/*.ttl flows in, a list of examples and the route that serves them flow out."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, jsonify

from graph.check.examples import read_example
from graph.errors import InputError
from graph.project import Project

blueprint = Blueprint("examples", __name__)
AUDIENCES = ("data scientist", "data steward", "curator")
log = logging.getLogger("pmkg")


@dataclass(frozen=True)
class Example:
    """One question as the page shows it; `name` is its file's and its IRI's last part."""

    name: str
    iri: str
    form: str
    query: str
    comment: str
    keywords: tuple[str, ...]
    path: Path

    @property
    def audience(self) -> str:
        """Whom it is for: the first keyword that names people."""
        return next((word for word in AUDIENCES if word in self.keywords), "everybody")


def examples() -> tuple[Example, ...]:
    """All examples, in the order of their files; read again when a file has changed."""
    return _read(tuple((path, path.stat().st_mtime_ns) for path in Project().queries))


def example(iri: str) -> Example | None:
    """The example with that IRI."""
    return next((item for item in examples() if item.iri == iri), None)


@blueprint.get("/examples.json")
def listing() -> Response:
    """Everything that the page's picker needs, in one answer."""
    return jsonify([{**asdict(item), "path": item.path.name, "audience": item.audience} for item in examples()])


@lru_cache(maxsize=1)
def _read(files: tuple[tuple[Path, int], ...]) -> tuple[Example, ...]:
    """Read the files; one that is broken is left out, since `pmkg check` says what is wrong with it."""
    found = []
    for path, _ in files:
        try:
            item = read_example(path)
        except InputError as error:
            log.warning("an example is left out: %s", error)
            continue
        comment = " ".join(item.comment.split())
        text = item.text.strip() + "\n"
        found.append(Example(path.stem, item.iri, item.form, text, comment, item.keywords, path))
    return tuple(found)
