"""The one table of settings: environment variables flow in, a frozen `Settings` flows out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from graph.errors import SettingError

HOME = Path("var")


def setting(default: object, help: str, minimum: float | None = None, unit: str = "", secret: bool = False) -> Any:
    """One row of the table; a `unit` makes it a bound, which `/limits` shows, and a secret is never shown."""
    metadata = {"help": help, "minimum": minimum, "unit": unit, "secret": secret}
    return field(default=default, repr=not secret, metadata=metadata)


@dataclass(frozen=True)
class Settings:
    """Each field is one setting; its environment variable is `PMKG_` and the name in capitals."""

    home: Path = setting(HOME, "Data directory: generations and caches.")
    host: str = setting("127.0.0.1", "Address that the server listens on.")
    port: int = setting(7878, "Port that the server listens on.", minimum=0)
    union_default_graph: bool = setting(
        True, "Whether a query without FROM sees the merge of all named graphs (1) or the plain default graph (0)."
    )
    engine: str = setting("", "Empty for the embedded store; a remote engine's sparql+http address otherwise.")
    readers: int = setting(
        3, "Queries that run at once, each in a process; one client never has all.", minimum=1, unit="queries"
    )
    query_seconds: float = setting(30.0, "Longest time that one query may run.", minimum=0.01, unit="seconds")
    query_megabytes: int = setting(
        1024, "Most memory that one query may take on top of the graph itself.", minimum=16, unit="MB"
    )
    queue_seconds: float = setting(
        10.0, "Longest time that a query waits for a free reader.", minimum=0.0, unit="seconds"
    )
    answer_megabytes: float = setting(
        256.0, "Largest answer, before compression; a larger one breaks off.", minimum=0.001, unit="MB"
    )
    cache_megabytes: int = setting(
        32, "Memory for answers that are kept to be given again; 0 keeps none.", minimum=0, unit="MB"
    )
    older_generations: int = setting(
        2, "How many older generations are open at once for ?generation=N.", minimum=1, unit="generations"
    )
    startup_seconds: float = setting(
        120.0, "Longest time that a query waits for the first build to end.", minimum=0.0, unit="seconds"
    )
    most_queries: int = setting(
        40, "Queries that run or wait at once, of all clients together; one more gets 503.", minimum=1, unit="queries"
    )
    client_queries: int = setting(
        16, "Queries that one client may have running or waiting at once.", minimum=1, unit="queries"
    )
    user_queries: int = setting(
        32, "The same for one who is identified by a token or a login.", minimum=1, unit="queries"
    )
    client_requests: int = setting(
        6000, "Requests a minute that one client may send.", minimum=1, unit="requests a minute"
    )
    user_requests: int = setting(
        30_000, "The same for one who is identified by a token or a login.", minimum=1, unit="requests a minute"
    )
    connections: int = setting(1000, "Connections that are open at once.", minimum=10, unit="connections")
    client_connections: int = setting(
        100, "Connections that one address may have open at once.", minimum=1, unit="connections"
    )
    client_answers: int = setting(
        32, "Requests that one address may have under way at once.", minimum=1, unit="requests"
    )
    trusted_proxies: int = setting(
        0, "How many reverse proxies stand in front, whose X-Forwarded headers are believed.", minimum=0
    )
    query_characters: int = setting(500_000, "Longest query.", minimum=100, unit="characters")
    query_tokens: int = setting(100_000, "Most words and signs of a query.", minimum=10, unit="words")
    query_levels: int = setting(100, "Deepest nesting of groups and parentheses in a query.", minimum=1, unit="levels")
    query_patterns: int = setting(300, "Most patterns and path steps of a query.", minimum=1, unit="patterns")
    query_operators: int = setting(2000, "Most operators of a query.", minimum=1, unit="operators")
    header_kilobytes: int = setting(
        1024, "Longest request line and headers of a request together.", minimum=4, unit="kB"
    )
    query_body_megabytes: int = setting(
        8, "Longest body of a request by who may not write, as sent and after decompression.", minimum=1, unit="MB"
    )
    form_fields: int = setting(10_000, "Most fields of a form.", minimum=1, unit="fields")
    body_megabytes: int = setting(64, "Longest body of a request by who may write, as sent.", minimum=1, unit="MB")
    unpacked_megabytes: int = setting(256, "The same after decompression.", minimum=1, unit="MB")
    request_seconds: float = setting(
        10.0, "Longest time to send a request in, plus a second for each 32 kB.", minimum=0.1, unit="seconds"
    )
    stop_seconds: float = setting(
        30.0, "Longest time that running queries get to end in when the server stops.", minimum=0.0, unit="seconds"
    )
    log_format: str = setting("auto", "Log lines: json, text, or auto (text on a terminal).")
    log_clients: str = setting("address", "What the log says of a client: address, hash (new at each start) or none.")
    log_queries: bool = setting(False, "Whether the log holds the texts of queries.")
    open_metrics: bool = setting(False, "Whether anybody sees /metrics; else this machine and admins.")
    memory_store_megabytes: int = setting(
        2048, "A generation whose files are larger than this is read from disk instead of held in memory.", minimum=0
    )
    service_endpoints: str = setting(
        "", "Endpoints that SERVICE may call: URLs, and the IP addresses or networks of those not on the open net."
    )
    service_seconds: float = setting(10.0, "Longest time that one SERVICE call may take.", minimum=0.1, unit="seconds")
    service_megabytes: float = setting(16.0, "Largest answer to one SERVICE call, unpacked.", minimum=0.001, unit="MB")
    service_rows: int = setting(10_000, "Most rows that one SERVICE call may give.", minimum=1, unit="rows")
    service_calls: int = setting(8, "Most SERVICE calls of one query.", minimum=1, unit="calls")
    write_seconds: float = setting(60.0, "Longest time that one write may take.", minimum=0.1, unit="seconds")
    write_megabytes: int = setting(2048, "Most memory that one write may take.", minimum=128, unit="MB")
    write_queue_seconds: float = setting(
        30.0, "Longest time that a write waits for those before it.", minimum=0.0, unit="seconds"
    )
    write_queue: int = setting(16, "Writes that run or wait at once; one more gets 503.", minimum=1, unit="writes")
    load_sources: str = setting(
        "", "What LOAD may read: URLs, all below one that ends with a slash, and IP addresses or networks as above."
    )
    load_seconds: float = setting(60.0, "Longest time that LOAD may fetch one document.", minimum=0.1, unit="seconds")
    load_megabytes: float = setting(64.0, "Largest document for LOAD, unpacked.", minimum=0.001, unit="MB")
    validate_megabytes: int = setting(
        16,
        "Longest document that anybody may send to /validate, as sent and after decompression.",
        minimum=1,
        unit="MB",
    )
    validate_triples: int = setting(
        500_000, "Most statements of a document that is sent to /validate.", minimum=1, unit="statements"
    )
    validate_seconds: float = setting(30.0, "Longest time that one validation may take.", minimum=0.01, unit="seconds")
    validate_memory_megabytes: int = setting(1024, "Most memory that one validation may take.", minimum=64, unit="MB")
    validations: int = setting(
        2, "Documents that are validated at once, each in a process.", minimum=1, unit="documents"
    )
    validate_queue_seconds: float = setting(
        10.0, "Longest time that a document waits to be validated.", minimum=0.0, unit="seconds"
    )
    keep_generations: int = setting(10, "How many generations to keep on disk.", minimum=1)
    reasoner_seconds: float = setting(120.0, "Longest time that one run of the OWL reasoner may take.", minimum=1.0)
    token_days: float = setting(
        90.0, "How long a new bearer token is valid, where its maker does not say.", minimum=0.01, unit="days"
    )
    catalogues: Path = setting(Path("catalogues.toml"), "File that lists the sources for `pmkg harvest --all`.")
    harvest_reach: str = setting(
        "", "What a harvest may reach that is not on the open net: URLs, IP addresses and networks."
    )
    harvest_requests_per_second: float = setting(
        5.0, "Most requests a second that a harvest sends to one server.", minimum=0.01, unit="requests a second"
    )
    harvest_request_seconds: float = setting(
        60.0, "Longest time that one document of a harvest may take.", minimum=0.1, unit="seconds"
    )
    harvest_seconds: float = setting(3600.0, "Longest time that one harvest may take.", minimum=0.1, unit="seconds")
    harvest_document_megabytes: float = setting(
        64.0, "Largest document of a harvest, unpacked.", minimum=0.001, unit="MB"
    )
    harvest_megabytes: float = setting(1024.0, "Most that one harvest may fetch, unpacked.", minimum=0.001, unit="MB")
    harvest_pages: int = setting(10_000, "Most documents of one harvest.", minimum=1, unit="documents")
    harvest_depth: int = setting(
        5, "How many links a harvest follows from the first document, next pages not counted.", minimum=0, unit="links"
    )
    harvest_retries: int = setting(
        4, "How often a harvest asks again where a server is busy or does not answer.", minimum=0, unit="times"
    )
    catalogue_publisher: str = setting(
        "", "Name of who runs this server, who publishes its catalogue; empty for nobody named."
    )
    catalogue_contact: str = setting(
        "", "E-mail address or web page of who runs this server; empty for the page /about."
    )
    catalogue_licence: str = setting("", "IRI of the licence of the published catalogue; empty for none stated.")
    catalogue_page_datasets: int = setting(100, "How many datasets stand on one page of the catalogue.", minimum=1)
    oidc_issuer: str = setting("", "Address of the OpenID issuer that people log in with; empty for none.")
    oidc_client_id: str = setting("", "What the issuer calls this server.")
    oidc_client_secret: str = setting("", "What this server proves itself with to the issuer.", secret=True)
    oidc_roles: str = setting("", "Who has which role: ROLE CLAIM VALUE; ROLE CLAIM VALUE; and so on.")
    oidc_scopes: str = setting("openid profile email", "What the issuer is asked to say of people.")
    oidc_audience: str = setting("", "Audience of the JWT access tokens that are taken; empty for the client ID.")
    oidc_callback: str = setting(
        "", "This server's /login/callback as people reach it; empty to tell it from the request."
    )

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read every setting from its environment variable.

        Raises:
            SettingError: a value is not of the setting's type, or below its minimum.
        """
        environ = os.environ if environ is None else environ
        values = {
            item.name: _parse(item.name, type(item.default), environ[variable(item.name)], item.metadata["minimum"])
            for item in fields(cls)
            if environ.get(variable(item.name), "") != ""
        }
        return cls(**values)


def variable(name: str) -> str:
    """The environment variable of a setting.

    >>> variable("port")
    'PMKG_PORT'
    """
    return f"PMKG_{name.upper()}"


def _parse(name: str, kind: type, text: str, minimum: float | None) -> Any:
    if kind is bool:
        if text not in ("0", "1"):
            raise SettingError(f"{variable(name)} is '{text}'.", advice="Set it to 1 or 0.")
        return text == "1"
    try:
        value = kind(text)
    except ValueError as error:
        raise SettingError(f"{variable(name)} is '{text}'.", advice=f"Set it to a number ({kind.__name__}).") from error
    if minimum is not None and not value >= minimum:
        raise SettingError(f"{variable(name)} is {text}.", advice=f"Set it to {minimum:g} or more.")
    return value
