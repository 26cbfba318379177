"""The reference engine, pyshacl: triples and shapes flow in; the results that it gives, in the words of ours, flow out.

Slow, so nothing that serves or harvests uses it: it is what the fast engine and our shapes are held to.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache

import pyoxigraph as ox
import pyshacl
import rdflib
from rdflib import RDF, SH
from rdflib.collection import Collection
from rdflib.term import BNode, Identifier, Literal, Node, URIRef

from graph.catalogue.validate.profiles import Profile
from graph.catalogue.validate.verdict import with_lists
from graph.check.shapes import Result
from graph.errors import CheckFailedError
from graph.names import XSD
from graph.rdf.index import Term, str_of


def reference_results(triples: Iterable[ox.Triple], shapes: rdflib.Graph) -> Iterator[Result]:
    """The results on top of pyshacl's report, without those under `sh:detail`; no inference, no imports.

    Raises:
        CheckFailedError: pyshacl refuses the shapes.
    """
    logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)  # else each ill-typed literal of a record is a page
    _, report, text = pyshacl.validate(to_graph(triples), shacl_graph=shapes)
    if not isinstance(report, rdflib.Graph):
        raise CheckFailedError(f"pyshacl gave no report: {text}", advice="Check that the shapes are SHACL Core.")
    for root in report.subjects(RDF.type, SH.ValidationReport):
        for node in report.objects(root, SH.result):
            yield _result(report, node)


def differing_results(triples: frozenset[ox.Triple], profile: Profile) -> tuple[Counter[Result], Counter[Result]]:
    """What only the fast engine, and what only pyshacl, makes of our shapes, result by result; nothing, it is hoped.

    They differ on literals that are ill-formed, or out of range, for their datatype: rdflib reads `2024-01-01` as an
    xsd:dateTime and `1e3` as an xsd:decimal, and no year below 1 or above 9999. XSD has it as the fast engine has it.
    """
    data = with_lists(triples)
    fast, slow = Counter(profile.compiled.results(data)), Counter(reference_results(data, _shapes(profile)))
    return fast - slow, slow - fast


@cache
def _shapes(profile: Profile) -> rdflib.Graph:
    return to_graph(profile.triples)


def to_graph(triples: Iterable[ox.Triple]) -> rdflib.Graph:
    """The same triples for rdflib: blank nodes with the same labels, literals as they are written."""
    graph = rdflib.Graph()
    for triple in triples:
        graph.add((_to_node(triple.subject), _to_node(triple.predicate), _to_node(triple.object)))
    return graph


def _to_node(term: Term) -> Identifier:
    if isinstance(term, ox.NamedNode):
        return URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return BNode(term.value)
    assert isinstance(term, ox.Literal), "catalogues have no statements about statements"
    if term.language:
        return Literal(term.value, lang=term.language)
    datatype = None if term.datatype.value == XSD + "string" else URIRef(term.datatype.value)
    return Literal(term.value, datatype=datatype, normalize=False)


def _to_term(node: Node | None) -> Term:
    if isinstance(node, URIRef):
        return ox.NamedNode(str(node))
    if isinstance(node, BNode):
        return ox.BlankNode(str(node))
    assert isinstance(node, Literal)
    if node.language:
        return ox.Literal(str(node), language=node.language.lower())
    return ox.Literal(str(node), datatype=ox.NamedNode(str(node.datatype)) if node.datatype else None)


def _result(report: rdflib.Graph, node: Node) -> Result:
    path, value = report.value(node, SH.resultPath), report.value(node, SH.value)
    return Result(
        str_of(_to_term(report.value(node, SH.focusNode))),
        _path(report, path) if path is not None else None,
        str(report.value(node, SH.sourceConstraintComponent)).removeprefix(str(SH)),
        str(_to_term(value)) if value is not None else None,
        str(report.value(node, SH.resultSeverity)).removeprefix(str(SH)),
        " ".join(sorted(str(message) for message in report.objects(node, SH.resultMessage))),
        shape=str_of(_to_term(report.value(node, SH.sourceShape))),
    )


def _path(report: rdflib.Graph, path: Node) -> str:
    """A path as SPARQL writes it, with the brackets of the fast engine; of the kinds that catalogues' shapes have."""
    if isinstance(path, URIRef):
        return f"<{path}>"
    inverse, alternatives = report.value(path, SH.inversePath), report.value(path, SH.alternativePath)
    if inverse is not None:
        return f"^{_path(report, inverse)}"
    assert alternatives is not None, "a path is a property, an inverse or one of several"
    return f"({'|'.join(_path(report, one) for one in Collection(report, alternatives))})"
