"""Recover broken Turtle and its kin: a text flows in; the statements that stand, and problems, flow out.

The text is taken apart into statements at the dots that end them, and a broken statement into its predicates and
objects. A part is kept where the engine reads it alone, and where it is sure that it is one: what follows a mistake of
structure (a quote that is never closed, two terms where one may stand) may belong to something else, and is left out.
All that is kept is then read together, so that blank nodes are what they were.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

import pyoxigraph as ox

from graph.catalogue.read.model import Recovered
from graph.catalogue.read.parse import parsed, plain
from graph.catalogue.read.repair import Trials, failing, repaired
from graph.catalogue.read.statements import Statement, Token, entries_of, statements_of, term_size, text_of
from graph.errors import InputError, Place, RdfSyntaxError
from graph.names import PREFIXES

# Prefixes that mean one thing wherever they are used; one that was forgotten is put in, and reported.
COMMON = {
    name: PREFIXES[prefix]
    for name, prefix in (
        *((name, name) for name in ("dcat", "dcterms", "foaf", "vcard", "skos", "adms", "prov", "dqv", "csvw", "odrl")),
        *((name, name) for name in ("healthdcatap", "dcatap", "dpv", "spdx", "hydra", "ldp", "xsd", "rdf", "rdfs")),
        ("dct", "dcterms"),
    )
    if prefix in PREFIXES
}


def recover_text(text: str, address: str, base: str) -> Recovered:
    """What stands of a text in Turtle, TriG, N-Triples or N-Quads, and what is wrong with the rest."""
    return _Recovery(text, address, base).run()


def recover_lines(text: str, kind: ox.RdfFormat, address: str, base: str) -> Recovered:
    """What stands of a text in N-Triples or N-Quads, where each line is a statement of its own."""
    problems, lines = list[InputError](), [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    if lines and not text.endswith(("\n", "\r")) and not re.search(r"[\s>\"]\.\s*$", lines[-1][1]):
        problems.append(_cut(address, lines.pop()[0]))

    def read(some: Sequence[tuple[int, str]]) -> tuple[ox.Triple, ...]:
        return parsed(_bytes("\n".join(line for _, line in some)), kind, address, base, lenient=True)

    trials = Trials(read)
    bad = failing(lines, trials.works)
    for number, line in ((lines[n]) for n in sorted(bad)):
        error = trials.error([(number, line)])
        problems.append(_problem(error, address, number, error.place.column if error else None, "the line is"))
    found = repaired(read([line for n, line in enumerate(lines) if n not in bad]), text, address)
    return Recovered(found.triples, (*problems, *found.problems), found.is_whole and not problems)


class _Recovery:
    """One text under recovery: its good statements gather in `kept`, what is wrong in `problems`."""

    def __init__(self, text: str, address: str, base: str) -> None:
        self.text, self.address, self.base = text, address, base
        self.breaks = [found.start() for found in re.finditer("\n", text)]
        self.prelude, self.kept = list[str](), list[str]()
        self.declared = set[str]()
        self.problems, self.lost, self.stopped = list[InputError](), False, False
        self.trials = Trials(self._read)

    def run(self) -> Recovered:
        waiting = list[Statement]()
        for statement in statements_of(self.text):
            if statement.ended and not statement.is_directive:
                waiting.append(statement)
                continue
            self._settle(waiting)
            waiting = []
            if statement.is_directive:
                self._declare(statement)
            else:
                self._settle([statement])
        self._settle(waiting)
        found = repaired(self._read(self.kept), self.text, self.address)
        problems = tuple(sorted((*self.problems, *found.problems), key=lambda problem: problem.place.line or 0))
        return Recovered(found.triples, problems, found.is_whole and not self.lost)

    def _read(self, texts: Sequence[str]) -> tuple[ox.Triple, ...]:
        content = _bytes("\n".join(texts))
        return parsed(content, ox.RdfFormat.TURTLE, self.address, self.base, lenient=True)

    def _error(self, texts: Sequence[str]) -> RdfSyntaxError | None:
        return self.trials.error([*self.prelude, *texts])

    def _declare(self, statement: Statement) -> None:
        error = self._error([statement.text]) if statement.ended else None
        if not statement.ended or error is not None:
            self._lose(statement.tokens[0].start, "the directive is not valid", error)
        elif not self.stopped:
            self.declared.add(statement.tokens[1].text)
            self.prelude.append(statement.text)
            self.kept.append(statement.text)

    def _settle(self, statements: Sequence[Statement]) -> None:
        """Keep the good ones of some statements, and what stands of the others."""
        if self.stopped:
            return
        for statement in statements:
            self._supply_prefixes(statement.tokens)
        texts = [statement.text for statement in statements]
        is_whole = all(statement.ended for statement in statements)
        bad = failing(texts, lambda some: is_whole and self._error(some) is None)
        for n, statement in enumerate(statements):
            if n not in bad:
                self.kept.append(texts[n])
                continue
            self._prune(statement)
            if statement.is_suspect:
                self.stopped = True
                after = statement.tokens[-1].start
                self._lose(after, "from here on it is not sure what is in quotes; all of it is left out")
                return

    def _supply_prefixes(self, tokens: Sequence[Token]) -> None:
        """Declare a well-known prefix that the author forgot, and report it as well as language tags with a _."""
        for token in tokens:
            if token.text != token.clean and token.kind == "tag":
                self._report(token.start, f"{token.text} is no language tag; it was read as {token.clean}")
            name, colon, _ = token.text.partition(":")
            if token.kind == "word" and colon and name in COMMON and name + ":" not in self.declared:
                self.declared.add(name + ":")
                self.prelude.append(f"@prefix {name}: <{COMMON[name]}> .")
                self.kept.append(self.prelude[-1])
                self._report(token.start, f"the prefix {name}: is not declared; it was read as {COMMON[name]}")

    def _prune(self, statement: Statement) -> None:
        """Keep what stands of a statement that is broken."""
        tokens = statement.tokens
        size = term_size(tokens, 0)
        subject = text_of(tokens[:size])
        error = self._error([f"{subject} a [] ."] if size else [statement.text])
        if error is not None or not size:
            self._lose(tokens[0].start, "the statement is not valid", error)
            return
        said = self._entries(tokens[size:], subject, statement.ended)
        if said:
            self.kept.append(f"{subject} {' ; '.join(said)} .")
        elif tokens[0].text == "[" and self._error([subject + " ."]) is None:
            self.kept.append(subject + " .")

    def _entries(self, tokens: Sequence[Token], subject: str, ended: bool) -> list[str]:
        """The predicates with their objects that stand, as far as it is sure whose they are."""
        said = list[str]()
        for entry in entries_of(tokens):
            objects = entry.objects
            if not entry.is_closed and not ended:  # its last object may have been cut
                self._lose(entry.start, "the text ends in the middle of the statement")
                objects = objects[:-1]
            elif not entry.is_sound:
                what = "" if entry.is_alone else "; the rest of the statement may be another's, and is left out"
                self._lose(
                    entry.start, f"'{plain(text_of(entry.tokens[:8]))[:80]} …' is no predicate with its objects{what}"
                )
                objects = objects[:-1]
            good = [text for item in objects for text in self._object(subject, entry.verb, item)]
            if good:
                said.append(f"{text_of(entry.verb)} {' , '.join(good)}")
            if not entry.is_alone:
                break
        if not ended and tokens and tokens[-1].text == ";":
            self._lose(tokens[-1].start, "the text ends before the statement does")
        return said

    def _object(self, subject: str, verb: Sequence[Token], item: Sequence[Token]) -> list[str]:
        """An object as text, without what does not stand of it; nothing where all is wrong."""
        stated = f"{subject} {text_of(verb)} {text_of(item)} ."
        error = self._error([stated])
        if error is None:
            return [text_of(item)]
        if item[0].text == "[" and self._error([f"{subject} {text_of(verb)} [] ."]) is None:
            return [f"[ {' ; '.join(self._entries(item[1:-1], '[]', True))} ]"]
        self._lose(item[0].start, f"what is said with {plain(text_of(verb))} is not valid", error)
        return []

    def _lose(self, at: int, message: str, error: RdfSyntaxError | None = None) -> None:
        self.lost = True
        reason = re.sub(r"^not valid \w+: |\.$", "", error.message) if error else ""
        self._report(at, f"{message}: {reason}" if reason else message)

    def _report(self, at: int, message: str) -> None:
        line = bisect_left(self.breaks, at) + 1
        place = Place(file=self.address, line=line, column=at - self.breaks[line - 2] if line > 1 else at + 1)
        self.problems.append(RdfSyntaxError(message + ".", place=place, advice="Mend it there."))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _problem(error: RdfSyntaxError | None, address: str, line: int, column: int | None, what: str) -> RdfSyntaxError:
    reason = error.message.removeprefix("not ") if error else "not valid."
    return RdfSyntaxError(f"{what} not {reason}" if error else f"{what} {reason}",
                          place=Place(file=address, line=line, column=column), advice="Mend it there.")  # fmt: skip


def _cut(address: str, line: int) -> RdfSyntaxError:
    place = Place(file=address, line=line)
    return RdfSyntaxError("the text ends in the middle of a statement.", place=place, advice="Get all of it.")
