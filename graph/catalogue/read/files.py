"""Read catalogues from disk: a file or a folder flows in; a page for each document, and problems, flow out."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from graph.catalogue.read.document import MEBIBYTE, read_leniently
from graph.catalogue.read.model import Page, Reading, Seen
from graph.catalogue.read.parse import base_of
from graph.catalogue.read.sniff import HEAD, Look, look_of, utf8_of
from graph.errors import InputError, Place
from graph.rdf.reading import FORMATS
from graph.settings import Settings

DOCUMENTS = frozenset({*FORMATS, ".json", ".n3"})
OTHERS = frozenset((
    ".md", ".txt", ".rst", ".csv", ".tsv", ".xlsx", ".xls", ".ods", ".pdf", ".doc", ".docx", ".html", ".htm", ".css",
    ".js", ".py", ".sh", ".yml", ".yaml", ".toml", ".ini", ".cfg", ".log", ".lock", ".png", ".jpg", ".jpeg", ".svg",
    ".gif", ".ico", ".zip", ".tar", ".bz2", ".xz", ".7z", ".parquet", ".sql", ".rq", ".sparql", ".xsd", ".xsl",
    ".xslt", ".bak", ".tmp", ".split",
))  # fmt: skip


def read_files(
    source: str, settings: Settings, before: Mapping[str, Seen], progress: Callable[[str], None], base: str = ""
) -> Reading:
    """Everything in a file, or in a folder and those below it, in the order of their names.

    Raises:
        InputError: there is no such file or folder.
    """
    root = Path(source)
    if not root.exists():
        message = "there is no such file or folder."
        raise InputError(message, place=Place(file=source), advice="Name a file, a folder or an http(s) address.")
    pages, problems = list[Page](), list[InputError]()
    uncertain, are_all_tried = set[str](), True
    left = settings.harvest_megabytes * MEBIBYTE
    paths = list(_documents(root)) if root.is_dir() else [root]
    for n, path in enumerate(paths):
        address = str(path)
        if n >= settings.harvest_pages or left <= 0:
            problems.append(_over(address, settings))
            are_all_tried = False
            break
        progress(address)
        name = str(path.relative_to(root)) if path != root else path.name
        try:
            content = _content(path, settings)
        except InputError as error:
            problems.append(error)
            uncertain.add(address)
            continue
        left -= len(content)
        page, found = read_leniently(
            content, "", address, settings, base=base_of(name, base) if base else base_of(name)
        )
        pages.append(page)
        problems += found.problems
        if not found.is_whole:
            uncertain.add(address)
    if not paths:
        advice = f"Documents end in one of {', '.join(sorted(DOCUMENTS))}."
        problems.append(InputError("no file in it is an RDF document.", place=Place(file=source), advice=advice))
        are_all_tried = False
    is_unchanged = bool(pages) and len(before) == len(pages) and all(_is_same(page, before) for page in pages)
    is_complete = are_all_tried and not uncertain
    where = frozenset(uncertain) if are_all_tried else None
    return Reading(source, tuple(pages), tuple(problems), is_complete, is_unchanged, where)


def _documents(folder: Path) -> Iterator[Path]:
    """The files of a folder that may be RDF: by their names, and others by what they begin with."""
    for above, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(above, name)
            suffix = Path(path.stem if path.suffix.lower() == ".gz" else name).suffix.lower()
            if name.startswith(".") or not path.is_file() or suffix in OTHERS:
                continue
            if suffix in DOCUMENTS or _looks_right(path):
                yield path


def _looks_right(path: Path) -> bool:
    """Whether a file whose name does not say it may be RDF."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
        return look_of(utf8_of(head, str(path))) in (Look.XML, Look.JSON, Look.TEXT)
    except (OSError, InputError):
        return False


def _content(path: Path, settings: Settings) -> bytes:
    place = Place(file=str(path))
    try:
        size = path.stat().st_size
        if size > settings.harvest_document_megabytes * MEBIBYTE:
            message = f"it is larger than {settings.harvest_document_megabytes:g} MB."
            raise InputError(message, place=place, advice="Take it in parts, or raise harvest_document_megabytes.")
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"it cannot be read: {error.strerror or error}.", place=place) from error


def _over(address: str, settings: Settings) -> InputError:
    message = (
        f"it was not read: a harvest takes {settings.harvest_pages} documents and {settings.harvest_megabytes:g} MB."
    )
    return InputError(message, place=Place(file=address), advice="Raise harvest_pages or harvest_megabytes.")


def _is_same(page: Page, before: Mapping[str, Seen]) -> bool:
    seen = before.get(page.address)
    return seen is not None and seen.sha256 == hashlib.sha256(page.content).hexdigest()
