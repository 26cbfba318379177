"""The Flask application factory: settings flow in, a WSGI application flows out."""

from __future__ import annotations

from flask import Flask

from graph.errors import InvalidChangeError
from graph.settings import Settings
from web import (
    advice,
    bodies,
    catalogue,
    datasets,
    encoding,
    examples,
    graph_store,
    headers,
    health,
    identity,
    limits,
    login,
    metrics,
    openapi,
    operations,
    pages,
    problems,
    queries,
    requestlog,
    sparql,
    terms,
    validation,
    void,
    writing,
)
from web.service import Service


def create_app(settings: Settings | None = None) -> Flask:
    """The application; its settings come from the environment where none are given.

    Raises:
        SettingError: a setting in the environment cannot be used.
    """
    app = Flask("web")
    settings = settings or Settings.from_environment()
    app.extensions["pmkg"] = Service(settings)
    for operation in (requestlog, metrics, operations, limits):  # first, so that they see every request
        operation.register(app, settings)
    queries.register(app, settings)
    for module in (
        sparql,
        graph_store,
        health,
        pages,
        catalogue,
        datasets,
        validation,
        examples,
        terms,
        advice,
        void,
        openapi,
    ):
        app.register_blueprint(module.blueprint)
    problems.register(app)
    app.register_error_handler(InvalidChangeError, writing.refused)
    headers.register(app)
    encoding.register(app)
    identity.register(app)
    bodies.register(app, settings)
    login.register(app, settings)
    return app
