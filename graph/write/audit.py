"""The audit log: what came of each attempt to write flows in, one line of JSON at the end of a file flows out.

`<home>/audit.log` is only ever appended to, and each line is on the disk before the writer is answered. It holds who
wrote what kind of thing when and what came of it; of what was written, a checksum. Where the writer was killed, or the
disk was full, between a generation and its line, the line is made up for from what the generation says of its write.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from graph.errors import PmkgError
from graph.store.generation import Generation
from graph.write.request import Chore, Removal, Update, Upload, Write, Written

NAME = "audit.log"
WRITTEN = "written"
_NOTED = ("who", "role", "added", "removed", "graphs")  # what a generation says of its write


def entry(
    write: Write, outcome: str, written: Written | None = None, error: PmkgError | None = None
) -> dict[str, object]:
    """One line of the log as a JSON object; members that say nothing are left out."""
    found: dict[str, object] = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "write": write.id,
        "request": write.request_id,
        "who": write.principal.name,
        "role": write.principal.role.value,
        "token": write.principal.token,
        "verb": write.work.verb,
        "outcome": outcome,
        "sha256": _digest(write.work),
    }
    if written is not None:
        found.update(
            generation=written.generation, added=written.added, removed=written.removed, graphs=list(written.graphs)
        )
    if error is not None:
        found["error"] = error.message
    return {name: value for name, value in found.items() if value not in ("", None)}


def append(home: Path, line: dict[str, object]) -> None:
    """Add a line, and have it on the disk.

    Raises:
        OSError: it cannot be written, or not all of it.
    """
    descriptor = os.open(home / NAME, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        is_torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"  # half a line, from when the disk was full
        content = (b"\n" if is_torn else b"") + (json.dumps(line, ensure_ascii=True) + "\n").encode()
        if os.write(descriptor, content) < len(content):  # one write: lines never mix
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def complete(home: Path, generations: Iterable[Generation]) -> None:
    """Add a line for each generation whose write the log does not tell of.

    Raises:
        OSError: the log cannot be read or written.
    """
    missing = {generation.metadata["write"]: generation for generation in generations if "write" in generation.metadata}
    if missing and (home / NAME).exists():
        with (home / NAME).open("rb") as file:
            for line in file:
                missing.pop(_write_of(line), None)
    for write, generation in missing.items():
        noted = {name: generation.metadata[name] for name in _NOTED if name in generation.metadata}
        made_up: dict[str, object] = {"time": generation.created, "write": write, **noted, "outcome": WRITTEN}
        append(home, {**made_up, "generation": generation.number, "made_up": True})


def _write_of(line: bytes) -> object:
    """Which write a line says has been carried out."""
    if b'"outcome": "written"' not in line:
        return None
    try:
        return json.loads(line).get("write")
    except ValueError:
        return None  # half a line


def _digest(work: Update | Upload | Removal | Chore) -> str:
    digest = hashlib.sha256()
    match work:
        case Update(text=text):
            digest.update(text.encode())
        case Upload(documents=documents):
            for document in documents:
                digest.update(document.content)
        case Removal() | Chore():
            return ""
    return digest.hexdigest()
