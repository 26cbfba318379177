"""Takes a query apart: its text flows in, a `Query` flows out, whose every part knows the tokens it was read from.

It reads what the engine has already let through, or nearly: a triple block that it does not understand (RDF 1.2's
reified triples, say) becomes a part of its own that is asked whole, so that nothing of the rest is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from graph.advise.pattern import Group, Kind, Node, Part, Query, Select, Triple, Verb
from graph.names import BASE, RDF
from graph.sparql.lexer import Prologue, Token, tokens_of

FORMS = frozenset({"SELECT", "ASK", "CONSTRUCT", "DESCRIBE"})
MODIFIERS = frozenset({"GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES"})
WITH_GROUP = frozenset({"OPTIONAL", "MINUS", "GRAPH", "SERVICE", "LATERAL"})
KEYWORDS = WITH_GROUP | {"FILTER", "BIND", "VALUES", "LET"}
SHUT = {"(": ")", "{": "}", "[": "]"}
TYPE = RDF + "type"


class NotUnderstoodError(Exception):
    """The text is not what this parser reads; it never leaves the package."""


def parse(text: str, prefixes: Mapping[str, str]) -> Query | None:
    """The query's parts, or None where its outline cannot be told; `prefixes` need no declaration."""
    try:
        return _Parser(text, prefixes).query()
    except (NotUnderstoodError, IndexError, RecursionError):
        return None


class _Parser:
    """Goes through the tokens once, from the first to the last."""

    def __init__(self, text: str, prefixes: Mapping[str, str]) -> None:
        self.text = text
        self.tokens = tokens_of(text)
        self.at = 0
        self.prologue = Prologue(prefixes, BASE)
        self.declared: list[tuple[str, Token, str]] = []
        self.blanks = 0

    # The outline

    def query(self) -> Query:
        start = self._prologue()
        form = self.tokens[self.at]
        if form.word not in FORMS:
            raise NotUnderstoodError
        self.at += 1
        template: tuple[Token, ...] = ()
        if form.word == "CONSTRUCT" and self._is("{"):
            template = self._balanced()
        head = self._until({"FROM", "WHERE"} | (MODIFIERS if form.word == "DESCRIBE" else set()))
        dataset, graphs = self._dataset()
        if self._word() == "WHERE":
            self.at += 1
        where, select = None, None
        if self._is("{"):
            where, select = self._outer_group()
        tail = tuple(self.tokens[self.at :])
        if form.word == "CONSTRUCT" and not template and where is not None:
            template = where.tokens
        values = self._trailing_values(tail)
        if where is not None and values is not None:
            where = Group((*where.parts, values), where.tokens)
        return Query(
            self.text, form.word, start, dataset, Select(head, select or where or Group(), tail), where, template,
            graphs, dict(self.prologue.prefixes), tuple(self.declared), tuple(self.tokens),
        )  # fmt: skip

    def _prologue(self) -> str:
        while self._word() in ("PREFIX", "BASE", "VERSION"):
            word, first = self._word(), self.tokens[self.at + 1]
            self.prologue.read(self.tokens, self.at)
            if word == "PREFIX":
                name, iri = first.text.rstrip(":"), self.tokens[self.at + 2]
                self.declared.append((name, iri, self.prologue.prefixes.get(name, "")))
            self.at += 3 if word == "PREFIX" else 2
        return self.text[: self.tokens[self.at].start]

    def _dataset(self) -> tuple[str, tuple[tuple[Token, str], ...]]:
        start, graphs = self.at, []
        while self._word() == "FROM":
            self.at += 2 if self.tokens[self.at + 1].word == "NAMED" else 1
            token = self.tokens[self.at]
            graphs.append((token, self.prologue.iri(token) or ""))
            self.at += 1
        return self._slice(start, self.at), tuple(graphs)

    def _outer_group(self) -> tuple[Group, Group | None]:
        group = self._group()
        only = group.parts[0] if len(group.parts) == 1 else None
        return group, only.select.group if isinstance(only, Part) and only.select else None

    def _trailing_values(self, tail: tuple[Token, ...]) -> Part | None:
        """A VALUES block after the modifiers joins the answer as one in the pattern would."""
        found = next((number for number, token in enumerate(tail) if token.word == "VALUES"), None)
        if found is None:
            return None
        end = tail[-1].start + len(tail[-1].text)
        return Part("VALUES", self.text[tail[found].start : end], tail[found:])

    # Groups

    def _group(self) -> Group:
        """What stands between the braces that start here."""
        opening = self.at
        self._take("{")
        if self._word() == "SELECT":
            return self._sub_select(opening)
        parts: list[Triple | Part] = []
        while not self._is("}"):
            if self._is("."):
                self.at += 1
            elif self._is("{"):
                parts.append(self._braces())
            elif self._word() in KEYWORDS:
                parts.append(self._keyword())
            else:
                parts.extend(self._triples_or_other())
        self.at += 1
        return Group(tuple(parts), tuple(self.tokens[opening : self.at]))

    def _sub_select(self, opening: int) -> Group:
        self.at += 1
        head = self._until({"WHERE"})
        self.at += self._word() == "WHERE"
        inner = self._group()
        start = self.at
        while not self._is("}"):
            self._skip()
        tail = tuple(self.tokens[start : self.at])
        self.at += 1
        tokens = tuple(self.tokens[opening : self.at])
        part = Part("SELECT", self._slice(opening, self.at), tokens, (inner,), select=Select(head, inner, tail))
        return Group((part,), tokens)

    def _braces(self) -> Part:
        start = self.at
        groups = [self._group()]
        while self._word() == "UNION":
            self.at += 1
            groups.append(self._group())
        only = groups[0].parts[0] if len(groups) == 1 and len(groups[0].parts) == 1 else None
        if isinstance(only, Part) and only.keyword == "SELECT":
            return only
        return self._part("UNION" if len(groups) > 1 else "GROUP", start, groups)

    def _keyword(self) -> Part:
        start, word = self.at, self._word()
        self.at += 1
        if word in WITH_GROUP:
            graph = None
            if word in ("GRAPH", "SERVICE"):
                self.at += self._word() == "SILENT"
                graph = self._node([])
            return self._part(word, start, [self._group()], graph)
        if word == "VALUES":
            if self._is("("):
                self._balanced()
            else:
                self.at += 1
            self._balanced()
            return self._part(word, start)
        groups = self._expression()
        return self._part(word, start, groups)

    def _expression(self) -> list[Group]:
        """A FILTER's or BIND's: passes over it, and returns the groups of its EXISTS."""
        groups = []
        if self._word() in ("NOT", "EXISTS"):
            self.at += 2 if self._word() == "NOT" else 1
            return [self._group()]
        if not self._is("("):
            self.at += 1  # the name of a function
        self._take("(")
        depth = 1
        while depth:
            if self._is("{"):
                groups.append(self._group())
                continue
            self.tokens[self.at]  # the end is an IndexError
            depth += self._is("(") - self._is(")")
            self.at += 1
        return groups

    # Triples

    def _triples_or_other(self) -> list[Triple | Part]:
        start, blanks = self.at, self.blanks
        found: list[Triple] = []
        try:
            has_properties = self._is("[") and self.tokens[self.at + 1].text != "]"
            subject = self._node(found)
            if not (has_properties and self._ends_block()):
                self._properties(subject, found)
            if not self._ends_block():
                raise NotUnderstoodError
        except (NotUnderstoodError, IndexError):
            self.at, self.blanks = start, blanks
            while not self._ends_block():
                self._skip()
            if self.at == start:
                raise NotUnderstoodError from None
            other = self._part("OTHER", start)
            return [replace(other, text=f"{other.text} .")]
        return list(found)

    def _ends_block(self) -> bool:
        is_annotation = self._is("{") and self.tokens[self.at + 1].text == "|"
        return (self._is(".", "{", "}") and not is_annotation) or self._word() in KEYWORDS

    def _properties(self, subject: Node, found: list[Triple]) -> None:
        while True:
            verb = self._verb()
            while True:
                place = len(found)
                target = self._node(found)
                found.insert(place, Triple(subject, verb, target))
                if not self._is(","):
                    break
                self.at += 1
            while self._is(";"):
                self.at += 1
                if not self._is(";") and (self._ends_block() or self._is("]")):
                    return
                if not self._is(";"):
                    break
            else:
                return

    def _node(self, found: list[Triple]) -> Node:
        """The subject or object that starts here; what stands in its brackets is added to `found`."""
        start, token = self.at, self.tokens[self.at]
        self.at += 1
        if token.kind == "variable":
            return Node(Kind.VARIABLE, f"?{token.text[1:]}", token, len(token.text), shown=token.text)
        if token.kind == "name" and token.text.startswith("_:"):
            name = "".join(letter if letter.isalnum() else "_" for letter in token.text[2:])
            return Node(Kind.BLANK, f"?pmkg_{name}", token, len(token.text), shown=token.text)
        if token.kind in ("iri", "name"):
            iri = self.prologue.iri(token) or ""
            return Node(Kind.IRI, token.text, token, len(token.text), iri)
        if token.kind == "mark" and token.text == "[":
            self.blanks += 1
            node = Node(Kind.BLANK, f"?pmkg{self.blanks}", token, 1, shown="[]")
            if not self._is("]"):
                self._properties(node, found)
            self._take("]")
            return node
        if token.kind == "mark" and token.text == "(":
            self.at = start
            self._balanced()
            text = self._slice(start, self.at)
            return Node(Kind.OTHER, text, token, len(text))
        self.at = start
        return self._literal()

    def _literal(self) -> Node:
        start, token = self.at, self.tokens[self.at]
        self.at += 1
        if token.kind == "string":
            if self.tokens[self.at].kind == "tag":
                self.at += 1
            elif self._is("^^"):
                self.at += 2
        elif token.text in ("+", "-") and self.tokens[self.at].kind == "number":
            self.at += 1
        elif token.kind != "number" and token.text.lower() not in ("true", "false"):
            raise NotUnderstoodError
        text = self._slice(start, self.at)
        return Node(Kind.LITERAL, text, token, len(text))

    def _verb(self) -> Verb:
        start, token = self.at, self.tokens[self.at]
        if token.kind == "variable":
            self.at += 1
            return Verb(f"?{token.text[1:]}", token, len(token.text), is_variable=True)
        cuts: list[int] = [start]
        is_sequence = self._path(cuts, top=True)
        text = self._slice(start, self.at)
        terms = tuple(
            (word, TYPE if word.text == "a" else self.prologue.iri(word) or "")
            for word in self.tokens[start : self.at]
            if word.kind in ("iri", "name") or word.text == "a"
        )
        if self.at == start + 1:
            return Verb(text, token, len(text), iri=terms[0][1] if terms else "", terms=terms)
        ends = [*(cut - 1 for cut in cuts[1:]), self.at]
        spans = zip(cuts, ends, strict=True) if is_sequence else ((start, self.at),)
        steps = tuple((self._slice(*span), self.tokens[span[0]]) for span in spans)
        return Verb(text, token, len(text), terms=terms, steps=steps)

    def _path(self, cuts: list[int], *, top: bool = False) -> bool:
        """Passes over a path; notes where its steps start, and says whether it is one sequence."""
        while True:
            self._path_step()
            if self._is("/"):
                self.at += 1
                cuts.append(self.at)
            elif self._is("|"):
                self.at += 1
                self._path([])
                return False
            else:
                return top

    def _path_step(self) -> None:
        self.at += self._is("^")
        token = self.tokens[self.at]
        if token.text == "!":
            self.at += 1
            if self._is("("):
                self._balanced()
            else:
                self.at += 1 + self._is("^")
        elif self._is("("):
            self.at += 1
            self._path([])
            self._take(")")
        elif token.kind in ("iri", "name") or token.text == "a":
            self.at += 1
        else:
            raise NotUnderstoodError
        self.at += self.tokens[self.at].text in ("*", "+", "?")

    # Tokens

    def _word(self) -> str:
        return self.tokens[self.at].word if self.at < len(self.tokens) else ""

    def _is(self, *marks: str) -> bool:
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        return token is not None and token.kind == "mark" and token.text in marks

    def _take(self, mark: str) -> None:
        if not self._is(mark):
            raise NotUnderstoodError
        self.at += 1

    def _until(self, words: set[str] | frozenset[str]) -> tuple[Token, ...]:
        """Passes to the next of these words or to a brace, outside of parentheses."""
        start = self.at
        while self.at < len(self.tokens) and not self._is("{") and self._word() not in words:
            self._skip()
        return tuple(self.tokens[start : self.at])

    def _skip(self) -> None:
        if self._is("(", "{", "["):
            self._balanced()
        else:
            self.tokens[self.at]  # the end is an IndexError
            self.at += 1

    def _balanced(self) -> tuple[Token, ...]:
        start, waiting = self.at, list[str]()
        while True:
            token = self.tokens[self.at]
            if token.kind == "mark" and token.text in SHUT:
                waiting.append(SHUT[token.text])
            elif token.kind == "mark" and token.text in SHUT.values() and waiting.pop() != token.text:
                raise NotUnderstoodError
            self.at += 1
            if not waiting:
                return tuple(self.tokens[start : self.at])

    def _slice(self, start: int, end: int) -> str:
        if start >= end:
            return ""
        last = self.tokens[end - 1]
        return self.text[self.tokens[start].start : last.start + len(last.text)]

    def _part(self, keyword: str, start: int, groups: list[Group] | None = None, graph: Node | None = None) -> Part:
        return Part(
            keyword, self._slice(start, self.at), tuple(self.tokens[start : self.at]), tuple(groups or ()), graph
        )
