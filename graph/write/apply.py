"""Apply an update to a change: its text flows in, statements added to and removed from the store flow out.

Each operation sees what those before it did. Patterns are evaluated by the engine, on the dataset that WITH, USING or
the request's `using-graph-uri` name; everything is read before anything is written (SPARQL 1.1 Update, section 3.1.3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pyoxigraph as ox

from graph.errors import GraphStateError, QueryRefusedError, QuerySyntaxError
from graph.names import BASE, PREFIXES
from graph.sparql import rewrite
from graph.sparql.guard import inspect, inspect_update, refuse_files
from graph.sparql.literals import unprotect
from graph.sparql.operations import (
    Create,
    Empty,
    Every,
    Load,
    Modify,
    Operation,
    Target,
    Transfer,
    load_spans,
    operations_of,
)
from graph.sparql.rewrite import mend
from graph.sparql.syntax import syntax_error
from graph.sparql.templates import Row
from graph.store import merged
from graph.store.draft import DEFAULT_GRAPH
from graph.write.change import Change, GraphName
from graph.write.request import Dataset

Loader = Callable[[str], Iterable[ox.Quad]]


def apply_update(
    text: str,
    change: Change,
    *,
    dataset: Dataset | None = None,
    load: Loader,
    graph: str | None = None,
    protected: bool = False,
) -> None:
    """Carry out an update.

    `load` fetches what LOAD names. `graph` stands for the default graph, as PATCH of the Graph Store Protocol needs.
    `protected` says that the store holds literals in the form of `graph.sparql.literals`.

    Raises:
        QuerySyntaxError: it is not SPARQL.
        QueryRefusedError: it asks for what is not allowed here.
        GraphStateError: a graph that it names is not there, or is there already, and the operation is not SILENT.
    """
    inspect_update(text)
    check_syntax(text)
    for operation in operations_of(text, PREFIXES):
        _Run(change, dataset, load, graph, protected).run(operation)
    if graph is not None and change.graphs - {ox.NamedNode(graph)}:
        message = "the update reaches beyond the graph that it was sent to."
        raise QueryRefusedError(message, advice="Send it to /sparql.")


def check_syntax(text: str) -> None:
    """Let the engine's parser read an update, which it then carries out on an empty store of its own.

    Raises:
        QuerySyntaxError: it is not SPARQL.
    """
    for start, end in reversed(load_spans(text)):  # the engine would fetch what they name
        text = text[:start] + "DROP ALL".ljust(end - start) + text[end:]
    try:
        ox.Store().update(text, base_iri=BASE, prefixes=PREFIXES)
    except SyntaxError as error:
        raise syntax_error(text, PREFIXES, str(error), is_update=True) from error
    except (OSError, RuntimeError, ValueError):
        return  # a graph that is not in the empty store may be in ours


@dataclass
class _Run:
    change: Change
    dataset: Dataset | None
    load: Loader
    graph: str | None
    protected: bool

    def run(self, operation: Operation) -> None:
        match operation:
            case Modify():
                self._modify(operation)
            case Load():
                self._load(operation)
            case Empty():
                self._empty(operation)
            case Create():
                self._create(operation)
            case Transfer():
                self._transfer(operation)

    def _modify(self, operation: Modify) -> None:
        if self.dataset and (operation.graph or operation.using is not None):
            raise QuerySyntaxError(
                "the request names its dataset by using-graph-uri, and the update does by USING or WITH.",
                advice="Use one of the two (SPARQL 1.1 Protocol, section 2.2.3).",
            )
        rows: list[Row] = [{}] if operation.where is None else list(self._rows(operation, operation.where))
        default = self._default(operation.graph)
        removed = list(operation.delete.filled(rows, default))
        added = list(operation.insert.filled(rows, default))
        self.change.remove(removed)
        self.change.add(added)

    def _rows(self, operation: Modify, where: str) -> Iterator[Row]:
        default, named = operation.using, operation.using_named
        if self.dataset:
            default, named = self.dataset.default, self.dataset.named
        elif default is None and (operation.graph or self.graph):
            default, named = (operation.graph or str(self.graph),), None
        inspect(where, PREFIXES)
        for iri in (*(default or ()), *(named or ())):
            refuse_files(iri)
        store, default_graphs, named_graphs = merged.dataset(self.change.store, default, named)
        mended = mend(
            where,
            PREFIXES,
            protected=self.protected or self.change.has_protected,
            dataset=rewrite.Dataset(store, None if named is None else tuple(named)),
        )
        found = store.query(
            mended.text,
            base_iri=BASE,
            prefixes=PREFIXES,
            default_graph=default_graphs,
            named_graphs=named_graphs,
            custom_functions=mended.functions,
        )
        assert isinstance(found, ox.QuerySolutions), "the text is a SELECT"
        names = [variable.value for variable in found.variables]
        for row in found:
            yield {name: unprotect(term) for name in names if (term := row[name]) is not None}

    def _load(self, operation: Load) -> None:
        target = self._default(operation.graph)
        try:
            quads = [ox.Quad(q.subject, q.predicate, q.object, target) for q in self.load(operation.source)]
        except Exception:
            if operation.silent:
                return
            raise
        self.change.add(quads)

    def _empty(self, operation: Empty) -> None:
        for graph in self._targets(operation.target):
            if not self._exists(graph) and not isinstance(operation.target, Every):
                if operation.silent:
                    continue
                raise _missing(graph)
            self.change.empty(graph, drop=operation.drop)

    def _create(self, operation: Create) -> None:
        graph = ox.NamedNode(operation.graph)
        if self._exists(graph) and not operation.silent:
            raise GraphStateError(f"the graph <{operation.graph}> is there already.", advice="Say CREATE SILENT.")
        self.change.create(graph)

    def _transfer(self, operation: Transfer) -> None:
        source, target = self._single(operation.source), self._single(operation.target)
        if source == target:
            return
        if not self._exists(source):
            if operation.silent:
                return
            raise _missing(source)
        quads = [ox.Quad(q.subject, q.predicate, q.object, target) for q in self.change.statements(source)]
        if operation.kind != "ADD":
            self.change.empty(target, drop=False)
        self.change.add(quads)
        if operation.kind == "MOVE":
            self.change.empty(source, drop=True)

    def _targets(self, target: Target) -> list[GraphName]:
        if not isinstance(target, Every):
            return [self._single(target)]
        named: list[GraphName] = list(self.change.named_graphs())
        default: list[GraphName] = [DEFAULT_GRAPH]
        return {Every.DEFAULT: default, Every.NAMED: named, Every.ALL: default + named}[target]

    def _single(self, target: Target) -> GraphName:
        if isinstance(target, Every):
            return self._default(None)
        return ox.NamedNode(target)

    def _default(self, graph: str | None) -> GraphName:
        chosen = graph or self.graph
        return ox.NamedNode(chosen) if chosen else DEFAULT_GRAPH

    def _exists(self, graph: GraphName) -> bool:
        return isinstance(graph, ox.DefaultGraph) or self.change.store.contains_named_graph(graph)


def _missing(graph: GraphName) -> GraphStateError:
    return GraphStateError(f"there is no graph {graph}.", advice="Say SILENT where that does not matter.")
