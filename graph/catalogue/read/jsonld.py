"""Read JSON-LD: its bytes flow in; triples flow out, with the contexts that it names put in from those we ship.

The engine follows the standard, by which what holds an IRI that is none is dropped without a word: here that is found.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pyoxigraph as ox

from graph.catalogue.read.contexts import known_context, names_of
from graph.catalogue.read.json_pieces import head_of, members_of, no_number
from graph.catalogue.read.model import Recovered
from graph.catalogue.read.parse import parsed, plain
from graph.catalogue.read.repair import Trials, failing, place_of, repaired
from graph.errors import InputError, Place, RdfSyntaxError
from graph.rdf.index import str_of
from graph.rdf.terms import is_iri

JSON = ox.RdfFormat.JSON_LD
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.")


def read_strictly(content: bytes, address: str, base: str) -> tuple[ox.Triple, ...]:
    """The triples of a document that is right.

    Raises:
        RdfSyntaxError: it is no JSON-LD, or an IRI in it is none.
        InputError: it names a context that we do not have.
    """
    document = inlined(decoded(content, address), content, address)
    try:
        triples = _read(document, address, base, lenient=False)
    except RdfSyntaxError as error:  # it seldom says where
        _, wrong = _pruned(document, address, base, _text(content))
        place = wrong[0].place if wrong else Place(file=address, line=1, column=1)
        raise RdfSyntaxError(error.message, place=place, advice=error.advice) from error
    found = repaired(_lenient(document, address, base), _text(content), address)
    if found.problems:
        raise found.problems[0]
    return triples


def recover(content: bytes, address: str, base: str) -> Recovered:
    """What stands of a document, and what is wrong with the rest."""
    problems = list[InputError]()
    try:
        document = decoded(content, address)
    except RdfSyntaxError as error:
        problems.append(error)
        document = head_of(_text(content))
    try:
        document = inlined(document, content, address)
    except InputError as error:
        return Recovered((), (*problems, error), False)
    document, dropped = _pruned(document, address, base, _text(content))
    problems += dropped
    found = repaired(_lenient(document, address, base), _text(content), address)
    return Recovered(found.triples, (*problems, *found.problems), found.is_whole and not problems)


def decoded(content: bytes, address: str) -> Any:
    """A JSON text as Python values.

    Raises:
        RdfSyntaxError: it is no JSON.
    """
    try:
        return json.loads(content, parse_constant=no_number, object_pairs_hook=members_of)
    except json.JSONDecodeError as error:
        place = Place(file=address, line=error.lineno, column=error.colno)
        raise RdfSyntaxError(f"not valid JSON: {error.msg}.", place=place, advice="Mend it there.") from error
    except UnicodeDecodeError as error:
        place = Place(file=address, line=content.count(b"\n", 0, error.start) + 1)
        raise RdfSyntaxError("not valid JSON: it is not UTF-8.", place=place, advice="Write it in UTF-8.") from error
    except (ValueError, RecursionError) as error:
        message = f"not valid JSON: {error if isinstance(error, ValueError) else 'it is nested too deep'}."
        raise RdfSyntaxError(message, place=Place(file=address), advice="Mend it there.") from error


def inlined(document: Any, content: bytes, address: str) -> Any:
    """A document with each remote context replaced by ours.

    Raises:
        InputError: there is none of ours for it.
    """

    def context(value: Any) -> Any:
        if isinstance(value, str):
            found = known_context(value)
            if found is None:
                raise InputError(
                    f"it needs the JSON-LD context {plain(value)}, which is not one of those known here.",
                    place=place_of(address, _text(content), json.dumps(value), value),
                    advice=f"Write the context into the document. Known are {', '.join(names_of())}.",
                )
            return found
        if isinstance(value, list):
            return [context(item) for item in value]
        if isinstance(value, dict):
            if "@import" in value:
                value = {**context(value["@import"]), **{key: item for key, item in value.items() if key != "@import"}}
            return {
                key: {**item, "@context": context(item["@context"])}
                if isinstance(item, dict) and "@context" in item
                else item
                for key, item in value.items()
            }
        return value

    def node(value: Any) -> Any:
        if isinstance(value, list):
            return [node(item) for item in value]
        if isinstance(value, dict):
            return {key: context(item) if key == "@context" else node(item) for key, item in value.items()}
        return value

    if isinstance(document, dict) and "@context" not in document:
        said = document.get("conformsTo")  # Project Open Data makes its context optional
        if isinstance(said, str) and "dataset" in document and (found := known_context(said)) is not None:
            document = {"@context": found, **document}
    return node(document)


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _read(document: Any, address: str, base: str, *, lenient: bool) -> tuple[ox.Triple, ...]:
    return parsed(json.dumps(document).encode(), JSON, address, base, lenient=lenient)


def _lenient(document: Any, address: str, base: str) -> tuple[ox.Triple, ...]:
    """The triples with IRIs as they stand, without those of names that no context explains.

    Read leniently, the engine takes such a name for a property; the standard says that it means nothing, nor does what
    only it leads to.
    """
    kept, dropped, leads = list[ox.Triple](), set[str](), defaultdict[str, int](int)
    for triple in _read(document, address, base, lenient=True):
        if _SCHEME.match(triple.predicate.value) and _is_meant(triple):
            kept.append(triple)
            leads[str_of(triple.object)] += isinstance(triple.object, ox.BlankNode)
        elif isinstance(triple.object, ox.BlankNode):
            dropped.add(str_of(triple.object))
    while dropped:
        orphans = {node for node in dropped if not leads[node]}
        dropped = set()
        for triple in kept:
            if str_of(triple.subject) in orphans and isinstance(triple.object, ox.BlankNode):
                leads[str_of(triple.object)] -= 1
                dropped.add(str_of(triple.object))
        kept = [triple for triple in kept if str_of(triple.subject) not in orphans]
    return tuple(kept)


def _is_meant(triple: ox.Triple) -> bool:
    ends = (term.value for term in (triple.subject, triple.object) if isinstance(term, ox.NamedNode))
    return all(is_iri(value) or _SCHEME.match(value) for value in ends)


def _pruned(document: Any, address: str, base: str, text: str) -> tuple[Any, list[InputError]]:
    """A document without what the engine refuses, and what that was."""
    if isinstance(document, list):
        roots, context = document, None
    elif isinstance(document, dict) and isinstance(document.get("@graph"), list) and "@id" not in document:
        roots, context = document["@graph"], document.get("@context")
    else:
        roots, context = [document], None
    problems = list[InputError]()

    def whole(nodes: Sequence[Any]) -> Any:
        return {"@context": context, "@graph": list(nodes)} if context is not None else list(nodes)

    trials = Trials[Any](lambda nodes: _read(whole(nodes), address, base, lenient=True))
    bad = failing(roots, trials.works)
    kept = [root for n, root in enumerate(roots) if n not in bad]
    for n in sorted(bad):
        found = _without_wrong(roots[n], trials, lambda node: node, address, text, problems)
        if found is not None:
            kept.append(found)
    return (whole(kept) if trials.works(kept) else []), problems


def _without_wrong(
    node: Any, trials: Trials[Any], holder: Any, address: str, text: str, problems: list[InputError]
) -> Any | None:
    """A node without the properties that are wrong; `holder` puts a node where it stood, to be tried there."""
    keywords = {key: value for key, value in node.items() if key.startswith("@")} if isinstance(node, dict) else None
    error = trials.error([holder(node)]) if keywords is None else trials.error([holder(keywords)])
    if keywords is None or error is not None:
        problems.append(_wrong(node, "a node", error, address, text))
        return None
    kept = dict(keywords)
    for key, value in node.items():
        if key in keywords:
            continue
        if trials.works([holder({**keywords, key: value})]):
            kept[key] = value
            continue
        good = []
        for item in value if isinstance(value, list) else [value]:

            def held(inner: Any, key: str = key) -> Any:
                return holder({**keywords, key: inner})

            if trials.works([held(item)]):
                good.append(item)
            elif isinstance(item, dict) and "@value" not in item and "@list" not in item:
                found = _without_wrong(item, trials, held, address, text, problems)
                good += [] if found is None else [found]
            else:
                problems.append(
                    _wrong(node, f"what is said with '{plain(key)}'", trials.error([held(item)]), address, text)
                )
        if good:
            kept[key] = good
    return kept


def _wrong(node: Any, what: str, error: RdfSyntaxError | None, address: str, text: str) -> InputError:
    name = node.get("@id") if isinstance(node, dict) else None
    place = place_of(address, text, json.dumps(name, ensure_ascii=False) if isinstance(name, str) else "")
    reason = re.sub(r"^not valid \w+: ", "", error.message) if error else "it cannot be read."
    of = f" of {plain(name)}" if isinstance(name, str) else ""
    return RdfSyntaxError(f"{what}{of} is not valid: {reason}", place=place, advice="Mend it there.")
