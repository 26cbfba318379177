"""One problem in words: the results about one property of one node flow in, message, advice and example flow out."""

from __future__ import annotations

import re

import pyoxigraph as ox

from graph.catalogue.records import DATASET
from graph.catalogue.report import values
from graph.catalogue.report.codes import Code, size_of, suggestions, title_of
from graph.catalogue.report.item import Suggestion
from graph.catalogue.report.problem import MOST, Problem, Words
from graph.catalogue.report.properties import Property
from graph.catalogue.report.turtle import filled, statement, typed, with_prefixes
from graph.catalogue.validate import lists
from graph.names import PREFIXES, SH, shorten
from graph.rdf.index import Index, Term

_ARTICLES = frozenset({"A", "An", "Its", "The", "Their"})
KINDS_OF_NODE = {
    SH + "IRI": "a link (IRI)",
    SH + "Literal": "text",
    SH + "BlankNodeOrIRI": "a link or a description of its own, and no text",
}


def words_of(problem: Problem) -> Words:
    """What is said of a problem: of several results, of the one that matters most."""
    if not _has_dataset(problem.data) and next(problem.data.predicates(problem.focus), None) is None:
        return Words("There is no dataset in it.", problem.results[0].message)
    if not problem.path:
        return Words(f"The {problem.kind} is not as it should be.", problem.results[0].message)
    if not problem.present:
        return _missing(problem)
    for component, say in _SAY.items():
        if component in problem.components and (said := say(problem)) is not None:
            return said
    return _other(problem)


def _has_dataset(data: Index) -> bool:
    return bool(data.subjects(PREFIXES["rdf"] + "type", DATASET))


def _missing(problem: Problem) -> Words:
    known = problem.property
    advice = _sentences(known.ask, _value(known), _list_hint(problem))
    if not known.example:  # a property that the table does not have: the shape's own words
        advice = next((result.message for result in problem.results if result.message), known.ask)
    return Words(f"{problem.name()} {problem.verb} missing.", advice, _example(problem))


def _too_many(problem: Problem) -> Words:
    found = problem.with_component("MaxCount")
    most = problem.shape_of(found[0]).count("maxCount") or 0
    if not most:
        return _replaced(problem, found[0].message)
    flagged = {str(term) for term in problem.wrong}
    kept = [term for term in problem.present if str(term) not in flagged] or problem.present
    label = problem.property.label
    number = f"{len(problem.present)}" if problem.count == 1 else "more than one"
    message = f"{problem.name()} {problem.verb} there {number} times, where at most {most} may be."
    if number == "more than one":
        message = f"{problem.name()} {problem.verb} there more often than {most} time{'s' if most > 1 else ''}."
    example = statement(problem.focus, problem.path, kept[:most])
    return Words(
        message,
        f"Keep the {label} that holds, and take the others away.",
        with_prefixes(example),
        replaces=True,
        values=_shown(problem.present),
    )


def _replaced(problem: Problem, message: str) -> Words:
    """A property that is not used any more; the shape's message says which one is."""
    newer = re.search(r"Say (\w+):(\w+) in place", message)
    example = ""
    if newer and newer[1] in PREFIXES:
        example = with_prefixes(statement(problem.focus, PREFIXES[newer[1]] + newer[2], problem.present))
    said = f"{problem.name()} {problem.verb} said by {shorten(problem.path)}, which is not used any more."
    return Words(said, message, example, replaces=True, values=_shown(problem.present))


def _unlisted(problem: Problem) -> Words | None:
    """A value that is in no list, or not in the one that is asked for."""
    asked = [result for result in problem.results if result.component.startswith(("Node", "Pattern", "In"))]
    scheme = problem.scheme
    wrong = [term for term in problem.wrong if not _is_in(term, scheme)]
    if not scheme or not asked or not wrong:
        return None
    found = [(term, _codes(term, scheme)) for term in dict.fromkeys([*wrong, *problem.others])]
    proposed = next((codes[0] for _, codes in found if codes), None)
    example = _example(problem)
    if found[0][1]:
        node = ox.NamedNode(found[0][1][0].iri)
        example = with_prefixes("\n".join([statement(problem.focus, problem.path, [node]), *_classes(problem, node)]))
    message = f"{problem.name()} {problem.verb} {_named(wrong[0])}, which is not in the list “{title_of(scheme)}”."
    hint = f"Take {_code(proposed)}, if that is what is meant." if proposed else _value(problem.property)
    return Words(
        message,
        _sentences(hint, _list_hint(problem)),
        example,
        replaces=True,
        values=_shown([term for term, _ in found]),
        suggestions=tuple(Suggestion(_plain_text(term), codes) for term, codes in found[:MOST] if codes),
    )


def _wrong_datatype(problem: Problem) -> Words:
    result = problem.with_component("Datatype")[0]
    wanted = problem.shape_of(result).iri("datatype")
    wrong = problem.wrong[0]
    better = values.retyped(wrong, wanted)
    example = with_prefixes(statement(problem.focus, problem.path, [better])) if better else _example(problem)
    message = f"{problem.name()} {problem.verb} {_named(wrong)}, which is no {shorten(wanted)}."
    advice = f"Write it as {shorten(wanted)}." if better else _value(problem.property)
    return Words(message, advice, example, replaces=True, values=_wrong_values(problem))


def _no_date(problem: Problem) -> Words | None:
    better = values.dated(problem.wrong[0]) if problem.wrong else None
    if "xsd:date" not in problem.property.example and better is None:
        return None
    example = with_prefixes(statement(problem.focus, problem.path, [better])) if better else _example(problem)
    value = _named(problem.wrong[0]) if problem.wrong else "no date"
    return Words(
        f"{problem.name()} {problem.verb} {value}, which is no typed date.",
        "Write it as xsd:date, xsd:dateTime, xsd:gYearMonth or xsd:gYear.",
        example,
        replaces=True,
        values=_wrong_values(problem),
    )


def _wrong_kind_of_node(problem: Problem) -> Words:
    result = problem.with_component("NodeKind")[0]
    wanted = problem.shape_of(result).iri("nodeKind")
    wrong = problem.wrong[0]
    better: Term | None = values.as_text(wrong) if wanted == SH + "Literal" else values.as_iri(wrong)
    example = _example(problem)
    if better is not None:
        parts = [statement(problem.focus, problem.path, [better])]
        if isinstance(better, ox.NamedNode):
            parts += _classes(problem, better)
        example = with_prefixes("\n".join(parts))
    codes = _codes(wrong, problem.scheme) if problem.scheme else ()
    asked = KINDS_OF_NODE.get(wanted, "another kind of value")
    return Words(
        f"{problem.name()} {problem.verb} {_named(wrong)}, where {asked} is asked for.",
        _sentences(_value(problem.property), _list_hint(problem)),
        example,
        replaces=True,
        values=_wrong_values(problem),
        suggestions=(Suggestion(_plain_text(wrong), codes),) if codes else (),
    )


def _wrong_class(problem: Problem) -> Words:
    result = problem.with_component("Class")[0]
    wanted = problem.shape_of(result).iri("class")
    nodes = [term for term in problem.wrong if not isinstance(term, ox.Literal)]
    if not nodes:
        message = f"{problem.name()} {problem.verb} {_named(problem.wrong[0])}, which is no {shorten(wanted)}."
        advice = _sentences(_value(problem.property), _list_hint(problem))
        return Words(message, advice, _example(problem), replaces=True, values=_wrong_values(problem))
    kinds = sorted(
        {self_kind for it in problem.with_component("Class") if (self_kind := problem.shape_of(it).iri("class"))}
    )
    lines = [typed(_key(node), kind) for node in nodes[: 4 * MOST] for kind in kinds]
    return Words(
        f"{problem.name()} {problem.verb} {_named(nodes[0])}, which is not said to be of the class {shorten(wanted)}.",
        f"Say so beside it: the class of what you refer to has to be stated in the same document ({shorten(wanted)}).",
        with_prefixes("\n".join(lines)),
        values=_wrong_values(problem),
    )


def _lacks_value(problem: Problem) -> Words:
    result = problem.with_component("HasValue")[0]
    wanted = problem.shape_of(result).term("hasValue")
    if wanted is None:
        return _other(problem)
    example = with_prefixes("\n".join([statement(problem.focus, problem.path, [wanted]), *_classes(problem, wanted)]))
    is_single = problem.path == PREFIXES["dcterms"] + "accessRights"
    message = f"{problem.name()} {problem.verb} not {_named(wanted)}."
    if not is_single:
        message = f"{problem.name()} {_named(wanted)} is not among those that are given."
    return Words(
        message,
        result.message or problem.property.ask,
        example,
        replaces=is_single,
        values=_shown(problem.present) if is_single else (),
    )


def _other(problem: Problem) -> Words:
    """What has no words of its own: those of the shape."""
    result, known = problem.results[0], problem.property
    message = f"{problem.name()} {problem.verb} not as it should be"
    if problem.wrong:
        message += f": {_named(problem.wrong[0])}"
    described = [term for term in problem.wrong if next(problem.data.predicates(_key(term)), None) is not None]
    example = "" if described or not problem.wrong else _example(problem)  # what is described is mended, not replaced
    return Words(
        f"{message}.",
        result.message or _sentences(known.ask, _value(known)),
        example,
        replaces=bool(example),
        values=_wrong_values(problem),
    )


_SAY = {
    "MaxCount": _too_many,
    "Node": _unlisted,
    "Pattern": _unlisted,
    "In": _unlisted,
    "Datatype": _wrong_datatype,
    "Or": _no_date,
    "NodeKind": _wrong_kind_of_node,
    "Class": _wrong_class,
    "HasValue": _lacks_value,
}


def _example(problem: Problem) -> str:
    if not problem.property.example:
        return ""
    return with_prefixes(filled(problem.property.example, problem.focus, problem.level))


def _classes(problem: Problem, node: Term) -> list[str]:
    """Statements of the class that a value has to be of, where its list does not say so already."""
    if not isinstance(node, ox.NamedNode):
        return []
    known = lists.concept(node.value)
    said = {PREFIXES["skos"] + "Concept", *known.types} if known else set()
    kinds = {problem.shape_of(result).iri("class") for result in problem.with_component("Class")}
    lines = [line.strip() for line in problem.property.example.splitlines()]
    kinds |= {_iri(line.split()[2]) for line in lines if line.startswith("<") and " a " in line}
    return [typed(node.value, kind) for kind in sorted(kinds - said - {""})]


def _iri(curie: str) -> str:
    prefix, _, local = curie.partition(":")
    return PREFIXES.get(prefix, "") + local


def _is_in(term: Term, scheme: str) -> bool:
    return isinstance(term, ox.NamedNode) and lists.scheme_of(term.value) == scheme


def _codes(term: Term, scheme: str) -> tuple[Code, ...]:
    return () if isinstance(term, ox.BlankNode) else suggestions(_plain_text(term), scheme)


def _code(code: Code) -> str:
    return f"{code.iri} ({code.label})" if code.label else code.iri


def _value(known: Property) -> str:
    """Where the value comes from, as a sentence."""
    first = known.source.partition(" ")[0]
    text = known.source[:1].lower() + known.source[1:] if first in _ARTICLES else known.source
    return f"Value: {text}" if text else ""


def _list_hint(problem: Problem) -> str:
    size = size_of(problem.scheme) if problem.scheme else 0
    return f"The list “{title_of(problem.scheme)}” has {size:,} entries: {problem.scheme}." if size else ""


def _wrong_values(problem: Problem) -> tuple[str, ...]:
    return _shown([*problem.wrong, *problem.others])


def _shown(terms: list[Term]) -> tuple[str, ...]:
    return tuple(str(term) for term in dict.fromkeys(terms))


def _named(term: Term) -> str:
    if isinstance(term, ox.NamedNode):
        return f"<{shorten(term.value)}>" if ":" in shorten(term.value) else term.value
    if isinstance(term, ox.Literal):
        return f"the text “{term.value[:80]}”" if len(term.value) <= 80 else f"the text “{term.value[:79]}…”"
    return "a node without a name"


def _plain_text(term: Term) -> str:
    return term.value if isinstance(term, ox.NamedNode | ox.Literal) else str(term)


def _key(term: Term) -> str:
    return term.value if isinstance(term, ox.NamedNode) else str(term)


def _sentences(*parts: str) -> str:
    return " ".join(part for part in parts if part)
