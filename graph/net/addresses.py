"""Where requests of our own may go: the list of a setting flows in, a yes or no for a URL or an IP address flows out.

Two questions, asked at different times. May this URL be asked for at all? That is about its text, before anything is
resolved. And may these bytes go to this IP address? That is about what the connection really leads to, since a name may
resolve to anything, and to something else each time.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from graph.errors import FetchRefusedError, Place, SettingError

IP = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PORTS = {"http": 80, "https": 443}

# Python's `is_global` follows the registries of special addresses as they were when it was released. These it misses in
# some version that we run on, or counts as global though they lead to an IPv4 address that is written in them.
SPECIAL = [
    ipaddress.ip_network(text)
    for text in (
        "100.64.0.0/10",  # shared by a provider's customers (RFC 6598)
        "192.0.0.0/24",  # protocol assignments (RFC 6890)
        "192.88.99.0/24",  # relays of 6to4 (RFC 7526)
        "168.63.129.16/32",  # the platform's own services, in machines at Azure
        "2001::/23",  # protocol assignments, with Teredo (RFC 4380)
        "2001:db8::/32",  # documentation (RFC 3849)
        "2002::/16",  # 6to4 (RFC 3056)
        "3fff::/20",  # documentation (RFC 9637)
    )
]
UNICAST = ipaddress.ip_network("2000::/3")  # all IPv6 that has been given out for the open net
TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # an IPv4 address for a network that has only IPv6 (RFC 6052)


def is_public(address: IP) -> bool:
    """Whether an address is one of the open net, as the special-purpose registries (RFC 6890) have it.

    >>> is_public(ipaddress.ip_address("::ffff:127.0.0.1"))
    False
    """
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address in TRANSLATED:
            return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address not in UNICAST:
            return False
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address in network for network in SPECIAL)


@dataclass(frozen=True)
class Address:
    """A URL of http or https, taken apart once, so that whoever checks it and whoever asks it mean the same."""

    scheme: str
    host: str
    port: int
    path: str
    query: str | None = None

    @classmethod
    def parse(cls, url: str) -> Address:
        """Take a URL apart.

        Raises:
            FetchRefusedError: it is not an absolute http or https URL, or it holds a user and password.
        """
        place = Place(term=url[:200])
        try:
            parts = parse_url(url)
            port = parts.port
        except (LocationParseError, ValueError) as error:
            raise FetchRefusedError("this is not a URL.", place=place, advice="Give an absolute one.") from error
        scheme, host = (parts.scheme or "").lower(), (parts.host or "").strip("[]").lower()
        if scheme not in PORTS:
            raise FetchRefusedError(
                f"{scheme or 'no scheme'}: is not a way to fetch something here.",
                place=place,
                advice="Only http: and https: addresses are fetched.",
            )
        if not host or parts.auth is not None or re.search(r"[\x00-\x20\x7f\\]", url):
            raise FetchRefusedError(
                "the URL has no host, holds a user name, or a character that no URL has.",
                place=place,
                advice="Give an absolute URL without credentials.",
            )
        return cls(scheme, host, PORTS[scheme] if port is None else port, parts.path or "/", parts.query)

    @property
    def target(self) -> str:
        """The path and query, as they stand in a request line."""
        return self.path if self.query is None else f"{self.path}?{self.query}"

    @property
    def ip(self) -> IP | None:
        """The host as an IP address, None where it is a name."""
        return parse_ip(self.host)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.target}"

    def covers(self, other: Address) -> bool:
        """Whether another URL is this one (with any query), or lies below it where this one ends with a slash."""
        if (self.scheme, self.host, self.port) != (other.scheme, other.host, other.port):
            return False
        if self.path == other.path:
            return True
        steps = re.split(r"[/\\]", unquote(unquote(other.path)))
        return self.path.endswith("/") and other.path.startswith(self.path) and ".." not in steps


@dataclass(frozen=True)
class Reach:
    """How far requests may go: to the URLs that are listed, and, with `anywhere`, to any other on the open net.

    An address that is not of the open net is reached only where the list names it: as the host of a URL
    (`http://127.0.0.1:8890/sparql`, `http://localhost:8890/sparql`), for that URL's host and port alone, or as an
    address or network of its own (`10.0.0.0/8`), for every listed host.
    """

    listed: tuple[Address, ...] = ()
    networks: tuple[Network, ...] = ()
    anywhere: bool = False

    @classmethod
    def of(cls, setting: str, name: str = "the list", *, anywhere: bool = False) -> Reach:
        """What a setting says: URLs, IP addresses and networks, with spaces between.

        Raises:
            SettingError: an entry is none of these.
        """
        listed, networks = list[Address](), list[Network]()
        for entry in setting.split():
            try:
                if "://" in entry:
                    listed.append(Address.parse(entry))
                else:
                    networks.append(ipaddress.ip_network(entry))
            except (FetchRefusedError, ValueError) as error:
                raise SettingError(
                    f"{name} holds '{entry}'.",
                    advice="List http: and https: URLs, IP addresses and networks, with spaces between.",
                ) from error
        return cls(tuple(listed), tuple(networks), anywhere)

    def admits(self, address: Address) -> bool:
        """Whether a URL may be asked for."""
        return self.anywhere or any(entry.covers(address) for entry in self.listed)

    def leads_to(self, address: Address, connected: str) -> bool:
        """Whether a request for a URL may be sent to an IP address, which is where its host led."""
        found = parse_ip(connected)
        if found is None:
            return False
        if is_public(found):
            return True
        return any(found in network for network in self.networks) or any(
            (entry.host, entry.port) == (address.host, address.port) and _names(entry, found) for entry in self.listed
        )


def parse_ip(text: str) -> IP | None:
    """An IP address as it really is: an IPv4 one that is written as IPv6 becomes IPv4; None for anything else."""
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found


def listed_urls(reach: Reach, most: int = 5) -> str:
    """The URLs that are listed, for a message."""
    shown: Iterable[str] = map(str, reach.listed[:most])
    return ", ".join(shown) + (", …" if len(reach.listed) > most else "")


def _names(entry: Address, found: IP) -> bool:
    """Whether a listed URL's host is plainly that address, and no name that somebody else could lead there."""
    return entry.ip == found or (entry.host == "localhost" and found.is_loopback)
