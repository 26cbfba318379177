"""How work in another process came to nothing: a process's last words flow in, what they tell of its end flows out."""

from __future__ import annotations

from enum import Enum, auto

_PANIC = "panicked at"
_MEMORY_SIGNS = ("memory allocation of", "std::bad_alloc", "MemoryError", "Cannot allocate memory")


class End(Enum):
    """Why there is no outcome."""

    START = auto()  # the process was never ready
    TIME = auto()
    MEMORY = auto()
    CRASH = auto()


class WorkerError(Exception):
    """A request that has no outcome; by a fault of ours, the name of its exception, where the process lived on."""

    def __init__(self, end: End, fault: str = "", seconds: float = 0.0) -> None:
        super().__init__(end, fault, seconds)  # which is what pickle makes it from again
        self.end, self.fault, self.seconds = end, fault, seconds


def ran_out_of_memory(said: str) -> bool:
    """Whether the last words of a process are that it got no more memory; a panic that shows such words is none."""
    return _PANIC not in said and any(sign in said for sign in _MEMORY_SIGNS)
