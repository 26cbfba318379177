"""Keywords without a space beside them: the engine takes them apart and would fetch; the guard does not let them by."""

from __future__ import annotations

import pytest

from graph.errors import QueryRefusedError
from graph.sparql.guard import inspect, inspect_update

OUTSIDE = "<http://127.0.0.1:9/>"


@pytest.mark.parametrize("services", [False, True])
@pytest.mark.parametrize(
    "text",
    [
        f"SELECT * {{ SERVICESILENT{OUTSIDE} {{ ?s ?p ?o }} }}",
        f"SELECT * {{ ?s ?p trueSERVICE{OUTSIDE} {{ ?s ?p ?o }} }}",
        "SELECT * { VALUES ?s { <http://127.0.0.1:9/> } servicesilent?s { ?s ?p ?o } }",
        f"PREFIX x: {OUTSIDE} SELECT * {{ SERVICEx:y {{ ?s ?p ?o }} }}",
        f"PREFIX : {OUTSIDE} SELECT * {{ ServiceSilent:y {{ ?s ?p ?o }} }}",
        f"PREFIX SERVICEx: <a:> PREFIX x: {OUTSIDE} SELECT * {{ SERVICEx:y {{ ?s ?p ?o }} }}",
        f"PREFIX x: {OUTSIDE} SELECT * {{ ?s ?p trueSERVICEx:y {{ ?s ?p ?o }} }}",
    ],
)
def test_a_call_to_another_service_without_a_space_is_refused(text: str, services: bool) -> None:
    with pytest.raises(QueryRefusedError, match="space"):
        inspect(text, services=services)


@pytest.mark.parametrize(
    "text",
    [
        f"LOADSILENT{OUTSIDE}",
        f"PREFIX x: {OUTSIDE} LOADx:y",
        f"CLEAR ALL ; PREFIX x: {OUTSIDE} LOADSILENTx:y INTO GRAPH <a:g>",
        f"INSERT {{}} WHERE {{ SERVICESILENT{OUTSIDE} {{}} }}",
    ],
)
def test_an_update_that_fetches_without_a_space_is_refused(text: str) -> None:
    with pytest.raises(QueryRefusedError, match="space"):
        inspect_update(text)


@pytest.mark.parametrize(
    "text",
    [
        "PREFIX service: <a:> SELECT * { ?s a service:Thing ; service:load service:y . GRAPH service:g { ?s ?p ?o } }",
        "PREFIX load: <a:> SELECT * FROM load:g { ?loads load:x 1 ; load:y 'SERVICESILENT<a:>' }",
    ],
)
def test_prefixes_of_such_names_may_be_used(text: str) -> None:
    inspect(text)
    inspect_update("PREFIX load: <a:> INSERT DATA { load:a load:b 1 ; load:c 2 . load:d load:e 3 }")
