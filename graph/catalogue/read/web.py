"""Walk a catalogue on the web: its address flows in; its pages, and all they lead to within the bounds, flow out."""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import count

from graph.catalogue.read.client import Answer, Client
from graph.catalogue.read.document import read_leniently
from graph.catalogue.read.endpoint import read_endpoint
from graph.catalogue.read.links import (
    counted_next,
    datasets_of,
    endpoint_of,
    is_data_point,
    is_paged,
    next_pages,
    steps_of,
)
from graph.catalogue.read.model import Page, Reading, Seen
from graph.catalogue.read.parse import base_of
from graph.errors import FetchError, FetchStatusError, HarvestBoundError, InputError, Place
from graph.rdf.index import Index
from graph.settings import Settings

SPARQL = re.compile(r"(?:sparql\+|sparql:)(https?://.*)", re.IGNORECASE)
QUERIES = re.compile(r"sparql|/repositories/[^/]+$|/query$", re.IGNORECASE)


def read_web(source: str, settings: Settings, before: Mapping[str, Seen], progress: Callable[[str], None]) -> Reading:
    """Everything that an address leads to.

    Raises:
        FetchError: the first document cannot be had.
    """
    endpoint = SPARQL.fullmatch(source)
    if endpoint:
        return read_endpoint(endpoint[1], source, Client(settings, {}), settings, before, progress)
    walk = _Walk(source, Client(settings, before), settings, before, progress)
    reading = walk.run()
    if walk.is_stale:
        reading = _Walk(source, Client(settings, {}), settings, before, progress).run()
    return reading


@dataclass(frozen=True)
class _Stop:
    """A document to go to: how many links away it is, whether a page named it as the next, or it is only a guess."""

    address: str
    depth: int
    is_next: bool = False
    is_guess: bool = False


class _Walk:
    """One harvest over the web: what waits, what was seen, and what was found so far."""

    def __init__(
        self,
        source: str,
        client: Client,
        settings: Settings,
        before: Mapping[str, Seen],
        progress: Callable[[str], None],
    ) -> None:
        self._source, self._client, self._settings = source, client, settings
        self._before, self._progress = before, progress
        self._waiting = deque([_Stop(source, 0)])
        self._known = {source.partition("#")[0]}
        self._contents, self._datasets = dict[str, str](), set[str]()
        self._is_data_point = False
        self._pages, self._problems = list[Page](), list[InputError]()
        self._kept = 0
        self._is_complete = True

    @property
    def is_stale(self) -> bool:
        """Whether a page of last time was not come across, though another had not changed.

        What leads to it may be in the head of an answer, which is not kept.
        """
        return self._kept > 0 and not set(self._before) <= set(self._contents)

    def run(self) -> Reading:
        for turn in count():
            if not self._waiting:
                break
            stop = self._waiting.popleft()
            self._progress(stop.address)
            try:
                answer = self._client.get(stop.address)
            except HarvestBoundError as error:
                if not stop.is_guess:
                    self._miss(stop, error)
                break
            except FetchError as error:
                if turn == 0:
                    return self._asked(stop.address, error)
                if not stop.is_guess:
                    self._miss(stop, error)
                continue
            endpoint = self._take(stop, answer)
            if endpoint is not None:
                return self._asked(endpoint, None)
        return Reading(self._source, tuple(self._pages), tuple(self._problems), self._is_complete, self._is_unchanged())

    def _asked(self, address: str, error: FetchError | None) -> Reading:
        """What an endpoint gives; where `error` came first, the address may be one that answers queries alone.

        Raises:
            FetchError: it is no endpoint.
        """
        if error is not None and (not isinstance(error, FetchStatusError) or not QUERIES.search(address)):
            raise error
        try:
            return read_endpoint(address, self._source, self._client, self._settings, self._before, self._progress)
        except FetchError as second:
            raise error or second from second

    def _take(self, stop: _Stop, answer: Answer) -> str | None:
        """Keep a document and line up what it leads to; the endpoint, where it turns out to describe one."""
        digest = hashlib.sha256(answer.content).hexdigest()
        if stop.is_next and digest in self._contents.values():
            return None  # a server that gives its last page for ever
        base = base_of(answer.url)
        page, found = read_leniently(answer.content, answer.media_type, stop.address, self._settings, base=base)
        index, datasets = Index(page.triples), datasets_of(page.triples)
        if stop.address == self._source and not self._pages:
            endpoint = endpoint_of(index, answer.url)
            if endpoint is None and not page.triples and QUERIES.search(stop.address):
                endpoint = answer.url  # a page for people, where queries go
            if endpoint is not None:
                return endpoint
        if stop.is_guess and (not datasets - self._datasets or not found.is_whole):
            return None
        self._contents[stop.address] = digest
        self._datasets |= datasets
        self._pages.append(replace(page, etag=answer.etag, last_modified=answer.last_modified))
        self._problems += found.problems
        self._is_complete = self._is_complete and found.is_whole
        self._kept += answer.is_kept
        self._line_up(stop, answer, index, bool(datasets))
        return None

    def _line_up(self, stop: _Stop, answer: Answer, index: Index, has_datasets: bool) -> None:
        following = next_pages(index, answer.links, answer.url)
        for address in following:
            self._add(_Stop(address, stop.depth, is_next=True))
        if not following and not is_paged(index) and has_datasets and stop.depth == 0:
            guess = counted_next(stop.address, feed=not stop.is_next)
            if guess is not None:
                self._add(_Stop(guess, stop.depth, is_next=True, is_guess=True))
        self._is_data_point = self._is_data_point or (stop.depth == 0 and is_data_point(index))
        if self._is_data_point:
            for address in steps_of(index, answer.url):
                self._add(_Stop(address, stop.depth + 1))

    def _add(self, stop: _Stop) -> None:
        """Go to a document once, and not too far."""
        if stop.address in self._known:
            return
        self._known.add(stop.address)
        if stop.depth > self._settings.harvest_depth:
            self._miss(stop, f"it is more than {self._settings.harvest_depth} links away from the first document")
        elif not re.match(r"https?://", stop.address):
            self._miss(stop, "it is no http(s) address")
        else:
            self._waiting.append(stop)

    def _miss(self, stop: _Stop, why: str | FetchError) -> None:
        """Report a document that is not in what was read."""
        self._is_complete = False
        message = f"it was not read: {why.message if isinstance(why, FetchError) else why + '.'}"
        advice = why.advice if isinstance(why, FetchError) else ""
        self._problems.append(InputError(message, place=Place(file=stop.address), advice=advice))

    def _is_unchanged(self) -> bool:
        """Whether every page is the one of last time, to the byte, and none is missing."""
        return (
            self._is_complete
            and bool(self._pages)
            and set(self._before) == {page.address for page in self._pages}
            and all(self._before[address].sha256 == digest for address, digest in self._contents.items())
        )
