"""What each role may do, as one table: a role and a graph or an action flow in, yes or no flows out.

| role | writes | and may |
| --- | --- | --- |
| reader | nothing | ask; see and cancel queries of their own |
| harvester | `…/catalogue/<slug>` and what is below it | |
| curator | every graph but the machine's and the admin's | |
| admin | every graph | see and cancel all queries, roll back, read the audit log and the metrics, manage tokens |

A graph's name is compared as RDF compares IRIs, character by character, so no two spellings are one graph. But whoever
follows a link resolves `..`, decodes `%2F` and folds the host's case, and would take one graph for another. So in our
namespace only plainly spelt names may be written, and what is another spelling of a name in it is not
somebody else's graph. The admin alone may write those, to be able to remove one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote

from graph.names import (
    BASE,
    CATALOGUE,
    INFERRED_GRAPH,
    LINKS_GRAPH,
    ONTOLOGY_GRAPH,
    PROVENANCE_GRAPH,
    SOURCES_GRAPH,
    UNNAMED_GRAPH,
)

MACHINE_GRAPHS = frozenset({INFERRED_GRAPH, PROVENANCE_GRAPH})
# Of the graphs under …/graph/, those that people work on. A name that is added there later is the machine's or the
# admin's until it is listed here.
CURATED_GRAPHS = frozenset({ONTOLOGY_GRAPH, SOURCES_GRAPH, LINKS_GRAPH, UNNAMED_GRAPH})


class Role(Enum):
    """What a principal is, each with all rights of those above it."""

    READER = "reader"
    HARVESTER = "harvester"
    CURATOR = "curator"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """Its place among the roles, from 0."""
        return list(Role).index(self)


class Action(Enum):
    """What a role may do besides reading, in the words that follow "may not"."""

    WRITE = "write"
    SEE_ALL_QUERIES = "see the queries of others"
    CANCEL_ANY_QUERY = "cancel the queries of others"
    ROLL_BACK = "roll back to another generation"
    READ_AUDIT = "read the audit log"
    SEE_METRICS = "see the metrics"
    MANAGE_TOKENS = "manage the tokens of others"


@dataclass(frozen=True)
class Principal:
    """Who asks: the name that the audit log shows, the role, and the ID of the token, if any."""

    name: str
    role: Role
    token: str = ""

    @property
    def is_anyone(self) -> bool:
        """Whether nothing said who asks."""
        return self == ANYONE


ANYONE = Principal("anyone", Role.READER)


def may_write(role: Role, graph: str | None) -> bool:
    """Whether a role may add to or remove from a graph: its IRI, or None for the plain default graph.

    >>> may_write(Role.HARVESTER, "https://w3id.org/pmkg/catalogue/sciensano")
    True
    >>> may_write(Role.HARVESTER, "https://w3id.org/pmkg/catalogue/../graph/ontology")
    False
    """
    return _TABLE[role].writes(graph)


def may(role: Role, action: Action) -> bool:
    """Whether a role may do something, whatever it is done to."""
    return action in _TABLE[role].actions


def lowest(action: Action) -> Role:
    """The role with the fewest rights that may do something."""
    return next(role for role in Role if may(role, action))


def graphs_in_words(role: Role) -> str:
    """Which graphs a role may write, for people."""
    return _TABLE[role].words


@dataclass(frozen=True)
class _Rights:
    writes: Callable[[str | None], bool]
    words: str
    actions: frozenset[Action]


def _nothing(graph: str | None) -> bool:
    return False


def _catalogue(graph: str | None) -> bool:
    return graph is not None and graph.startswith(CATALOGUE) and is_plain(graph)


def _curated(graph: str | None) -> bool:
    if graph is None or graph in CURATED_GRAPHS:
        return True
    if graph in MACHINE_GRAPHS or graph.startswith(BASE + "graph/"):
        return False
    return is_plain(graph) if graph.startswith(BASE) else _is_elsewhere(graph)


def _everything(graph: str | None) -> bool:
    return True


_TABLE = {
    Role.READER: _Rights(_nothing, "no graph", frozenset()),
    Role.HARVESTER: _Rights(_catalogue, f"graphs under {CATALOGUE}", frozenset({Action.WRITE})),
    Role.CURATOR: _Rights(
        _curated,
        f"every graph but those under {BASE}graph/ that are the machine's or the admin's",
        frozenset({Action.WRITE}),
    ),
    Role.ADMIN: _Rights(_everything, "every graph", frozenset(Action)),
}

MOST_DECODINGS = 5
_SEGMENT = r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*"  # of a path, so that none is . or .., empty, or percent-encoded
_PLAIN = re.compile(rf"{re.escape(BASE)}{_SEGMENT}(?:/{_SEGMENT})*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.")
_HOST = re.compile(r"[a-z]+:/*(?:[^/]*@)?([^/:?#]*)(?::[0-9]*)?")
_OUR_HOST, _OUR_PATH = BASE.removeprefix("https://").rstrip("/").split("/", 1)


def is_plain(graph: str) -> bool:
    """Whether it is a name in our namespace that has no other spelling."""
    return _PLAIN.fullmatch(graph) is not None


def _is_elsewhere(graph: str) -> bool:
    """Whether it is an absolute IRI that nobody who resolves or reads it could take for one of ours."""
    if not _SCHEME.match(graph):
        return False
    text = graph
    for _ in range(MOST_DECODINGS):  # %252e is decoded twice by some
        text = unquote(text)
    if unquote(text) != text:
        return False  # nobody writes so, and to decode it to its end takes time by the square of its length
    text = unicodedata.normalize("NFKC", text).casefold().replace("\\", "/")
    found = _HOST.match(text)
    if found is None or found[1].rstrip(".") != _OUR_HOST:
        return True
    path = re.sub(r"/(\./|/)*", "/", text[found.end() :])
    return ".." not in path and not re.match(rf"/{_OUR_PATH}(?:[/?#]|$)", path)
