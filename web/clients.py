"""Who a request comes from, for whatever is counted by client: a request flows in, a `Client` flows out.

A client is a principal where one is identified, and an address otherwise: an IPv6 one by its /64, which is what one
household or server is given, so that nobody is many clients by changing the rest.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from flask import g, request

from graph.errors import PmkgError
from web import identity


@dataclass(frozen=True)
class Client:
    """`key` says which client it is; `name` is its principal's, empty where nobody is identified."""

    key: str
    address: str
    name: str = ""


def client() -> Client:
    """The client of the current request; wrong credentials count for the address that sent them."""
    if "client" not in g:
        g.client = _find()
    found = g.client
    assert isinstance(found, Client)
    return found


def is_local() -> bool:
    """Whether the request comes from this very machine, through no proxy."""
    if any(request.headers.get(name) for name in ("Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via")):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def network(address: str) -> str:
    """What stands for an address when clients are told apart.

    >>> network("203.0.113.7"), network("2001:db8:1:2:3::4"), network("::ffff:203.0.113.7")
    ('203.0.113.7', '2001:db8:1:2::/64', '203.0.113.7')
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


def _find() -> Client:
    address = request.remote_addr or ""
    try:
        principal = identity.principal()
    except PmkgError:
        return Client(network(address), address)
    if principal.is_anyone:
        return Client(network(address), address)
    return Client(f"principal {principal.name}", address, principal.name)
