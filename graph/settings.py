"""The one table of settings: environment variables flow in, a frozen `Settings` flows out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from graph.errors import SettingError

HOME = Path("var")


def setting(default: object, help: str, minimum: float | None = None) -> Any:
    return field(default=default, metadata={"help": help, "minimum": minimum})


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
    readers: int = setting(2, "Reader processes, which is also the number of queries that run at once.", minimum=1)
    query_seconds: float = setting(30.0, "Longest time that one query may run.", minimum=0.01)
    query_megabytes: int = setting(1024, "Most memory that one query may take on top of the graph itself.", minimum=16)
    queue_seconds: float = setting(10.0, "Longest time that a query waits for a free reader.", minimum=0.0)
    startup_seconds: float = setting(120.0, "Longest time that a query waits for the first build to end.", minimum=0.0)
    memory_store_megabytes: int = setting(
        2048, "A generation whose files are larger than this is read from disk instead of held in memory.", minimum=0
    )
    keep_generations: int = setting(10, "How many generations to keep on disk.", minimum=1)
    reasoner_seconds: float = setting(120.0, "Longest time that one run of the OWL reasoner may take.", minimum=1.0)

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
