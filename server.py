"""The Flask application factory: settings flow in, a WSGI application flows out."""

from __future__ import annotations

from flask import Flask

from graph.settings import Settings
from web import examples, headers, health, pages, problems, sparql, terms
from web.service import Service

MOST_BYTES = 8 << 20  # of a request's body: room for the longest query that is read, in a form, in any script


def create_app(settings: Settings | None = None) -> Flask:
    """The application; its settings come from the environment where none are given.

    Raises:
        SettingError: a setting in the environment cannot be used.
    """
    app = Flask("web")
    app.extensions["pmkg"] = Service(settings or Settings.from_environment())
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    for blueprint in (sparql.blueprint, health.blueprint, pages.blueprint, examples.blueprint, terms.blueprint):
        app.register_blueprint(blueprint)
    problems.register(app)
    headers.register(app)
    return app
