"""An answer as an HTTP response: a `QueryRequest` flows in, a response that streams flows out, or an error first.

In this order: the client has the answer already (304); it is kept, because somebody asked the same (`web.caching`); a
reader gives it. A short one is sent with its length, digest and number of rows in front; a long one streams, compressed
as it comes, and these follow as trailers where the client takes them. HEAD gets them alone.
"""

from __future__ import annotations

import hashlib
import select
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain

from flask import Response, request

from graph.errors import NoGenerationError
from graph.store.engine import Answer, Edition, QueryRequest
from graph.store.formats import by_name
from web import caching, citing, encoding, negotiation, wholeness
from web.caching import AnswerCache, Kept
from web.clients import client
from web.queries import QUERY_ID, place
from web.service import service

CONNECTION = "pmkg.connection"  # where the server puts the file descriptor of the client's connection
SMALL = 4_096  # an answer that ends before so many bytes is sent with its length
# The same here, since every answer is a whole representation; HEAD has no content, and the second alone.
DIGESTS = ("Content-Digest", "Repr-Digest")


def answered(asked: QueryRequest, *, citable: bool = False) -> Response:
    """The answer as a response: an error before the first bytes is a problem, a later one breaks it off.

    `citable` is whether its address is that of the query, so that it says how to cite it.

    Raises:
        QueryError: it was not answered.
    """
    delivery = _Delivery(asked, citable)
    return delivery.unchanged() or delivery.kept() or delivery.fresh()


def watch(connection: int | None) -> Callable[[], bool]:
    """Whether the client is still there, as a function; always where the server does not tell its connection."""
    if connection is None:
        return lambda: True
    hung_up = select.poll()
    hung_up.register(connection, select.POLLRDHUP)
    return lambda: not hung_up.poll(0)


class _Delivery:
    """One answer on its way to the client of the current request."""

    def __init__(self, asked: QueryRequest, citable: bool) -> None:
        self._asked = asked
        self._is_head = request.method == "HEAD"
        self._is_stable = not caching.is_volatile(asked.text)
        self._has_tag = self._is_stable and request.method in ("GET", "HEAD")
        self._is_citable = citable and self._is_stable
        self._codings = encoding.codings()
        if self._is_head and encoding.IDENTITY in self._codings:
            self._codings = (encoding.IDENTITY,)  # what HEAD tells is told of the answer as it is
        self._cache = service().cache
        self._caches = self._is_stable and self._cache.is_on
        self._edition = self._known_edition() if self._is_stable else None
        # `If-None-Match: *` is met by whatever is there, once it is known that there is something.
        self._takes_any = self._has_tag and request.if_none_match.star_tag
        self._trailers: list[tuple[str, str]] | None = request.environ.get(wholeness.TRAILERS)

    def unchanged(self) -> Response | None:
        """304, where the client has the answer."""
        if self._edition is None:
            return None
        tag = caching.matching_tag(self._edition, self._asked, encoding.codings())
        return self._not_modified(self._edition, tag) if tag else None

    def kept(self) -> Response | None:
        """The answer that somebody else was given."""
        if not self._caches or self._edition is None:
            return None
        if self._is_head and not caching.is_reproducible(self._asked.text):
            return None  # what is kept would not be what GET sends when it is kept no longer
        kept = self._cache.get(AnswerCache.key(self._edition, self._asked, self._codings))
        if kept is not None and self._takes_any:
            return self._not_modified(kept.edition, self._tag(kept.edition, kept.format_name, kept.coding))
        return self._whole(kept, "hit", []) if kept else None

    def fresh(self) -> Response:
        """The answer of a reader."""
        with ExitStack() as opened:
            running = opened.enter_context(place(self._asked.text))
            asked = replace(
                self._asked,
                is_wanted=running.wanted(self._asked.is_wanted),
                on_turn=running.on_turn,
                client=client().key,
            )
            answer = opened.enter_context(service().query(asked))
            running.on_answer(answer)
            response = self._begun(answer, opened)
            response.headers[QUERY_ID] = running.id
            return response

    def _begun(self, answer: Answer, opened: ExitStack) -> Response:
        if self._takes_any:
            coding = encoding.chosen(answer.format.media_type, self._codings)
            return self._not_modified(answer.edition, self._tag(answer.edition, answer.format.name, coding))
        account = wholeness.Account(answer.format.name, service().settings.answer_megabytes * 2**20)
        chunks = account.over(iter(answer))
        if self._is_head:
            return self._head(answer, account, chunks)
        first = next(chunks, b"")
        # A short first chunk is nearly always the whole answer: looking for another then costs nothing.
        second = next(chunks, None) if len(first) < SMALL else b""
        if second is not None:
            return self._streamed(answer, account, chain((first, second), chunks), opened)
        coding = encoding.chosen(answer.format.media_type, self._codings, len(first))
        body = encoding.encoded(first, coding)
        kept = Kept(answer.edition, answer.format.name, coding, body, account.rows)
        self._keep(kept)
        return self._whole(kept, "miss", _timing(answer))

    def _whole(self, kept: Kept, found: str, timing: list[str]) -> Response:
        """A response whose length is known, with all that says that it is whole in front."""
        response = self._response(kept.edition, kept.format_name, kept.coding)
        response.set_data(kept.body)
        _say_whole(response, wholeness.digest(kept.body), kept.rows, DIGESTS[self._is_head :])
        self._say(response, timing if found == "miss" else ["cache"], found)
        return response

    def _streamed(
        self, answer: Answer, account: wholeness.Account, chunks: Iterator[bytes], opened: ExitStack
    ) -> Response:
        coding = encoding.chosen(answer.format.media_type, self._codings)
        response = self._response(answer.edition, answer.format.name, coding)
        self._say(response, _timing(answer), "miss")
        if self._trailers is not None:
            rows = ("PMKG-Rows",) if account.counts else ()
            response.headers["Trailer"] = ", ".join((*DIGESTS, *rows, "Server-Timing"))
        rest = opened.pop_all()
        response.response = self._stream(answer, account, encoding.stream(chunks, coding), coding, rest)
        response.call_on_close(rest.close)  # for a client that has gone before the first byte was sent
        return response

    def _stream(
        self, answer: Answer, account: wholeness.Account, contents: Iterator[bytes], coding: str, opened: ExitStack
    ) -> Iterator[bytes]:
        """The encoded contents; what says that they are whole is only put behind them when they are."""
        trailers, began = self._trailers, time.monotonic()
        checksum = hashlib.sha256() if trailers is not None else None
        copy = bytearray() if self._caches else None
        with opened:
            for content in contents:
                if checksum:
                    checksum.update(content)
                if copy is not None and len(copy) + len(content) <= self._cache.largest:
                    copy += content
                else:
                    copy = None
                    if trailers is None:
                        account.stop_counting()
                yield content
        rows = account.rows
        if copy is not None:
            self._keep(Kept(answer.edition, answer.format.name, coding, bytes(copy), rows))
        if trailers is not None and checksum:
            trailers += [(name, wholeness.written(checksum.digest())) for name in DIGESTS]
            trailers += [("PMKG-Rows", str(rows))] if rows is not None else []
            trailers.append(("Server-Timing", f"serialising;dur={1000 * (time.monotonic() - began):.1f}"))

    def _head(self, answer: Answer, account: wholeness.Account, chunks: Iterator[bytes]) -> Response:
        """The headers of a whole answer, which is made and counted but not sent."""
        coding = encoding.chosen(answer.format.media_type, self._codings)
        response = self._response(answer.edition, answer.format.name, coding)
        response.automatically_set_content_length = False  # where it is not known it is certainly not 0
        timing = _timing(answer)
        if self._is_stable:
            began, size, checksum = time.monotonic(), 0, hashlib.sha256()
            for content in encoding.stream(chunks, coding):
                size += len(content)
                checksum.update(content)
            timing.append(f"serialising;dur={1000 * (time.monotonic() - began):.1f}")
            same = caching.is_reproducible(self._asked.text)
            if same:
                response.headers["Content-Length"] = str(size)
            _say_whole(response, wholeness.written(checksum.digest()) if same else None, account.rows, DIGESTS[1:])
        self._say(response, timing, "miss")
        return response

    def _response(self, edition: Edition, format_name: str, coding: str) -> Response:
        response = Response(content_type=negotiation.content_type(by_name(format_name)))
        if coding != encoding.IDENTITY:
            response.headers["Content-Encoding"] = coding
        self._describe(response, edition, self._tag(edition, format_name, coding))
        if self._is_citable:
            citing.add_links(response.headers, self._asked, edition)
        return response

    def _not_modified(self, edition: Edition, tag: str) -> Response:
        response = Response(status=304)
        del response.headers["Content-Type"]
        self._describe(response, edition, tag)
        return response

    def _describe(self, response: Response, edition: Edition, tag: str) -> None:
        """What a client and the caches before it must know of every answer, 304 too (RFC 9110, section 15.4.5)."""
        response.headers["PMKG-Generation"] = str(edition.number)
        response.headers["Cache-Control"] = caching.policy(self._asked, is_stable=self._is_stable)
        response.vary.update(("Accept", "Accept-Encoding"))
        if self._has_tag:
            response.set_etag(tag, weak=True)

    def _say(self, response: Response, timing: list[str], found: str) -> None:
        response.headers["Server-Timing"] = ", ".join(timing)
        if self._caches:
            response.headers["PMKG-Cache"] = found

    def _tag(self, edition: Edition, format_name: str, coding: str) -> str:
        return caching.entity_tag(edition, self._asked, format_name, coding)

    def _keep(self, kept: Kept) -> None:
        if self._caches:
            self._cache.put(AnswerCache.key(kept.edition, self._asked, self._codings), kept)

    def _known_edition(self) -> Edition | None:
        """What the answer will be about, None where only the reader can tell."""
        try:
            return service().engine.edition(self._asked.generation)
        except NoGenerationError:
            return None


def _timing(answer: Answer) -> list[str]:
    return [f"queue;dur={1000 * answer.queued:.1f}", f"evaluation;dur={1000 * answer.evaluated:.1f}"]


def _say_whole(response: Response, digest: str | None, rows: int | None, names: tuple[str, ...]) -> None:
    for name in names if digest else ():
        response.headers[name] = str(digest)
    if rows is not None:
        response.headers["PMKG-Rows"] = str(rows)
