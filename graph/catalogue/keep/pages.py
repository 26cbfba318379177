"""What the provenance graph says of a harvest: pages and numbers flow in, statements flow out, and back the next time.

A harvest is an activity that used pages, each with its address, size, checksum, ETag and Last-Modified, so that the
next one can ask whether they have changed, and the bytes can be had. Only nodes below the activity are made, since
these are what a build keeps.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pyoxigraph as ox

from graph.build.publish import version
from graph.catalogue.keep.changes import Changes
from graph.catalogue.keep.places import Places, reference, short_hash
from graph.catalogue.read.harvest import is_address
from graph.catalogue.read.model import Page, Seen
from graph.names import DCTERMS, DEF, PREFIXES, PROVENANCE_GRAPH, SCHEMA, XSD
from graph.rdf.index import TYPE

_GRAPH = ox.NamedNode(PROVENANCE_GRAPH)
_PROV = PREFIXES["prov"]
_USED, _STARTED, _SOURCE = _PROV + "used", _PROV + "startedAtTime", DCTERMS + "source"
_SIZE, _CHECKSUM = PREFIXES["dcat"] + "byteSize", PREFIXES["spdx"] + "checksumValue"
_TAG, _MODIFIED = DEF + "entityTag", DEF + "lastModified"
_VERSION = SCHEMA + "softwareVersion"


@dataclass(frozen=True)
class Kept:
    """A page without its content."""

    name: str  # its address, or for a file its place in what was harvested
    digest: str
    size: int
    media_type: str
    etag: str
    last_modified: str

    @classmethod
    def of(cls, page: Page, source: str) -> Kept:
        digest = sha256(page.content).hexdigest()
        name = name_of(page.address, source)
        return cls(name, digest, len(page.content), page.media_type, page.etag, page.last_modified)


def name_of(address: str, source: str) -> str:
    """What a page is called where everybody reads it: no file's place on this machine.

    >>> name_of("/home/me/a/b.ttl", "/home/me/a"), name_of("https://example.org/a", "https://example.org/")
    ('a/b.ttl', 'https://example.org/a')
    """
    if is_address(address):
        return address
    root = Path(source).resolve()
    inside = os.path.relpath(Path(address).resolve(), root)
    return root.name if inside == "." else f"{root.name}/{inside}"


def seen_pages(store: ox.Store, places: Places, source: str) -> dict[str, Seen]:
    """What is known of the pages of a source from its last harvest, by address; nothing where that was another's.

    Nothing either where another version of this software harvested it, which may have read it otherwise.
    """
    activity = _last_harvest(store, places)
    if activity is None or _one(store, activity, _VERSION) != version():
        return {}
    if _one(store, activity, _SOURCE) != name_of(source, source):
        return {}
    root = Path(source)
    found: dict[str, Seen] = {}
    for quad in store.quads_for_pattern(activity, ox.NamedNode(_USED), None, _GRAPH):
        node = quad.object
        if isinstance(node, ox.NamedNode):
            name = _one(store, node, _SOURCE)
            if not is_address(name):
                inside = name.partition("/")[2]
                name = str(root / inside) if inside else str(root)
            found[name] = Seen(*(_one(store, node, item) for item in (_TAG, _MODIFIED, _CHECKSUM)))
    return found


def details(
    activity: ox.NamedNode,
    source: str,
    pages: Iterable[Kept],
    changes: Changes,
    started: datetime,
    *,
    is_first: bool,
) -> Iterator[ox.Quad]:
    """What a harvest was: when it began, from where, what it read and what had changed since the last one."""
    yield _says(activity, _STARTED, _moment(started))
    yield _says(activity, _SOURCE, reference(name_of(source, source)))
    yield _says(activity, _VERSION, ox.Literal(version()))
    size = 0
    for number, page in enumerate(pages, 1):
        size += page.size
        node = ox.NamedNode(f"{activity.value}/page-{number}")
        yield _says(activity, _USED, node)
        yield from _page(node, page)
    yield _says(activity, _SIZE, ox.Literal(size))
    groups: Mapping[str, Iterable[str]] = {
        "added": changes.added,
        "changed": changes.changed,
        "gone": changes.gone,
        "back": changes.back,
    }
    for kind, datasets in groups.items():
        found = list(datasets)
        if kind != "back":
            yield _says(activity, f"{DEF}datasets{kind.capitalize()}", ox.Literal(len(found)))
        for dataset in () if is_first else found:
            yield from _revision(activity, dataset, kind, changes)


def _page(node: ox.NamedNode, page: Kept) -> Iterator[ox.Quad]:
    yield _says(node, TYPE, ox.NamedNode(_PROV + "Entity"))
    yield _says(node, _SOURCE, reference(page.name))
    yield _says(node, _SIZE, ox.Literal(page.size))
    yield _says(node, _CHECKSUM, ox.Literal(page.digest))
    for name, value in ((DCTERMS + "format", page.media_type), (_TAG, page.etag), (_MODIFIED, page.last_modified)):
        if value:
            yield _says(node, name, ox.Literal(value))


def _revision(activity: ox.NamedNode, dataset: str, kind: str, changes: Changes) -> Iterator[ox.Quad]:
    """What happened to one dataset, for its history."""
    node = ox.NamedNode(f"{activity.value}/{short_hash(dataset)}")
    yield _says(node, TYPE, ox.NamedNode(_PROV + "Entity"))
    yield _says(node, _PROV + "specializationOf", ox.NamedNode(dataset))
    yield _says(node, _PROV + "wasGeneratedBy", activity)
    yield _says(node, DEF + "changeKind", ox.Literal(kind))
    for path in changes.changed.get(dataset, ()):
        yield _says(node, DEF + "changedProperty", ox.Literal(path))


def _last_harvest(store: ox.Store, places: Places) -> ox.NamedNode | None:
    influenced = ox.NamedNode(_PROV + "wasInfluencedBy")
    found = [
        (started, quad.object.value)
        for quad in store.quads_for_pattern(places.statements, influenced, None, _GRAPH)
        if isinstance(quad.object, ox.NamedNode) and (started := _one(store, quad.object, _STARTED))
    ]
    return ox.NamedNode(max(found)[1]) if found else None


def _one(store: ox.Store, subject: ox.NamedNode, predicate: str) -> str:
    quads = store.quads_for_pattern(subject, ox.NamedNode(predicate), None, _GRAPH)
    return next((q.object.value for q in quads if isinstance(q.object, ox.NamedNode | ox.Literal)), "")


def _moment(moment: datetime) -> ox.Literal:
    """A moment to the microsecond, since two harvests may begin in one second."""
    text = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".")
    return ox.Literal(f"{text}Z", datatype=ox.NamedNode(XSD + "dateTime"))


def _says(subject: ox.NamedNode, predicate: str, value: ox.NamedNode | ox.Literal) -> ox.Quad:
    return ox.Quad(subject, ox.NamedNode(predicate), value, _GRAPH)
