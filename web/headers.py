"""What every answer's headers say: a response flows in, the same with its security and CORS headers flows out."""

from __future__ import annotations

from flask import Flask, Response, request

# Yasgui makes a <style> element for the columns it resizes, and style attributes: hence 'unsafe-inline' for styles, on
# the one page that holds it. No page needs an inline script.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{styles}; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_PAGE = _POLICY.format(styles="")
_EDITOR_PAGE = _POLICY.format(styles=" 'unsafe-inline'")
_DATA = "default-src 'none'; frame-ancestors 'none'"

# Anybody's page may ask: everything here is public, nothing reads a cookie.
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Digest, Content-Disposition, Content-Length, ETag, Link, Location, "
    "Memento-Datetime, PMKG-Cache, PMKG-Generation, PMKG-Query-Id, PMKG-Rows, RateLimit-Limit, RateLimit-Remaining, "
    "RateLimit-Reset, Repr-Digest, Retry-After, Server-Timing, X-Request-Id",
}
_PREFLIGHT = {
    "Access-Control-Allow-Headers": "Accept, Authorization, Content-Encoding, Content-Type, If-Match, If-None-Match, "
    "PMKG-Query-Id, X-Request-Id",
    "Access-Control-Max-Age": "86400",
}

# For answers that the server gives before the application is asked.
ALWAYS = {
    "Content-Security-Policy": _DATA,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    **_CORS,
}


def register(app: Flask) -> None:
    """Add the headers to every answer of the application."""
    app.after_request(_complete)


def _complete(response: Response) -> Response:
    page = _EDITOR_PAGE if request.endpoint == "pages.home" else _PAGE
    if response.status_code >= 400:
        response.headers.setdefault("Cache-Control", "no-store")  # a cache may keep a 404 or a 410 otherwise
    response.headers["Content-Security-Policy"] = page if response.mimetype == "text/html" else _DATA
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers.update(_CORS)
    if request.method == "OPTIONS":
        response.headers.update(_PREFLIGHT)
        response.headers["Access-Control-Allow-Methods"] = ", ".join(sorted(response.allow))
    return response
