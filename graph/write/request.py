"""What one write asks for and what came of it: values that flow between the server and the process that writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from graph.access.roles import Principal

if TYPE_CHECKING:
    from graph.check.report import Report


@dataclass(frozen=True)
class Dataset:
    """What `using-graph-uri` and `using-named-graph-uri` name."""

    default: tuple[str, ...]
    named: tuple[str, ...]


@dataclass(frozen=True)
class Update:
    """A SPARQL update; `graph` stands for the default graph where it is sent to that graph alone (PATCH)."""

    text: str
    dataset: Dataset | None = None
    graph: str | None = None

    verb = "update"


@dataclass(frozen=True)
class Document:
    """RDF that was sent: its bytes, its media type, and the IRI that relative ones are resolved against."""

    content: bytes
    media_type: str
    base: str


@dataclass(frozen=True)
class Upload:
    """Documents for one graph, whose IRI is None for the default graph; `replace` empties it first.

    Where `dataset`, the documents name their graphs themselves, and what names none goes into the default graph.
    """

    documents: tuple[Document, ...]
    graph: str | None
    replace: bool
    dataset: bool = False

    @property
    def verb(self) -> str:
        return "put" if self.replace else "post"


@dataclass(frozen=True)
class Removal:
    """The end of one graph, None for the default graph."""

    graph: str | None

    verb = "delete"


@dataclass(frozen=True)
class Chore:
    """What a command of ours writes on this machine, such as a harvest; `subject` says of what, as "catalogue x"."""

    verb: str
    subject: str = ""


@dataclass(frozen=True)
class Write:
    """One write: what is to be done, by whom, and on which conditions.

    `expected` is the generation that it was made for, None for any. With `report_only`, nothing is written, and the
    outcome says what would happen. `id` names the write in the provenance graph and the audit log.
    """

    id: str
    principal: Principal
    work: Update | Upload | Removal | Chore
    expected: int | None = None
    report_only: bool = False
    request_id: str = ""


@dataclass(frozen=True)
class Written:
    """What a write came to: how many statements it added and removed, in which graphs, and what the shapes say.

    `generation` is the current one afterwards, also where nothing changed; `created` says whether the graph of an
    upload is new. `graphs` are IRIs, '' for the default graph.
    """

    generation: int
    added: int = 0
    removed: int = 0
    graphs: tuple[str, ...] = ()
    created: bool = False
    report: Report | None = field(default=None, compare=False)
