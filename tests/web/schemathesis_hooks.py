"""What schemathesis needs to know of our media types: a text it made flows in, the bytes of a body flow out."""

from __future__ import annotations

import schemathesis

from graph.store.formats import Kind, formats

SPARQL = ["application/sparql-query", "application/sparql-update"]
schemathesis.serializer.alias([*SPARQL, *(item.media_type for item in formats(Kind.GRAPH))], "text/plain")
