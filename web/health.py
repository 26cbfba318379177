"""`/health`: what the data directory says now flows out at once, whatever else the server does."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from web.service import service

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
def health() -> Response:
    """200 for as long as the server answers HTTP; the generation is null before the first build."""
    known = service()
    generation = known.generation
    response = jsonify(
        status="ok" if generation else "starting",
        generation=generation.number if generation else None,
        triples=generation.triples if generation else None,
        building=known.is_building(),
    )
    response.cache_control.no_store = True
    return response
