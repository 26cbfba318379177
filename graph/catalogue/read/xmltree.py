"""The tree of an XML text: a text flows in, elements flow out that know their line and can be written alone.

Expat reads it, without any entity from outside; how far the text's own entities may go is looked at before
(`graph.rdf.traps`).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
MOST_DEPTH = 500
_HIDDEN = re.compile(r"<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)", re.DOTALL)


class NotXmlError(Exception):
    """A text is not well-formed; `tree` is what stands before `line` and `column`, None where nothing does.

    `offset` is where that is, in bytes.
    """

    def __init__(self, message: str, line: int, column: int, tree: Element | None, offset: int = 0) -> None:
        super().__init__(message)
        self.line, self.column, self.tree, self.offset = line, column, tree, offset


@dataclass(frozen=True)
class Scope:
    """What elements take from those around them: namespaces, the base, the language."""

    given: Mapping[str, str] = field(default_factory=dict)

    def within(self, element: Element) -> Scope:
        inherited = {name: value for name, value in element.attributes.items() if is_inherited(name)}
        return Scope({**self.given, **inherited}) if inherited else self

    def adds_to(self, other: Scope) -> bool:
        """Whether something holds here that does not there, so that an element cannot move from here to there."""
        return dict(self.given) != dict(other.given)


@dataclass
class Element:
    """An element as it was written; `is_open` where the text ends within it."""

    name: str
    attributes: dict[str, str]
    line: int
    column: int
    children: list[Element | str] = field(default_factory=list)
    is_open: bool = False

    @property
    def is_rdf(self) -> bool:
        return self.name.rpartition(":")[2] == "RDF"

    @property
    def elements(self) -> list[Element]:
        return [child for child in self.children if isinstance(child, Element)]

    @property
    def has_text(self) -> bool:
        return any(isinstance(child, str) and child.strip() for child in self.children)

    @property
    def parse_type(self) -> str:
        return next((value for name, value in self.attributes.items() if name.endswith(":parseType")), "")

    def holding(self, child: Element) -> Element:
        """The same element with that one child."""
        return Element(self.name, self.attributes, self.line, self.column, [child])

    def walk(self) -> Iterator[Element]:
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(element.elements))

    def text(self, scope: Scope | None = None, more: Mapping[str, str] | None = None) -> str:
        """It as XML, with what it takes from around it."""
        attributes = {**(more or {}), **(scope.given if scope else {}), **self.attributes}
        written = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())
        if not self.children:
            return f"<{self.name}{written}/>"
        inner = "".join(escape(child) if isinstance(child, str) else child.text() for child in self.children)
        return f"<{self.name}{written}>{inner}</{self.name}>"


def is_inherited(name: str) -> bool:
    """Whether an attribute holds for all that is within its element."""
    return name == "xmlns" or name.startswith("xmlns:") or name in ("xml:base", "xml:lang")


def scope_of(root: Element, inner: Element) -> Scope:
    """What an element takes from those around it, from a root on."""
    scope, element = Scope(), root
    while element is not inner:
        scope = scope.within(element)
        element = next(child for child in element.elements if any(found is inner for found in child.walk()))
    return scope


def check(content: bytes) -> None:
    """See that a text in UTF-8 is well-formed, which the engine does not: it takes the end of a cut one for its end.

    And that it is not nested so deep that the engine takes hours.

    Raises:
        NotXmlError: it is not.
    """
    parser, depth = expat.ParserCreate("utf-8"), [0]

    def start(name: str, attributes: object) -> None:
        depth[0] += 1
        if depth[0] > MOST_DEPTH:
            message = f"elements are nested more than {MOST_DEPTH} deep"
            raise NotXmlError(message, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1, None)

    def end(name: str) -> None:
        depth[0] -= 1

    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise NotXmlError(expat.ErrorString(error.code), error.lineno, error.offset + 1, None) from error


def tree_of(text: str) -> Element:
    """The tree of a text.

    Raises:
        NotXmlError: it is not well-formed.
    """
    builder = _Builder()
    try:
        builder.parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        at = builder.parser.ErrorByteIndex
        message = expat.ErrorString(error.code)
        raise NotXmlError(message, error.lineno, error.offset + 1, builder.cut(), at) from error
    assert builder.root is not None, "a well-formed text has a root"
    return builder.root


def elements_after(text: str, start: int, root: Element) -> Iterator[Element]:
    """The whole elements after a mistake that are named as nodes before it, each well-formed in itself.

    None where it cannot be told what holds for them, since an element that was open sets a language or a base.
    """
    opened = [element for element in root.walk() if element.is_open and element is not root]
    if any({"xml:lang", "xml:base"}.intersection(element.attributes) for element in opened):
        return
    names = {node.name for node in root.walk() if node.attributes.keys() & {"rdf:about", "rdf:nodeID"}}
    names |= {node.name for node in root.elements}
    if not names:
        return
    hidden = _HIDDEN.sub(lambda found: " " * len(found[0]), text)
    tags = re.compile(rf"<(/?)({'|'.join(map(re.escape, sorted(names)))})(?=[\s/>])[^<>]*?(/?)>")
    shell = Element(root.name, dict(Scope().within(root).given), root.line, root.column, ["\n"]).text()
    head, tail = shell.split("\n", 1)
    breaks, at = [found.start() for found in re.finditer("\n", text)], start
    while found := tags.search(hidden, at):
        at = found.end()
        end = _end_of(hidden, found, tags)
        if found[1] or end is None:
            continue
        try:
            whole = tree_of(head + text[found.start() : end] + tail)
        except NotXmlError:
            continue
        line = bisect_left(breaks, found.start())
        for element in whole.walk():
            element.line += line
        yield from whole.elements
        at = end


def _end_of(text: str, start: re.Match[str], tags: re.Pattern[str]) -> int | None:
    """Where the element ends that a tag starts."""
    if start[3]:
        return start.end()
    depth = 1
    for tag in tags.finditer(text, start.end()):
        if tag[2] == start[2] and not tag[3]:
            depth += -1 if tag[1] else 1
            if depth == 0:
                return tag.end()
    return None


class _Builder:
    """What expat reads, as a tree."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._open = list[Element]()
        self._numbers = list[int]()
        self.parser = expat.ParserCreate("utf-8")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        parser = self.parser
        if len(self._open) >= MOST_DEPTH:
            raise NotXmlError(f"elements are nested more than {MOST_DEPTH} deep", parser.CurrentLineNumber,
                              parser.CurrentColumnNumber + 1, None)  # fmt: skip
        if self._open and name == "rdf:li":  # its number depends on those before, which may be left out
            self._numbers[-1] += 1
            name = f"rdf:_{self._numbers[-1]}"
        element = Element(name, attributes, parser.CurrentLineNumber, parser.CurrentColumnNumber + 1, is_open=True)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)
        self._numbers.append(0)

    def _end(self, name: str) -> None:
        self._open.pop().is_open = False
        self._numbers.pop()

    def _characters(self, text: str) -> None:
        if self._open:
            self._open[-1].children.append(text)

    def cut(self) -> Element | None:
        """What stands of a text that broke off: whole elements, in those that were open around them.

        A property that was open stays only for the whole or open nodes in it: its text may go on, its list too.
        """
        if self.root is not None:
            _cut(self.root, is_node=not self.root.is_rdf, is_root=self.root.is_rdf)
        return self.root


def _cut(element: Element, *, is_node: bool, is_root: bool = False) -> bool:
    """Whether an open element may stay; what may not is taken out of it."""
    inner = element.children[-1] if element.children else None
    if is_root or is_node:
        element.children = [child for child in element.children if isinstance(child, Element)]
    if isinstance(inner, Element) and inner.is_open:
        is_resource = inner.parse_type == "Resource"
        if not _cut(inner, is_node=is_root or is_resource or not is_node):
            element.children.remove(inner)
    if is_root or is_node:
        return True
    element.children = [child for child in element.children if isinstance(child, Element)]
    return bool(element.elements) and element.parse_type == ""
