"""No server holds its client longer, or makes it take more memory, than the client allows."""

import gzip
import time
import tracemalloc
import zlib

import pytest
from support.odd_server import OK, says_nothing, sends, serving, trickles

from python_assets.bounded_http import BrokenOff, HttpClient, Patience, TooLarge, TooSlow, Unreachable

HASTY = Patience(repetitions=1, backoff_seconds=0.01, seconds_to_connect=0.3, seconds_per_attempt=0.3, seconds_in_all=1)
MOST = 1_000_000
ANNOUNCED = b"Content-Length: 1000000\r\n\r\n"


def ask(url: str, patience: Patience = HASTY, most_bytes: int = MOST, **options):
    client = HttpClient(url, patience, lambda: "Bearer t")
    try:
        return client.ask("GET", "/", most_bytes=most_bytes, **options)
    finally:
        client.close()


def seconds_for(action) -> float:
    begun = time.monotonic()
    action()
    return time.monotonic() - begun


SLOW = {
    "body": trickles(OK + ANNOUNCED, b"x"),
    "chunks": trickles(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "body until the connection ends": trickles(OK + b"\r\n", b"x"),
    "compressed body": trickles(
        OK + b"Content-Encoding: gzip\r\n" + ANNOUNCED + gzip.compress(b"")[:10], b"\0\0\0\xff\xff"
    ),
    "status line": trickles(b"HTTP/1.1 2", b"0"),
    "one header": trickles(OK + b"X-Long: ", b"x"),
    "headers": trickles(OK, b"X-More: x\r\n"),
    "interim answers": trickles(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "trailers": trickles(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-More: x\r\n"),
    "nothing": says_nothing,
}


@pytest.mark.parametrize("slow", SLOW)
def test_an_answer_that_never_ends_is_given_up_in_time(slow):
    def given_up() -> None:
        with pytest.raises(TooSlow):
            ask(server.url)

    with serving(SLOW[slow]) as server:
        assert 0.5 <= seconds_for(given_up) < 1.2  # two attempts of 0.3 seconds
        assert len(server.requests) == 2


@pytest.mark.parametrize("script", [says_nothing, trickles(b"\x16\x03\x03\x40\x00", b"\x02")])
def test_a_tls_handshake_that_never_ends_is_given_up_in_time(script):
    def given_up() -> None:
        with pytest.raises(Unreachable):
            ask(server.url.replace("http:", "https:"))

    with serving(script) as server:
        assert seconds_for(given_up) < 1.2


def test_several_addresses_of_a_name_share_the_time(monkeypatch):
    from python_assets.bounded_http import network

    def connect(self, host, port, timeout, *_):
        time.sleep(timeout)
        raise network.httpcore.ConnectTimeout

    addresses = [(2, 1, 6, "", (f"192.0.2.{number}", 80)) for number in range(20)]
    monkeypatch.setattr(network.socket, "getaddrinfo", lambda *_, **__: addresses)
    monkeypatch.setattr(network.httpcore.SyncBackend, "connect_tcp", connect)

    def given_up() -> None:
        with pytest.raises(Unreachable, match="timed out"):
            ask("http://many.example")

    assert seconds_for(given_up) < 1.2


def test_waits_between_repetitions_count_too():
    busy = sends(b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n")
    patience = Patience(repetitions=10, longest_wait_seconds=5, seconds_in_all=2.5)
    with serving(busy) as server:
        assert seconds_for(lambda: ask(server.url, patience)) < 2.5
        assert len(server.requests) == 3


@pytest.mark.parametrize("wait", ["7200", "Fri, 31 Dec 9999 23:59:59 GMT", "999999999999"])
def test_a_wait_that_is_too_long_is_not_made(wait):
    with serving(
        sends(b"HTTP/1.1 503 Busy\r\nRetry-After: " + wait.encode() + b"\r\nContent-Length: 0\r\n\r\n")
    ) as server:
        answer = ask(server.url, Patience(longest_wait_seconds=1, seconds_in_all=5, backoff_seconds=0.01))
    assert answer.status == 503
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [b"200 OK", b"201 Created", b"409 Conflict", b"400 Bad", b"301 Moved"])
def test_a_body_that_nobody_needs_is_not_read(status):
    with serving(trickles(b"HTTP/1.1 " + status + b"\r\n" + ANNOUNCED, b"x" * 1000, 0.01)) as server:
        begun = time.monotonic()
        answer = ask(server.url, most_bytes=0 if status == b"200 OK" else MOST)
        assert time.monotonic() - begun < 0.25
        while not server.seconds:  # the server sees that the connection ends
            time.sleep(0.01)
        assert time.monotonic() - begun < 0.5
    assert (answer.status, answer.content) == (int(status[:3]), b"")


LARGE = {
    "announced": OK + b"Content-Length: 1000001\r\n\r\n" + bytes(MOST + 1),
    "not announced": OK + b"\r\n" + bytes(MOST + 1),
    "gzip": OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(bytes(MOST + 1)),
    "deflate": OK + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(bytes(MOST + 1)),
    "gzip of nothing": OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"")[:10] + b"\0\0\0\xff\xff" * MOST,
}


@pytest.mark.parametrize("large", LARGE)
def test_an_answer_with_more_bytes_than_it_may_have_is_refused_and_not_asked_for_again(large):
    with serving(sends(LARGE[large])) as server:
        with pytest.raises(TooLarge):
            ask(server.url, Patience())
        assert len(server.requests) == 1


@pytest.mark.parametrize("encoding", ["identity", "gzip", "x-gzip", "deflate", ""])
def test_an_answer_of_just_as_many_bytes_is_whole(encoding):
    body = bytes(MOST)
    packed = {"gzip": gzip.compress(body), "x-gzip": gzip.compress(body), "deflate": zlib.compress(body)}
    header = f"Content-Encoding: {encoding}\r\n".encode() if encoding else b""
    with serving(sends(OK, header, b"\r\n", packed.get(encoding, body))) as server:
        assert ask(server.url).content == body
        assert b"accept-encoding: identity" in server.requests[0].lower()


def test_a_compressed_answer_that_would_be_gigabytes_takes_no_memory():
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(8 * 1024**2)
    bomb = b"".join(packer.compress(zeros) for _ in range(64)) + packer.flush()
    with serving(sends(OK, b"Content-Encoding: gzip\r\n\r\n", bomb)) as server:
        tracemalloc.start()
        try:
            with pytest.raises(TooLarge):
                ask(server.url, Patience())
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 8 * MOST < len(zeros) * 64


@pytest.mark.parametrize(
    "body",
    [gzip.compress(b"x" * 100)[:-9], gzip.compress(b"x" * 100)[:-1], b"no gzip at all", gzip.compress(b"")[:5]],
    ids=["without its end", "without a byte", "no gzip", "within the header"],
)
def test_a_compressed_answer_that_is_cut_off_is_not_whole(body):
    with serving(sends(OK, b"Content-Encoding: gzip\r\n\r\n", body)) as server, pytest.raises(BrokenOff):
        ask(server.url)


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "aws-chunked"])
def test_an_encoding_that_was_not_asked_for_is_a_fault(encoding):
    with serving(sends(OK, f"Content-Encoding: {encoding}\r\nContent-Length: 1\r\n\r\nx".encode())) as server:
        assert ask(server.url).fault == "is compressed in a way that was not asked for"


@pytest.mark.parametrize(
    "answer",
    [b"", b"no HTTP\r\n\r\n", OK + b"X" * 200_000, OK + b"X: y\r\n" * 50_000 + b"\r\n", OK + b"\x00: x\r\n\r\n"],
)
def test_what_is_no_http_is_broken(answer):
    with serving(sends(answer)) as server, pytest.raises(BrokenOff):
        ask(server.url)


def test_an_error_carries_nothing_that_the_server_said():
    with serving(sends(OK + b"X y: secret\r\n\r\n")) as server, pytest.raises(BrokenOff) as raised:
        ask(server.url)
    assert raised.value.__context__ is None
    assert str(raised.value) == ""


def test_the_proxy_of_the_environment_is_used_where_it_may_be(monkeypatch):
    with serving(sends(OK, b"Content-Length: 1\r\n\r\nx")) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.replace("//", "//me:secret@"))
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        for uses_proxy in (True, False):
            client = HttpClient("http://192.0.2.1", HASTY, lambda: "Bearer t", uses_proxy=uses_proxy)
            if uses_proxy:
                assert client.ask("GET", "/", most_bytes=MOST).content == b"x"
                assert proxy.requests[0].startswith(b"GET http://192.0.2.1/ HTTP/1.1\r\n")
                assert b"Proxy-Authorization: Basic" in proxy.requests[0]
            else:
                with pytest.raises(Unreachable):
                    client.ask("GET", "/", most_bytes=MOST)
            client.close()
        assert len(proxy.requests) == 1
