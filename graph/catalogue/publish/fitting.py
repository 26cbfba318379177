"""Records made to fit DCAT-AP: harvested statements flow in; statements that keep every rule, and notes, flow out.

What breaks a rule is repaired where that is sure (a class that the range of a property says, a datatype of the same
value, a name that stands under another property), said with a broader property where there is one, and withheld
otherwise. Nothing is made up, the store keeps what was harvested, and each change is noted with its reason.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

import pyoxigraph as ox

from graph.catalogue.publish.casting import cast
from graph.catalogue.publish.choice import chosen
from graph.catalogue.publish.possible import REFERRED, Around, Possible, listed
from graph.catalogue.publish.rules import Rule, datatypes, rules
from graph.catalogue.publish.substitutes import BROADER, NODES_ONLY, TEXT_OF
from graph.catalogue.publish.writable import is_writable, writable
from graph.catalogue.records import DATASET, DCAT
from graph.names import shorten
from graph.rdf.index import TYPE, Term, str_of

# What only a catalogue says of its parts: ours says it of them.
_MEMBERSHIP = frozenset(DCAT + name for name in ("dataset", "record", "catalog", "service"))


@dataclass(frozen=True)
class Note:
    """One statement that is published otherwise than it was harvested, or not at all."""

    subject: str
    property: str
    value: str
    done: str  # withheld, moved, changed or added
    why: str


@dataclass
class Fitted:
    """What may be published of some datasets, and what was changed for that; `refused` has those that cannot be."""

    triples: dict[ox.Triple, None] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def fit(datasets: Iterable[str], triples: Iterable[ox.Triple], around: Around, namespace: str) -> Fitted:
    """Fit the records of these datasets, whose statements come together; texts that become nodes are named below."""
    return _Fitting(tuple(datasets), around, namespace).run(triples)


class _Fitting:
    """Changes statements until they keep every rule of their classes."""

    def __init__(self, datasets: tuple[str, ...], around: Around, namespace: str) -> None:
        self.datasets, self.namespace = dict.fromkeys(datasets), namespace
        self.rules, self.datatypes = rules(), datatypes()
        self.possible = Possible(frozenset(datasets), around, self.rules, self._load)
        self.said = self.possible.said
        self.result = Fitted()
        self.confirmed: dict[str, set[str]] = {}  # by node, the classes that it has and keeps the rules of
        self._waiting: list[str] = []
        self._notes: set[Note] = set()

    def run(self, triples: Iterable[ox.Triple]) -> Fitted:
        self._load(triples)
        for dataset in self.datasets:
            if self.possible.may_be(ox.NamedNode(dataset), DATASET):
                self._confirm(ox.NamedNode(dataset), DATASET)
            else:
                self.result.refused[dataset] = self.possible.lacking(dataset, DATASET)
        while self._waiting:
            self._settle(self._waiting.pop())
        self._collect()
        self.result.notes = sorted(self._notes, key=lambda note: (note.subject, note.property, note.value, note.done))
        return self.result

    def _load(self, triples: Iterable[ox.Triple]) -> None:
        """Take statements in, as every format can write them."""
        for triple in triples:
            subject, name = str_of(writable(triple.subject)[0]), triple.predicate.value
            if not is_writable(name):
                self._note(subject, name, triple.object, "withheld", "RDF/XML has no way to write this property")
                continue
            term, change = writable(triple.object)
            if change:
                self._note(subject, name, triple.object, "changed", change)
            values = self.said[subject][name]
            if term not in values:
                values.append(term)

    def _confirm(self, term: Term, kind: str) -> None:
        """Let a node be of a class from now on, so that it has to keep the rules of that."""
        name = str_of(term)
        self._reach(term)
        if kind in self.confirmed[name]:
            return
        self.confirmed[name].add(kind)
        if kind == DATASET and name not in self.datasets:
            return  # its summary says so
        types = self.said[name][TYPE]
        if kind not in listed(name) and ox.NamedNode(kind) not in types:
            types.append(ox.NamedNode(kind))
        self._waiting.append(name)

    def _reach(self, term: Term) -> None:
        """Look at a node that something leads to: it stays in those of its classes whose rules it can keep."""
        name = str_of(term)
        if name in self.confirmed or isinstance(term, ox.Literal | ox.Triple):
            return
        kept = self.confirmed[name] = set()
        for kind in self.possible.values(name, TYPE):
            if not isinstance(kind, ox.NamedNode) or kind.value not in self.rules:
                continue
            if self._can_stay(term, kind.value):
                kept.add(kind.value)
            else:
                self.said[name][TYPE].remove(kind)
                lacking = self.possible.lacking(name, kind.value)
                why = f"it lacks {lacking}" if lacking else "our catalogue says what is in it"
                self._note(name, TYPE, kind, "withheld", why)
        self._waiting.append(name)

    def _can_stay(self, term: Term, kind: str) -> bool:
        name = str_of(term)
        if kind in REFERRED and name in self.datasets:
            return name not in self.result.refused
        return self.possible.may_be(term, kind)

    def _settle(self, node: str) -> None:
        """Let a node keep the rules of its classes, and look at what it leads to."""
        properties = self.said[node]
        if node in self.datasets:
            for property in sorted(_MEMBERSHIP & properties.keys()):
                for value in properties.pop(property):
                    self._note(node, property, value, "withheld", "our catalogue says what is in it")
        for kind in sorted(self.confirmed[node] & self.rules.keys()):
            for property, rule in self.rules[kind].items():
                if properties.get(property) or rule.least:
                    self._keep_rule(node, kind, property, rule)
        for property, values in list(properties.items()):
            if property in self.datatypes:
                self._recast(node, property, values)
            if property != TYPE:
                for value in values:
                    self._reach(value)

    def _keep_rule(self, node: str, kind: str, property: str, rule: Rule) -> None:
        kept, unfit = list[Term](), list[Term]()
        for value in self.possible.values(node, property):
            fitted = self.possible.fitted(value, rule)
            if fitted is None:
                unfit.append(value)
            elif fitted not in kept:
                kept.append(fitted)
            if fitted is not None and fitted != value:
                self._note(node, property, value, "changed", f"it is now {_shown(fitted)}")
        kept, unfit = self._with_texts(node, property, rule, kept, unfit)
        if rule.least and not kept:
            for value, source in list(self.possible.candidates(node, kind, property, rule))[: rule.most]:
                kept.append(value)
                self._note(node, property, value, "added", f"from {shorten(source)}")
        if len(kept) > rule.most:
            ordered = chosen(property, kept)
            kept, surplus = ordered[: rule.most], ordered[rule.most :]
            for value in surplus:
                self._pass_on(node, property, value, f"there may be only {rule.most} {shorten(property)}")
        for value in unfit:
            self._pass_on(node, property, value, self.possible.why(value, rule))
        self.said[node][property] = kept
        for value in kept:
            for wanted in sorted(rule.classes):
                self._confirm(value, wanted)
            if rule.any_class:
                self._confirm(value, next(it for it in sorted(rule.any_class) if self.possible.may_be(value, it)))

    def _with_texts(
        self, node: str, property: str, rule: Rule, kept: list[Term], unfit: list[Term]
    ) -> tuple[list[Term], list[Term]]:
        """The values, with texts made nodes that are known by them, where the property asks for such."""
        texts = [value for value in unfit if isinstance(value, ox.Literal) and value.value.strip()]
        kinds = rule.classes & TEXT_OF.keys()
        if not texts or len(rule.classes) != 1 or not kinds or rule.schemes or rule.patterns or len(kept) >= rule.most:
            return kept, unfit
        kind = next(iter(kinds))
        one_in_each_language = len({text.language for text in texts}) == len(texts)
        groups = [texts] if rule.most == 1 and one_in_each_language else [[text] for text in texts]
        for text in texts:
            self._note(node, property, text, "changed", f"it is now a {shorten(kind)} that is known by this text")
        made = [self._known_by(group, node, property, kind) for group in groups]
        return [*kept, *made], [value for value in unfit if value not in texts]

    def _known_by(self, texts: list[ox.Literal], node: str, property: str, kind: str) -> ox.NamedNode:
        """A node that is known by texts in several languages; the same ones give the same IRI."""
        key = "\n".join([node, property, *sorted(map(str, texts))])
        made = ox.NamedNode(f"{self.namespace}{hashlib.sha256(key.encode()).hexdigest()[:16]}")
        self.said[made.value][TYPE] = [ox.NamedNode(kind)]
        self.said[made.value][TEXT_OF[kind]] = list(texts)
        return made

    def _pass_on(self, node: str, property: str, value: Term, why: str) -> None:
        """Say with a broader property what cannot be said with this one, or withhold it."""
        for broader in BROADER.get(property, ()):
            if self._admits(node, broader, value):
                if value not in self.said[node][broader]:
                    self.said[node][broader].append(value)
                self._note(node, property, value, "moved", f"{why}; it is now said with {shorten(broader)}")
                return
        self._note(node, property, value, "withheld", why)

    def _admits(self, node: str, property: str, value: Term) -> bool:
        """Whether a property may have a value, whatever else it has."""
        if isinstance(value, ox.Literal) and property in NODES_ONLY:
            return False
        found = (self.rules.get(kind, {}).get(property) for kind in self.confirmed[node])
        bound = [rule for rule in found if rule is not None]
        return all(rule.most > 1 and self.possible.fitted(value, rule) == value for rule in bound)

    def _recast(self, node: str, property: str, values: list[Term]) -> None:
        """Give literals the datatype that a profile states for the property, where they have the same value."""
        for place, value in enumerate(values):
            if isinstance(value, ox.Literal) and (better := cast(value, {self.datatypes[property]})):
                if better != value:
                    self._note(node, property, value, "changed", f"it is now {_shown(better)}")
                values[place] = better

    def _collect(self) -> None:
        """Everything that the datasets still lead to, dataset by dataset."""
        seen, found = set[str](), self.result.triples
        for dataset in self.datasets:
            waiting = [dataset] if dataset not in self.result.refused else []
            while waiting:
                node = waiting.pop()
                if node in seen:
                    continue
                seen.add(node)
                found.update(dict.fromkeys(self.possible.summaries.get(node, ())))
                for triple in self._statements(node):
                    found[triple] = None
                    if triple.predicate.value != TYPE and not isinstance(triple.object, ox.Literal | ox.Triple):
                        waiting.append(str_of(triple.object))

    def _statements(self, node: str) -> Iterable[ox.Triple]:
        subject = ox.BlankNode(node[2:]) if node.startswith("_:") else ox.NamedNode(node)
        for property, values in self.said[node].items() if node in self.said else ():
            for value in values:
                yield ox.Triple(subject, ox.NamedNode(property), value)

    def _note(self, subject: str, property: str, value: Term, done: str, why: str) -> None:
        self._notes.add(Note(subject, property, str(value), done, why))


def _shown(term: Term) -> str:
    if isinstance(term, ox.Literal):
        return f"a {shorten(term.datatype.value)}: {term.value}"
    return f"the IRI {term.value}" if isinstance(term, ox.NamedNode) else "a blank node"
