"""Which addresses requests of our own may go to: none that is not of the open net, unless the list says so plainly."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import FetchRefusedError, SettingError
from graph.net.addresses import Address, Reach, is_public

INSIDE = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254",
    "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1",
    "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250",
    "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:20::1",
    "2001:db8::1", "2002:7f00:1::1", "2002:808:808::1", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1",
    "fec0::1", "ff02::1",
]  # fmt: skip
OUTSIDE = ["8.8.8.8", "193.0.6.139", "::ffff:8.8.8.8", "64:ff9b::808:808", "2001:4860:4860::8888", "2620:fe::fe"]


@pytest.mark.parametrize("text", INSIDE)
def test_an_address_that_is_not_of_the_open_net_is_known_as_such(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))
    url = Address.parse("http://example.org/")
    assert not Reach((url,), anywhere=True).leads_to(url, text)


@pytest.mark.parametrize("text", OUTSIDE)
def test_an_address_of_the_open_net_is_known_as_such(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_the_same_however_it_is_written_as_ipv6(address: ipaddress.IPv4Address) -> None:
    for written in (f"::ffff:{address}", f"64:ff9b::{int(address) >> 16:x}:{int(address) & 0xFFFF:x}"):
        assert is_public(ipaddress.ip_address(written)) == is_public(address)


@given(st.ip_addresses())
def test_what_python_says_is_private_is_never_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if is_public(address) and not (isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped):
        assert address.is_global and not (address.is_loopback or address.is_link_local or address.is_multicast)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://example.org/", "gopher://example.org/", "data:text/plain,x", "//example.org/x",
        "example.org", "/etc/passwd", "", "http://", "http://user@example.org/", "http://user:word@example.org/",
        "http://example.org:99999/", "http://exam ple.org/", "http://example.org/\r\nX: y", "http://[::1/", "jar:http://x!/",
        "http://example.org@127.0.0.1/", "http://127.0.0.1\\@example.org@x/",
    ],
)  # fmt: skip
def test_what_is_no_plain_http_url_is_refused(url: str) -> None:
    with pytest.raises(FetchRefusedError):
        Address.parse(url)


def test_a_url_is_taken_apart_as_it_is_asked_for() -> None:
    found = Address.parse("HTTP://EXAMPLE.org:80/a/../b?q=1#here")
    assert (found.scheme, found.host, found.port, found.target) == ("http", "example.org", 80, "/b?q=1")
    assert str(Address.parse("https://[::1]:8443")) == "https://[::1]:8443/"


COVERED = [
    ("http://a.org/sparql", "http://a.org/sparql", True),
    ("http://a.org/sparql", "http://a.org/sparql?default-graph-uri=x", True),
    ("http://a.org/sparql", "http://a.org:80/sparql", True),
    ("http://a.org/sparql", "http://a.org/sparql/x", False),
    ("http://a.org/sparql", "http://a.org/sparql2", False),
    ("http://a.org/sparql", "https://a.org/sparql", False),
    ("http://a.org/sparql", "http://a.org:8080/sparql", False),
    ("http://a.org/sparql", "http://b.a.org/sparql", False),
    ("http://a.org/obo/", "http://a.org/obo/x/y.owl", True),
    ("http://a.org/obo/", "http://a.org/obo", False),
    ("http://a.org/obo/", "http://a.org/obo/../admin", False),
    ("http://a.org/obo/", "http://a.org/obo/%2e%2e/admin", False),
    ("http://a.org/obo/", "http://a.org/obo/..%2fadmin", False),
    ("http://a.org/obo/", "http://a.org/obo/%252e%252e%255cadmin", False),
    ("http://a.org", "http://a.org/anything", True),
]


@pytest.mark.parametrize(("entry", "url", "admitted"), COVERED)
def test_a_listed_url_admits_itself_and_what_is_below_it_where_it_ends_with_a_slash(
    entry: str, url: str, admitted: bool
) -> None:
    assert Reach.of(entry).admits(Address.parse(url)) is admitted


def test_an_inner_address_is_reached_only_where_the_list_names_it() -> None:
    there, name = Address.parse("http://127.0.0.1:8890/sparql"), Address.parse("http://db.example.org/sparql")
    reach = Reach.of("http://127.0.0.1:8890/sparql http://localhost:7/ http://db.example.org/sparql")
    assert reach.leads_to(there, "127.0.0.1")
    assert reach.leads_to(there, "::ffff:127.0.0.1")
    assert not reach.leads_to(there, "127.0.0.2")
    assert not reach.leads_to(Address.parse("http://127.0.0.1:22/"), "127.0.0.1")
    assert reach.leads_to(Address.parse("http://localhost:7/"), "::1")
    assert not reach.leads_to(Address.parse("http://localhost:7/"), "10.0.0.1")
    assert not reach.leads_to(name, "127.0.0.1"), "a name can be led anywhere by whoever holds it"
    assert not reach.leads_to(name, "10.1.2.3")
    assert Reach.of("http://db.example.org/sparql 10.0.0.0/8").leads_to(name, "10.1.2.3")
    assert not Reach.of("http://db.example.org/sparql 10.0.0.0/8").leads_to(name, "127.0.0.1")


@pytest.mark.parametrize("entry", ["localhost", "ftp://a.org/", "http://", "10.0.0.0/99", "file:///", "a.org/sparql"])
def test_an_entry_that_is_no_address_is_a_wrong_setting(entry: str) -> None:
    with pytest.raises(SettingError, match="PMKG_X holds"):
        Reach.of(f"http://a.org/ {entry}", "PMKG_X")
