"""The process that validates: a document flows in; its report or an error flows out.

Run as `python -m web.judge DESCRIPTOR`, by a `Worker`: a document is somebody's text. It opens no connection to
anywhere.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

from graph.catalogue.read.document import read_document
from graph.catalogue.records import Catalogue
from graph.catalogue.report import RENDERINGS, Reported, render, report_of
from graph.errors import ValidationTooLargeError
from graph.settings import Settings, variable
from graph.worker.child import serve
from web.judging import Case


def begin(settings: Settings) -> Callable[[Case], Reported | str]:
    """What judges a document."""
    sys.addaudithook(_refuse_network)
    return partial(judge, settings=settings)


def judge(case: Case, settings: Settings) -> Reported | str:
    """The report on a document, in the form that is asked for.

    Raises:
        InputError: it cannot be read, or the profile is not known.
        ValidationTooLargeError: it has more statements than may be validated.
    """
    page = read_document(case.content, case.media_type, case.name, settings)
    if case.most_triples and len(page.triples) > case.most_triples:
        raise ValidationTooLargeError(
            f"the document has {len(page.triples):,} statements, and {case.most_triples:,} may be validated at once.",
            advice=f"Send its datasets in parts. The limit is {variable('validate_triples')}.",
        )
    reported = report_of(Catalogue(page.triples), case.profile)
    return render(reported, case.form) if case.form in RENDERINGS else reported


def _refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    """No document makes this process talk to anybody, whatever a library thinks it should fetch."""
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        raise PermissionError("the process that validates opens no connection")


if __name__ == "__main__":
    serve(begin)
