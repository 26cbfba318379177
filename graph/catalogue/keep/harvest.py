"""Harvest one source: an address, a file or a folder flows in; a generation that holds the catalogue flows out.

It is read, mended, compared with what is stored, validated where it changed, and written at once; nobody sees a part
of it. A source that has not changed costs a comparison, and writes nothing.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyoxigraph as ox

from graph.access.roles import Role
from graph.catalogue.keep.archive import Archive
from graph.catalogue.keep.outcome import Outcome
from graph.catalogue.keep.pages import Kept, details, name_of, seen_pages
from graph.catalogue.keep.places import Places, checked_slug, slug_of
from graph.catalogue.keep.plan import Fetched, Plan, make_plan, title_of
from graph.catalogue.keep.quality import measure, quality, unmeasured
from graph.catalogue.keep.views import Fresh, Stored
from graph.catalogue.mend import Mend, mend
from graph.catalogue.read.harvest import is_address, read_source
from graph.catalogue.read.model import Page, Reading
from graph.catalogue.records import DATASET
from graph.catalogue.score.measure import Measured
from graph.errors import InputError, NoGenerationError, Place
from graph.rdf.index import TYPE, str_of
from graph.settings import Settings
from graph.sparql.literals import MARK
from graph.store.generations import Generations
from graph.write.local import Work, working
from graph.write.request import Chore

LONGEST_IRI = 16_384  # characters; each stands on a page many times, and no server takes a longer address

# Opens a named stage: what it gives is told how far it is, as (steps done now, what is being done).
Advance = Callable[[int, str], None]
Stage = Callable[[str, int | None], AbstractContextManager[Advance]]


def no_stage(name: str, total: int | None) -> AbstractContextManager[Advance]:
    """A stage that shows nothing."""
    return nullcontext(lambda steps, what: None)


@dataclass(frozen=True)
class Task:
    """What to harvest: the slug is made of the source where none is given."""

    source: str
    slug: str = ""
    profile: str = ""
    title: str = ""

    @property
    def name(self) -> str:
        """The slug.

        Raises:
            InputError: it is not plain, or none can be made.
        """
        return checked_slug(self.slug) if self.slug else slug_of(self.source)


def harvest(
    task: Task, settings: Settings, stage: Stage = no_stage, *, dry_run: bool = False, anew: bool = False
) -> Outcome:
    """Take in a source; `anew` reads all of it even where the server says that it has not changed.

    Raises:
        InputError: there is no such source, or its name is another's.
        FetchError: nothing of it can be reached.
        StoreError: the data directory cannot be used.
    """
    started, slug = time.monotonic(), task.name
    archive = Archive(settings.home)
    try:
        outcome = _Harvest(task, slug, settings, stage, archive).run(dry_run=dry_run, anew=anew)
    except BaseException:
        if not dry_run:
            archive.note_look(slug, _absolute(task.source), succeeded=False)
        raise
    if not dry_run:
        archive.note_look(slug, _absolute(task.source), succeeded=not outcome.failed)
    outcome.seconds = time.monotonic() - started
    return outcome


class _Harvest:
    def __init__(self, task: Task, slug: str, settings: Settings, stage: Stage, archive: Archive) -> None:
        self._task, self._settings, self._stage, self._archive = task, settings, stage, archive
        self._slug, self._places = slug, Places(slug)
        self._measured: dict[str, Measured] = {}
        self._started = datetime.now(UTC)

    def run(self, *, dry_run: bool, anew: bool) -> Outcome:
        number, store = self._current()
        self._refuse_confusion()
        reading = self._read(store, anew=anew)
        outcome = Outcome(self._slug, self._task.source, dry_run=dry_run)
        outcome.pages, outcome.size = len(reading.pages), sum(len(page.content) for page in reading.pages)
        outcome.problems, outcome.complete = reading.problems, reading.is_complete
        outcome.triples = sum(len(page.triples) for page in reading.pages)
        if reading.is_unchanged:
            outcome.triples = outcome.triples or sum(1 for _ in Stored(store, self._places.statements))
            outcome.datasets = len(Stored(store, self._places.statements).datasets)
            return outcome
        if outcome.failed:
            return outcome
        fetched = self._mend(reading, store, outcome)
        plan = self._plan(store, fetched)
        outcome.changed, outcome.changes, outcome.twins = plan.is_needed, plan.changes, tuple(sorted(
            plan.new_twins, key=lambda twin: (twin.dataset, twin.other)
        ))  # fmt: skip
        outcome.datasets = len(fetched.now.datasets)
        if plan.is_needed and not dry_run:
            self._measure(store, fetched, plan)
            outcome.generation = self._write(reading, fetched, plan, number)
        return outcome

    def _current(self) -> tuple[int, ox.Store]:
        """The current generation's number and store, nothing where there is none."""
        try:
            generation = Generations(self._settings.home, union=self._settings.union_default_graph).current()
        except NoGenerationError:
            return 0, ox.Store()
        return generation.number, generation.open()

    def _refuse_confusion(self) -> None:
        """Raises InputError where a slug that nobody gave is that of another source."""
        look = self._archive.look(self._slug)
        if not self._task.slug and look is not None and look.source != _absolute(self._task.source):
            raise InputError(
                f"its name would be '{self._slug}', which another source has: {look.source}.",
                place=Place(term=self._task.source),
                advice=f"Give it another with --as, or say --as {self._slug} where it has moved.",
            )

    def _read(self, store: ox.Store, *, anew: bool) -> Reading:
        before = {} if anew else seen_pages(store, self._places, self._task.source)
        if before and Stored(store, self._places.statements).is_empty:
            before = {}  # somebody emptied it
        with self._stage(f"Reading {self._task.source}", None) as advance:
            return read_source(
                self._task.source,
                self._settings,
                before=before,
                progress=lambda address: advance(1, address),
                base=self._places.minting,
            )

    def _mend(self, reading: Reading, store: ox.Store, outcome: Outcome) -> Fetched:
        with self._stage("Mending", None):
            triples, marked = _without_marks(reading)
            outcome.problems += marked
            mended = mend(triples, self._places.minting)
        outcome.mends = Counter(item.rule for item in mended.mends)
        now = Fresh(mended.triples)
        complete = outcome.complete = reading.is_complete and not marked
        uncertain = None if marked else _uncertain(reading)
        if not now.datasets and Stored(store, self._places.statements).datasets:
            complete, uncertain, outcome.complete = False, None, False
            message = "it has no dataset any more, and had some; all are kept."
            advice = "Where it is meant to be empty, delete the catalogue's graphs."
            outcome.problems += (InputError(message, place=Place(term=self._task.source), advice=advice),)
        return Fetched(
            slug=self._slug,
            source=self._task.source,
            profile=self._task.profile,
            title=self._task.title or title_of(now, self._slug),
            now=now,
            mends=mended.mends,
            pages=_pages_of(reading, now, mended.mends),
            complete=complete,
            doubtful=_doubtful(reading),
            uncertain=uncertain,
            moment=datetime.now(UTC),
        )

    def _plan(self, store: ox.Store, fetched: Fetched) -> Plan:
        with self._stage("Comparing with what is stored", None):
            return make_plan(store, fetched)

    def _measure(self, store: ox.Store, fetched: Fetched, plan: Plan) -> None:
        wanted = plan.changes.touched | unmeasured(fetched.now, Stored(store, self._places.quality))
        wanted -= self._measured.keys()
        if wanted:
            with self._stage("Validating and scoring", len(wanted)) as advance:
                self._measured.update(measure(fetched.now, wanted, lambda number: advance(number, "")))

    def _write(self, reading: Reading, fetched: Fetched, plan: Plan, number: int) -> int | None:
        pages = [Kept.of(page, self._task.source) for page in reading.pages]
        with self._stage("Writing the generation", None):
            self._archive.keep(page.content for page in reading.pages)
            chore = Chore("harvest", f"of catalogue {self._slug}")
            with working(self._settings, chore, Role.HARVESTER) as work:
                self._change(work, fetched, plan, pages, number)
        written = work.written
        return written.generation if written is not None else None

    def _change(self, work: Work, fetched: Fetched, plan: Plan, pages: Iterable[Kept], number: int) -> None:
        """Change the draft; the plan was made for the generation of that number."""
        store = work.draft.store
        if (work.draft.parent.number if work.draft.parent else 0) != number:
            plan = make_plan(store, fetched)  # somebody has written in between
            self._measure(store, fetched, plan)
        stored = Stored(store, self._places.quality)
        plan.replace(self._places.quality, stored, quality(self._places, fetched.now, stored, self._measured))
        plan.carry_out(work.change)
        if not work.change.is_empty:
            work.details += details(
                work.activity, self._task.source, pages, plan.changes, self._started, is_first=plan.is_first
            )


def _without_marks(reading: Reading) -> tuple[list[ox.Triple], tuple[InputError, ...]]:
    """All statements but those that no store can hold, or no page show; which these are is said."""
    found, problems, endless = list[ox.Triple](), list[InputError](), dict[str, ox.Triple]()
    for page in reading.pages:
        for triple in page.triples:
            if isinstance(triple.object, ox.Literal) and MARK in triple.object.value:
                place = Place(file=page.address, term=str_of(triple.subject))
                problems.append(InputError("a literal holds U+10FFFE, which no text may hold.", place=place))
            elif any(isinstance(term, ox.NamedNode) and len(term.value) > LONGEST_IRI for term in triple):
                endless.setdefault(page.address, triple)
            else:
                found.append(triple)
    for address, triple in endless.items():
        longest = max((str_of(term) for term in triple if isinstance(term, ox.NamedNode)), key=len)
        message = f"an IRI has {len(longest):,} characters; statements with such are left out."
        advice = f"An IRI has {LONGEST_IRI:,} at most."
        problems.append(InputError(message, place=Place(file=address, term=f"{longest[:60]}…"), advice=advice))
    return found, tuple(problems)


def _pages_of(reading: Reading, now: Fresh, mends: tuple[Mend, ...]) -> dict[str, str]:
    """On which page each dataset stands: the first that states it."""
    found: dict[str, str] = {}
    for page in reading.pages:
        name = _page_name(page, reading.source)
        for triple in page.triples:
            if triple.predicate.value == TYPE and str_of(triple.object) == DATASET:
                found.setdefault(str_of(triple.subject), name)
    moved = {item.subject: item.before.strip("<>") for item in mends if item.property is None}
    usual = name_of(reading.source, reading.source)
    if len(reading.pages) == 1:
        usual = _page_name(reading.pages[0], reading.source)
    return {node.value: found.get(node.value) or found.get(moved.get(node.value, ""), usual) for node in now.datasets}


def _doubtful(reading: Reading) -> frozenset[str]:
    """The nodes that are described on pages which could not be read whole."""
    if reading.is_complete:
        return frozenset()
    files = {problem.place.file for problem in reading.problems} | {problem.place.term for problem in reading.problems}
    pages = (page for page in reading.pages if page.address in files)
    return frozenset(str_of(triple.subject) for page in pages for triple in page.triples)


def _uncertain(reading: Reading) -> frozenset[str] | None:
    """The names of the pages that may hold more than was read; None where it may be any."""
    if reading.uncertain is None:
        return None
    return frozenset(name_of(address, reading.source) for address in reading.uncertain)


def _page_name(page: Page, source: str) -> str:
    return name_of(page.address, source)


def _absolute(source: str) -> str:
    return source if is_address(source) else str(Path(source).resolve())
