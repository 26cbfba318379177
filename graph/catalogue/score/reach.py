"""Whether addresses answer: addresses and limits flow in, each with a yes or no flows out.

It is only ever done when somebody asks for it. Each address is asked once, with the head of the answer read and the
rest given up; addresses of one host one after the other with a pause between, several hosts at once. What was not
asked, since there were too many or the time was up, is not in what flows out.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

from graph.errors import FetchError, FetchRefusedError
from graph.net.addresses import Address, Reach
from graph.net.fetch import Limits, Request, fetch


@dataclass(frozen=True)
class Politeness:
    """How much may be asked: addresses and seconds in all, hosts at once, seconds between two requests to one host."""

    addresses: int = 2000
    seconds: float = 300.0
    hosts: int = 4
    pause: float = 0.5
    request_seconds: float = 10.0


def reachability(
    addresses: Iterable[str],
    reach: Reach,
    politeness: Politeness | None = None,
    progress: Callable[[int], None] = lambda count: None,
) -> Mapping[str, bool]:
    """Ask each address once whether it answers with status 200; `progress` gets the number of those asked so far."""
    politeness = politeness or Politeness()
    found: dict[str, bool] = {}
    by_host: dict[str, list[str]] = defaultdict(list)
    for address in islice(dict.fromkeys(addresses), politeness.addresses):
        try:
            by_host[Address.parse(address).host].append(address)
        except FetchRefusedError:
            found[address] = False
    end = time.monotonic() + politeness.seconds

    def ask(queue: list[str]) -> None:
        for number, address in enumerate(queue):
            if number:
                time.sleep(politeness.pause)
            left = end - time.monotonic()
            if left <= 0:
                return
            found[address] = answers(address, reach, min(left, politeness.request_seconds))
            progress(len(found))

    with ThreadPoolExecutor(politeness.hosts, thread_name_prefix="reach") as pool:
        for done in [pool.submit(ask, queue) for queue in by_host.values()]:
            done.result()
    return found


def answers(address: str, reach: Reach, seconds: float) -> bool:
    """Whether one address answers with status 200; the body is not read."""
    url = address.partition("#")[0]
    try:
        with fetch(Request(url), reach, Limits(seconds=seconds, connect_seconds=min(5.0, seconds), size=2**62)):
            return True
    except FetchError:
        return False
