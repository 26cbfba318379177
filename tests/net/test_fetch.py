"""The guarded client against real servers: what it connects to and follows, how long it waits, how much it takes."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
import zlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from graph.errors import FetchError, FetchLimitError, FetchRefusedError, FetchStatusError, FetchTimeoutError
from graph.net import connection
from graph.net import fetch as module
from graph.net.addresses import Address, Reach
from graph.net.fetch import Limits, Request, fetch
from tests.net.sites import Site, answering, head, whole

SMALL = Limits(seconds=5.0, size=1000)


def got(site: Site, path: str = "", limits: Limits = SMALL, reach: Reach | None = None) -> bytes:
    with fetch(Request(site.url + path), reach or site.reach, limits) as fetched:
        return fetched.read()


def test_an_answer_is_read_with_its_type_and_its_address() -> None:
    with (
        answering(whole(b"hello", Content_Type="Text/Turtle; charset=utf-8")) as site,
        fetch(Request(site.url + "a?b=c", accept="text/turtle"), site.reach) as fetched,
    ):
        assert fetched.media_type == "text/turtle"
        assert fetched.url == site.url + "a?b=c"
        assert fetched.read() == b"hello"
    request = site.requests[0].decode().lower()
    assert request.startswith("get /a?b=c http/1.1\r\n")
    assert "user-agent: pmkg" in request
    assert "accept: text/turtle\r\n" in request
    assert "cookie" not in request
    assert "authorization" not in request


def test_a_body_is_posted_with_its_type() -> None:
    with answering(whole(b"ok")) as site, fetch(Request(site.url, body=b"x=1", content_type="a/b"), site.reach) as done:
        assert done.read() == b"ok"
    assert site.requests[0].startswith(b"POST / HTTP/1.1")
    assert b"Content-Type: a/b" in site.requests[0]
    assert site.requests[0].endswith(b"\r\n\r\nx=1")


def test_neither_a_proxy_nor_a_netrc_file_of_the_environment_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    with answering(whole(b"direct")) as site:
        assert got(site) == b"direct"
    assert b"uthorization" not in site.requests[0]


def test_an_address_that_is_not_listed_is_not_even_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("it was resolved"))
    with pytest.raises(FetchRefusedError, match=r"not on the list.*http://a\.org/") as caught:
        fetch(Request("http://b.org/"), Reach.of("http://a.org/"))
    assert "http://b.org/" in str(caught.value)


def test_an_inner_address_is_not_connected_to_even_where_all_the_net_is_allowed() -> None:
    with answering(whole(b"secret")) as site:
        for host in ("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f.1", "0", "[::ffff:127.0.0.1]", "[::1]"):
            with pytest.raises(FetchRefusedError, match="not on the open net"):
                fetch(Request(f"http://{host}:{site.port}/"), Reach(anywhere=True))
        assert site.connections == 0


def leads_to(monkeypatch: pytest.MonkeyPatch, *answers: list[tuple[str, int]]) -> None:
    """Let names resolve to these addresses, one answer after another, and the last for ever."""
    left = list(answers)

    def resolve(host: str, port: int, *_: object, **__: object) -> list[object]:
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def test_a_name_that_resolves_to_an_inner_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(whole(b"secret")) as site:
        leads_to(monkeypatch, [("127.0.0.1", site.port)])
        listed = Reach.of("http://data.example.org/")
        for reach in (listed, Reach(anywhere=True)):
            with pytest.raises(FetchRefusedError, match="not on the open net"):
                fetch(Request("http://data.example.org/"), reach)
        assert site.connections == 0


def test_a_name_that_resolves_to_something_else_the_second_time_gains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was looked at is what is connected to, and what is connected to is looked at once more."""
    with answering(whole(b"secret")) as site:
        leads_to(monkeypatch, [("192.0.9.1", site.port)], [("127.0.0.1", site.port)])
        real = socket.socket.connect
        monkeypatch.setattr(
            socket.socket, "connect", lambda self, target: real(self, ("127.0.0.1", site.port))
        )  # as if the way there had been bent between the two
        with pytest.raises(FetchRefusedError, match="not on the open net"):
            fetch(Request("http://data.example.org/"), Reach(anywhere=True))
        time.sleep(0.05)
        assert site.requests in ([], [b""]), "a byte was sent"


def test_a_name_may_lead_inside_where_the_network_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(whole(b"inner")) as site:
        leads_to(monkeypatch, [("127.0.0.1", site.port)])
        with fetch(Request("http://db.internal/"), Reach.of("http://db.internal/ 127.0.0.0/8")) as fetched:
            assert fetched.read() == b"inner"


def test_the_next_address_of_a_name_is_tried_where_the_first_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(whole(b"second")) as site, socket.create_server(("127.0.0.1", 0)) as closed:
        dead = closed.getsockname()
        closed.close()
        leads_to(monkeypatch, [dead, ("127.0.0.1", site.port)])
        with fetch(Request("http://db.internal/"), Reach.of("http://db.internal/ 127.0.0.0/8")) as fetched:
            assert fetched.read() == b"second"


@pytest.mark.parametrize(
    "location",
    ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "http://127.0.0.1:1/", "http://169.254.169.254/",
     "http://[::1]/", "//127.0.0.1:1/x", "http://user:word@a.org/", "", "http://0/", "http://[x"],
)  # fmt: skip
def test_a_redirect_to_what_is_not_allowed_is_not_followed(location: str) -> None:
    with answering(head("302 Found", Location=location, Content_Length="0")) as site:
        for reach in (site.reach, Reach(site.reach.listed, anywhere=True)):
            with pytest.raises(FetchRefusedError):
                got(site, reach=reach)


def test_a_redirect_to_nowhere_is_said_to_be_one() -> None:
    with answering(head("302 Found", Content_Length="0")) as site, pytest.raises(FetchRefusedError, match="where to"):
        got(site)


def test_redirects_are_followed_so_often_and_no_more() -> None:
    def respond(connection: socket.socket, request: bytes) -> None:
        number = int(request.split(b" ")[1].strip(b"/") or b"0")
        connection.sendall(
            head("302 Found", Location=f"/{number - 1}", Content_Length="0") if number else whole(b"end")
        )

    with answering(respond) as site:
        assert got(site, "3", Limits(redirects=3)) == b"end"
        with pytest.raises(FetchLimitError, match="more than 3 times"):
            got(site, "4", Limits(redirects=3))


def test_what_was_posted_is_not_lost_in_a_redirect() -> None:
    def respond(status: str) -> bytes:
        return head(status, Location="/there", Content_Length="0")

    def kept(connection: socket.socket, request: bytes) -> None:
        connection.sendall(whole(b"done") if b"/there" in request else respond("307 Temporary Redirect"))

    with answering(kept) as site, fetch(Request(site.url, body=b"query", content_type="a/b"), site.reach) as fetched:
        assert fetched.read() == b"done"
    assert site.requests[1].endswith(b"query")
    with answering(respond("302 Found")) as site, pytest.raises(FetchRefusedError, match="POST with a redirect"):
        fetch(Request(site.url, body=b"query"), site.reach)


def test_a_secret_header_does_not_follow_to_another_host() -> None:
    with (
        answering(whole(b"x")) as other,
        answering(head("302 Found", Location=f"http://localhost:{other.port}/", Content_Length="0")) as site,
    ):
        reach = Reach.of(f"{site.url} http://localhost:{other.port}/")
        with fetch(Request(site.url, headers={"Authorization": "Bearer secret"}), reach) as fetched:
            fetched.read()
    assert b"secret" in site.requests[0]
    assert b"secret" not in other.requests[0]


def endless(connection: socket.socket, request: bytes) -> None:
    connection.sendall(head())
    while True:
        connection.sendall(b"x" * 65536)


def test_an_answer_without_end_is_given_up() -> None:
    with answering(endless) as site, pytest.raises(FetchLimitError, match="larger than"):
        got(site)


def test_an_answer_that_says_it_is_too_large_is_not_read() -> None:
    with answering(head(Content_Length="1001")) as site, pytest.raises(FetchLimitError, match="larger than"):
        got(site)


def bomb(kind: str) -> bytes:
    zeros = bytes(50 << 20)
    return gzip.compress(zeros, 9) if kind == "gzip" else zlib.compress(zeros, 9)


@pytest.mark.parametrize("kind", ["gzip", "deflate"])
def test_what_unpacks_to_more_than_it_may_is_given_up(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = bomb(kind)
    limits = Limits(size=1 << 20)
    assert len(packed) < limits.size
    with (
        answering(whole(packed, Content_Encoding=kind)) as site,
        fetch(Request(site.url), site.reach, limits) as fetched,
    ):
        sizes = []
        with pytest.raises(FetchLimitError, match="larger than 1 MB unpacked"):
            sizes += [len(content) for content in fetched]
        assert max(sizes, default=0) <= module.CHUNK


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "nonsense\x7f"])
def test_an_encoding_that_was_not_asked_for_is_refused(encoding: str) -> None:
    with answering(whole(b"x", Content_Encoding=encoding)) as site, pytest.raises(FetchError, match="encoding"):
        got(site)


def test_a_packed_answer_is_unpacked() -> None:
    with answering(whole(gzip.compress(b"hello" * 50), Content_Encoding="gzip")) as site:
        assert got(site) == b"hello" * 50


def drip(content: bytes, every: float = 0.02) -> object:
    def respond(connection: socket.socket, request: bytes) -> None:
        for byte in content:
            connection.sendall(bytes([byte]))
            time.sleep(every)

    return respond


@pytest.mark.parametrize(
    "content",
    [head() + b"x" * 9000, b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1000, b"HTTP/1.1 100 Continue\r\n\r\n" * 900],
)
def test_an_answer_that_drips_has_no_more_time_than_one_that_does_not_come(content: bytes) -> None:
    with answering(drip(content)) as site:  # type: ignore[arg-type]
        began = time.monotonic()
        with pytest.raises(FetchTimeoutError, match=r"within 0\.4 s"):
            got(site, limits=Limits(seconds=0.4))
        assert 0.3 < time.monotonic() - began < 1.5


def test_a_server_that_says_nothing_is_given_up_in_time() -> None:
    with answering(lambda connection, _: time.sleep(3)) as site:
        began = time.monotonic()
        with pytest.raises(FetchTimeoutError):
            got(site, limits=Limits(seconds=0.3))
        assert time.monotonic() - began < 1.5


def test_a_server_that_does_not_take_connections_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        clients = [socket.socket() for _ in range(4)]
        for client in clients:  # more than it has room for: the next one waits
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        began = time.monotonic()
        url = f"http://127.0.0.1:{port}/"
        with pytest.raises(FetchError):
            fetch(Request(url), Reach((Address.parse(url),)), Limits(connect_seconds=0.3))
        assert time.monotonic() - began < 1.5
        for client in clients:
            client.close()


def test_a_name_that_does_not_resolve_in_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: release.wait(5) and [])
    with pytest.raises(FetchTimeoutError, match="resolved"):
        fetch(Request("http://a.org/"), Reach(anywhere=True), Limits(connect_seconds=0.2))
    release.set()


def test_a_fetch_that_nobody_wants_any_more_is_given_up() -> None:
    with answering(endless) as site:
        wanted = iter([True, True])
        limits = Limits(size=1 << 30)
        with fetch(Request(site.url), site.reach, limits, lambda: next(wanted, False)) as fetched:
            chunks = iter(fetched)
            with pytest.raises(FetchError, match="nobody waits"):
                while True:
                    next(chunks)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"SSH-2.0-x\r\n",
        whole(b"no", "404 Not Found"),
        whole(b"no", "500 Oops"),
        whole(b"part", "206 Partial Content"),
        head(Content_Length="100") + b"short",
        head(Transfer_Encoding="chunked") + b"5\r\nhel",
        b"HTTP/1.1 200 OK\r\nA" + b"a" * 70_000,
        whole(b"not gzip", Content_Encoding="gzip"),
        head(Content_Length="-1") + b"x" * 2000,
    ],
)
def test_an_answer_that_is_none_is_an_error(content: bytes) -> None:
    with answering(content) as site, pytest.raises(FetchError) as caught:
        got(site)
    assert site.url in str(caught.value)


def test_what_another_server_says_never_reaches_the_message_as_control_characters() -> None:
    with answering(b"HTTP/1.1 500 a\x1b[31m\x07b\r\n\r\n") as site, pytest.raises(FetchError) as caught:
        got(site)
    assert str(caught.value).isprintable()


def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody has signed but itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = tmp_path / "certificate.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_a_certificate_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def serve() -> None:
            for _ in range(2):
                plain, _ = listener.accept()
                with plain, suppress(OSError), context.wrap_socket(plain, server_side=True) as secure:
                    secure.recv(65536)
                    secure.sendall(whole(b"over TLS"))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"https://127.0.0.1:{port}/"
        reach = Reach((Address.parse(url),))
        with pytest.raises(FetchError, match="certificate"):
            fetch(Request(url), reach, SMALL)
        monkeypatch.setattr(connection, "trust", lambda: ssl.create_default_context(cafile=path))
        with fetch(Request(url), reach, SMALL) as fetched:
            assert fetched.read() == b"over TLS"
        thread.join(10)


@pytest.mark.parametrize(("status", "again"), [("304 Not Modified", ""), ("429 Too Many", "7"), ("503 Busy", "later")])
def test_an_answer_that_is_no_success_says_its_status_and_when_to_come_back(status: str, again: str) -> None:
    headers = {"Retry_After": again} if again else {}
    with answering(whole(b"", status, **headers)) as site, pytest.raises(FetchStatusError) as caught:
        fetch(Request(site.url, headers={"If-None-Match": '"a"'}), site.reach, SMALL)
    assert (caught.value.status, caught.value.retry_after) == (int(status[:3]), again)
    assert b'If-None-Match: "a"' in site.requests[0]


def test_no_connection_and_no_thread_is_left_over() -> None:
    with answering(whole(b"x", Connection="keep-alive")) as site:
        got(site)
        before = len(list(Path("/proc/self/fd").iterdir())), threading.active_count()
        for _ in range(10):
            got(site)
        end = time.monotonic() + 5
        while (len(list(Path("/proc/self/fd").iterdir())), threading.active_count()) > before:
            assert time.monotonic() < end
            time.sleep(0.02)
