"""The HTTP connection: kept alive, bounded in time, and honest about what broke."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from threading import Thread, Timer

import pytest

from load_client import http_connection
from load_client.errors import CallError
from load_client.http_connection import HttpConnection, HttpPlace, header
from tests.container.load_client.scripted_server import LastWords, Request, answer, serving

REQUEST = HttpPlace(host="127.0.0.1", port=1).request("POST", "/x", {"A": "b"}, b"body")


def exchange_with(script: Callable[[Request], bytes | None], seconds: float = 5.0) -> bytes:
    with serving(script) as server:
        connection = HttpConnection(server.place, timeout_seconds=seconds)
        try:
            return connection.exchange(REQUEST)[1].body
        finally:
            connection.close()


def kind_of(script: Callable[[Request], bytes | None], seconds: float = 5.0) -> str:
    with pytest.raises(CallError) as caught:
        exchange_with(script, seconds)
    return caught.value.kind


def test_a_request_is_one_message_with_its_length() -> None:
    place = HttpPlace(host="::1", port=8501, path="/prefix")

    request = place.request("POST", "/v1", {"Content-Type": "text/plain"}, b"abc")

    assert request == (
        b"POST /prefix/v1 HTTP/1.1\r\nHost: [::1]:8501\r\nContent-Type: text/plain\r\n"
        b"Content-Length: 3\r\n\r\nabc"
    )


@pytest.mark.parametrize(
    ("tls", "port", "host"), [(True, 443, "h"), (False, 80, "h"), (True, 80, "h:80")]
)
def test_the_usual_port_is_not_named(tls: bool, port: int, host: str) -> None:
    assert HttpPlace(host="h", port=port, tls=tls).authority == host


def test_calls_share_one_connection() -> None:
    with serving(lambda _: answer(b"ok")) as server:
        connection = HttpConnection(server.place, timeout_seconds=5)

        bodies = [connection.exchange(REQUEST)[1].body for _ in range(3)]
        connection.close()

        assert bodies == [b"ok"] * 3
        assert server.connections == 1
        assert server.requests[0].body == b"body"


@pytest.mark.parametrize(
    ("reply", "body"),
    [
        (answer(b"x" * 300_000), b"x" * 300_000),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3;name=value\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: t\r\n\r\n",
            b"abcde",
        ),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + answer(b"after"), b"after"),
    ],
    ids=["long", "chunked", "without-content", "continue"],
)
def test_answers_are_read_whole(reply: bytes, body: bytes) -> None:
    assert exchange_with(lambda _: reply) == body


def test_an_answer_without_length_ends_with_the_connection() -> None:
    replies = iter([b"HTTP/1.1 200 OK\r\n\r\nall of it"])

    with serving(lambda _: next(replies)) as server:
        connection = HttpConnection(server.place, timeout_seconds=5)
        Timer(0.2, server.drop_connections).start()

        assert connection.exchange(REQUEST)[1].body == b"all of it"


@pytest.mark.parametrize(
    "reply",
    [answer(headers={"Connection": "close"}), answer().replace(b"HTTP/1.1", b"HTTP/1.0")],
    ids=["close", "http-1.0"],
)
def test_a_connection_that_the_server_will_close_is_not_used_again(reply: bytes) -> None:
    with serving(lambda _: reply) as server:
        connection = HttpConnection(server.place, timeout_seconds=5)

        for _ in range(2):
            connection.exchange(REQUEST)
        connection.close()

        assert server.connections == 2


def test_a_connection_closed_while_idle_is_opened_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connection, "_IDLE_SECONDS", 0.0)
    with serving(lambda _: answer()) as server:
        connection = HttpConnection(server.place, timeout_seconds=5)
        connection.exchange(REQUEST)
        server.drop_connections()
        time.sleep(0.1)

        status, _ = connection.exchange(REQUEST)
        connection.close()

        assert (status, server.connections) == (200, 2)


def test_a_failed_call_does_not_spoil_the_next_one() -> None:
    replies = iter([None, answer(b"fine")])
    with serving(lambda _: next(replies)) as server:
        connection = HttpConnection(server.place, timeout_seconds=5)
        with pytest.raises(CallError):
            connection.exchange(REQUEST)

        assert connection.exchange(REQUEST)[1].body == b"fine"
        connection.close()


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (None, "disconnect"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "disconnect"),
        (answer(b"abc").replace(b": 3", b": 30"), "disconnect"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nA: " + b"a" * 70_000 + b"\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff\r\n", "protocol"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc\r\n", "protocol"),
    ],
    ids=[
        *("nothing", "half-a-head", "half-a-body", "no-http", "length", "chunk", "endless-head"),
        *("huge-length", "long-length", "huge-chunk", "negative-chunk"),
    ],
)
def test_broken_answers_have_their_kind(reply: bytes | None, kind: str) -> None:
    assert kind_of(lambda _: reply and LastWords(reply)) == kind


def test_a_server_that_says_nothing_is_a_timeout() -> None:
    def say_nothing(_request: Request) -> bytes:
        time.sleep(1)
        return b""

    started = time.monotonic()

    kind = kind_of(say_nothing, seconds=0.2)

    assert kind == "timeout"
    assert time.monotonic() - started < 5


def test_a_server_that_trickles_does_not_outlive_the_timeout() -> None:
    listening = socket.create_server(("127.0.0.1", 0))

    def trickle() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(40):
                try:
                    connection.sendall(b"x")
                except OSError:
                    return
                time.sleep(0.05)

    thread = Thread(target=trickle)
    thread.start()
    place = HttpPlace(host="127.0.0.1", port=listening.getsockname()[1])
    started = time.monotonic()

    with pytest.raises(CallError, match=r"within 0\.3 s") as caught:
        HttpConnection(place, timeout_seconds=0.3).exchange(REQUEST)
    listening.close()
    waited = time.monotonic() - started
    thread.join(10)

    assert caught.value.kind == "timeout"
    assert waited < 1.5


def test_nobody_listening_is_a_connect_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

    with pytest.raises(CallError, match=r"cannot connect to 127\.0\.0\.1") as caught:
        HttpConnection(HttpPlace(host="127.0.0.1", port=port), timeout_seconds=1).exchange(REQUEST)

    assert caught.value.kind == "connect"


def test_headers_are_found_whatever_their_case() -> None:
    head = b"HTTP/1.1 200 OK\r\ncontent-TYPE:  application/Json \r\nX: y"

    assert header(head, "Content-Type") == "application/Json"
    assert header(head, "Y") == ""


def test_an_answer_without_length_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_connection, "_LARGEST_BODY", 3)

    assert kind_of(lambda _: LastWords(b"HTTP/1.1 200 OK\r\n\r\nabcd")) == "protocol"
