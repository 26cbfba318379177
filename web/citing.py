"""How an answer may be cited: a question and its generation flow in, links that ask it again flow out.

`cite-as` (RFC 8574) is the address to write down: the query on its generation, which answers the same for as long as
that generation is kept. An answer from a generation that was named is a memento (RFC 7089): it says of when, and links
to the same question of today. `help` (HTML) is what there is to say about the query itself.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote, urlencode

from flask import request
from werkzeug.datastructures import Headers
from werkzeug.http import http_date

from graph.store.engine import Edition, QueryRequest

LONGEST = 4_000  # characters of a link: proxies take 8 kB of headers, and there are others


def add_links(headers: Headers, asked: QueryRequest, edition: Edition) -> None:
    """Add the links to an answer's headers, where the query is short enough for one."""
    now = address(asked)
    if len(now) > LONGEST:
        return
    headers.add("Link", f'<{now}&generation={edition.number}>; rel="cite-as"')
    if 2 * len(now) <= LONGEST:
        headers.add("Link", f'<{address(asked, "/advice")}>; rel="help"')
    if asked.generation is not None:
        headers.add("Link", f'<{now}>; rel="original latest-version"')
        headers.set("Memento-Datetime", http_date(datetime.fromisoformat(edition.created)))


def address(asked: QueryRequest, path: str = "/sparql") -> str:
    """The address of a question, from the root of this server: its name is for the client to know, not for a header."""
    graphs = [
        *(("default-graph-uri", iri) for iri in asked.default_graphs),
        *(("named-graph-uri", iri) for iri in asked.named_graphs),
    ]
    text = urlencode([("query", asked.text), *graphs], quote_via=quote, errors="replace")
    return f"{request.script_root}{path}?{text}"
