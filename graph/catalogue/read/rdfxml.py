"""Read RDF/XML: its bytes flow in; triples flow out, or what stands of them and where the rest is wrong.

The engine says seldom where a mistake is. So where it refuses a document, its tree is looked at: what cannot be read is
cut out, as little as that takes, and what is left is read as one document.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.entities import html5

import pyoxigraph as ox

from graph.catalogue.read.model import Recovered
from graph.catalogue.read.parse import parsed, plain
from graph.catalogue.read.repair import Trials, failing, repaired
from graph.catalogue.read.xmltree import RDF, Element, NotXmlError, Scope, check, elements_after, scope_of, tree_of
from graph.errors import InputError, Place, RdfSyntaxError

XML = ox.RdfFormat.RDF_XML
_ODD = re.compile(r"&(?!#\d+;|#x[0-9A-Fa-f]+;|[A-Za-z_][\w.-]*;)|&([A-Za-z]\w*;)|[\x00-\x08\x0b\x0c\x0e-\x1f]")
_OWN = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})
_VERBATIM = re.compile(r"<!\[CDATA\[.*?\]\]>|<!--.*?-->", re.DOTALL)


def read_strictly(content: bytes, address: str, base: str) -> tuple[ox.Triple, ...]:
    """The triples of a document that is right.

    Raises:
        RdfSyntaxError: it is no RDF/XML.
    """
    if _wraps_rdf(content):
        message = "not valid RDF/XML: it is another XML document, with RDF inside."
        raise RdfSyntaxError(message, place=Place(file=address, line=1), advice="Take out its rdf:RDF element.")
    try:
        check(content)
        return parsed(content, XML, address, base)
    except NotXmlError as error:
        place = Place(file=address, line=error.line, column=error.column)
        raise RdfSyntaxError(f"not well-formed XML: {error}.", place=place, advice="Mend it there.") from error
    except RdfSyntaxError as error:
        first = next(iter(recover(content, address, base).problems), None)
        if error.place.line is None and first is not None:
            raise RdfSyntaxError(error.message, place=first.place, advice=error.advice) from error
        raise


def recover(content: bytes, address: str, base: str) -> Recovered:
    """What stands of a document, and what is wrong with the rest."""
    return _Recovery(content, address, base).run()


def _wraps_rdf(content: bytes) -> bool:
    """Whether the root is not rdf:RDF, and an rdf:RDF is in it: an answer of CSW or OAI-PMH."""
    root = re.search(rb"<(?![?!])([^\s/>]+)", re.sub(rb"<!--.*?-->", b"", content[:65536], flags=re.DOTALL))
    if root is None or root[1].rpartition(b":")[2] == b"RDF":
        return False
    return re.search(rb"<[\w.-]+:RDF[\s>]", content) is not None


class _Recovery:
    """One document under recovery."""

    def __init__(self, content: bytes, address: str, base: str) -> None:
        self.text, self.address, self.base = content.decode("utf-8", "replace"), address, base
        self.problems, self.lost = list[InputError](), "\ufffd" in self.text and b"\xef\xbf\xbd" not in content
        self.trials = Trials[str](self._read)

    def run(self) -> Recovered:
        root = self._tree()
        if root is None:
            return Recovered((), tuple(self.problems), False)
        roots = [root] if root.is_rdf else [found for found in root.walk() if found.is_rdf and found is not root]
        texts = [text for found in roots or [root] for text in self._documents(found, scope_of(root, found))]
        triples = tuple(triple for text in texts for triple in self._read([text]))
        found = repaired(triples, self.text, self.address)
        problems = tuple(sorted((*self.problems, *found.problems), key=lambda problem: problem.place.line or 0))
        return Recovered(found.triples, problems, found.is_whole and not self.lost)

    def _read(self, texts: Sequence[str]) -> tuple[ox.Triple, ...]:
        return tuple(
            triple for text in texts for triple in parsed(text.encode(), XML, self.address, self.base, lenient=True)
        )

    def _tree(self) -> Element | None:
        """The document's tree; of one that is not well-formed, what stands before the mistake."""
        try:
            return tree_of(self.text)
        except NotXmlError:
            text = self._escaped()
        try:
            return tree_of(text)
        except NotXmlError as error:
            self.lost = True
            place = Place(file=self.address, line=error.line, column=error.column)
            self.problems.append(RdfSyntaxError(f"not well-formed XML: {error}.", place=place, advice="Mend it there."))
            if error.tree is not None and error.tree.is_rdf:
                start = len(text.encode()[: error.offset].decode("utf-8", "ignore"))
                error.tree.children += elements_after(text, start, error.tree)
            return error.tree

    def _escaped(self) -> str:
        """The text with what a writer of XML forgets escaped: an & of an address, an entity of HTML, a control code."""

        def mended(found: re.Match[str]) -> str:
            name = found[1]
            if name in _OWN:
                return found[0]
            line = self.text.count("\n", 0, found.start()) + 1
            if name is None:
                self._report(
                    line, f"a bare {plain(found[0]) if found[0] == '&' else 'control code'} is no XML", "mended"
                )
                return "&amp;" if found[0] == "&" else " "
            if name not in html5:
                return found[0]
            self._report(line, f"the entity &{name} is of HTML, not of XML", f"read as {html5[name]}")
            return "".join(f"&#{ord(character)};" for character in html5[name])

        if "<!ENTITY" in self.text:
            return self.text  # it may define what it uses
        parts, at = list[str](), 0
        for verbatim in _VERBATIM.finditer(self.text):
            parts += [_ODD.sub(mended, self.text[at : verbatim.start()]), verbatim[0]]
            at = verbatim.end()
        return "".join([*parts, _ODD.sub(mended, self.text[at:])])

    def _documents(self, root: Element, scope: Scope) -> list[str]:
        """The texts that together hold what stands of an rdf:RDF element: one, unless its parts do not go together."""
        if not root.is_rdf:
            return [text for node in self._node(root, scope) if self.trials.works([text := node.text(scope)])]
        inner = scope.within(root)
        nodes = root.elements
        texts = [node.text(inner) for node in nodes]
        bad = failing(texts, self.trials.works)
        kept = list[Element]()
        for n, node in enumerate(nodes):
            kept += [node] if n not in bad else self._node(node, inner)
        whole = Element("rdf:RDF", {}, root.line, root.column, list(kept)).text(inner, {"xmlns:rdf": RDF})
        return [whole] if self.trials.works([whole]) else [node.text(inner) for node in kept]

    def _node(self, node: Element, scope: Scope) -> list[Element]:
        """A node element without what is wrong with it; where it cannot stand at all, the nodes in it that can."""
        shell = Element(node.name, node.attributes, node.line, node.column)
        if (error := self.trials.error([shell.text(scope)])) is not None:
            self._lose(node, f"the element {node.name} is not valid", error)
            return [found for child in node.elements for inner in child.elements
                    for found in self._node(inner, scope.within(node).within(child))
                    if not scope.within(node).within(child).adds_to(scope)]  # fmt: skip
        kept, inner = shell, scope.within(node)
        hoisted = list[Element]()
        for child in node.elements:
            trial = Element(node.name, node.attributes, node.line, node.column, [child])
            if self.trials.works([trial.text(scope)]):
                kept.children.append(child)
                continue
            good, apart = self._property(child, shell, scope, inner)
            kept.children += good
            hoisted += apart
        return [kept, *hoisted]

    def _property(
        self, child: Element, shell: Element, scope: Scope, inner: Scope
    ) -> tuple[list[Element], list[Element]]:
        """What stands of a property element, as property elements; and nodes in it that stand without it."""
        error = self.trials.error([shell.holding(child).text(scope)])
        nodes = child.elements
        if not nodes or child.parse_type or child.has_text:
            self._lose(child, f"what is said with {child.name} is not valid", error)
            return [], []
        if len(nodes) > 1:
            self._report(nodes[1].line, f"{child.name} holds {len(nodes)} elements, where one may stand",
                         f"read as {len(nodes)} statements", nodes[1].column)  # fmt: skip
        good, apart = list[Element](), list[Element]()
        for node in nodes:
            alone = child.holding(node)
            if self.trials.works([shell.holding(alone).text(scope)]):
                good.append(alone)
                continue
            stand = self._node(node, inner.within(child))
            first = child.holding(stand[0]) if stand else None
            if first is not None and self.trials.works([shell.holding(first).text(scope)]):
                good.append(first)
                apart += stand[1:]
            else:
                self._lose(child, f"what is said with {child.name} is not valid", error)
                apart += stand
        return good, [node for node in apart if self.trials.works([node.text(scope)])]

    def _lose(self, element: Element, message: str, error: RdfSyntaxError | None) -> None:
        self.lost = True
        reason = re.sub(r"^not valid [\w/]+: |\.$", "", error.message) if error else ""
        self._report(element.line, f"{message}: {reason}" if reason else message, "", element.column)

    def _report(self, line: int, message: str, fate: str, column: int | None = None) -> None:
        text = f"{message}; it was {fate}." if fate else f"{message}."
        place = Place(file=self.address, line=line, column=column)
        self.problems.append(RdfSyntaxError(text, place=place, advice="Mend it there."))
