"""What a data directory needs of its disk: paths flow in; files that stay, locks, and errors that say why flow out."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.errors import CorruptGenerationError, DiskFullError, Place, StoreBusyError, StoreError

log = logging.getLogger(__name__)

LOCK = "write.lock"
POLL_SECONDS = 0.02
DAMAGE_SIGNS = ("Corruption: ", "IO error: ")  # what the engine's errors begin with that come from its files
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL_TEXTS = tuple(os.strerror(number) for number in _FULL)  # the engine's errors have no number
_PATH = re.compile(r"/\S+")


@contextmanager
def lock(home: Path, wait: float) -> Iterator[None]:
    """Be the only writer of a data directory for as long as the block runs; the kernel ends it with the process.

    Raises:
        StoreBusyError: another writer was at work for longer than `wait` seconds.
        StoreError: the data directory cannot be written.
    """
    end = time.monotonic() + wait
    try:
        file = (home / LOCK).open("a")
    except OSError as error:
        raise storage_error(error, home) from error
    with file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= end:
                    message = f"another process has been writing for more than {wait:g} s."
                    place = Place(file=str(home))
                    raise StoreBusyError(message, place=place, advice="Try again when it is done.") from None
                time.sleep(POLL_SECONDS)
        yield


@contextmanager
def telling(home: Path) -> Iterator[None]:
    """Turn what the system, or the engine, says of the disk into an error of ours.

    Raises:
        DiskFullError: there is no room left.
        CorruptGenerationError: a file that is read is damaged.
        StoreError: the disk cannot be read or written, and why.
    """
    try:
        yield
    except OSError as error:
        raise storage_error(error, home) from error
    except RuntimeError as error:
        if not str(error).startswith(DAMAGE_SIGNS):
            raise
        log.error("%s", error)  # which names places of this machine; who writes over HTTP is not told those
        message = "a file of the current generation is damaged, and this needs it."
        advice = "Start the server again, which then finds a whole generation, or restore a backup."
        raise CorruptGenerationError(message, place=Place(file=str(home)), advice=advice) from error


def storage_error(error: OSError, home: Path) -> StoreError:
    """The error of ours that says what an error of the system's means for a data directory."""
    place = Place(file=str(home))
    if error.errno in _FULL or any(text in str(error) for text in _FULL_TEXTS):
        return DiskFullError(
            "there is no room left on the disk for another generation; the current one stays as it is.",
            place=place,
            advice="Free some room, or keep fewer generations (PMKG_KEEP_GENERATIONS).",
        )
    reason = error.strerror or _PATH.sub("…", str(error))
    message = f"the data directory cannot be written: {reason}."
    if error.errno in (errno.EIO, errno.EROFS) or error.errno is None:
        return StoreError(message, place=place, advice="Look at its disk.")
    return StoreError(message, place=place, advice="Set PMKG_HOME to a directory that you may write.")


def sync_tree(folder: Path) -> None:
    """Make files and directories durable; a file that another generation has too already is."""
    for directory, _, names in os.walk(folder):
        for name in names:
            path = Path(directory) / name
            if path.stat().st_nlink == 1:
                sync(path)
        sync(Path(directory))


def sync(path: Path) -> None:
    """Make a file, or the names in a directory, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
