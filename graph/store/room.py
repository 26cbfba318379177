"""The address space that a process may take: a number of bytes flows in, a limit that the kernel keeps flows out."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Room:
    """A limit of so many bytes on top of what the process has now; it dumps no core."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._start = _address_space()
        self._limit()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def taken(self) -> int:
        """The bytes of it that are in use, 0 where the system does not tell."""
        return max(0, _address_space() - self._start)

    @contextmanager
    def excepting(self) -> Iterator[None]:
        """What the process takes meanwhile, to load a library, comes on top of its room."""
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        before = _address_space()
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
        try:
            yield
        finally:
            self._start += max(0, _address_space() - before)
            self._limit()

    def _limit(self) -> None:
        if self._start:
            most = self._start + self._size
            _, hard = resource.getrlimit(resource.RLIMIT_AS)
            resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _address_space() -> int:
    """The bytes of address space that the process has, 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except OSError:
        return 0
    return pages * resource.getpagesize()
