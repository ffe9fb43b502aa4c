from __future__ import annotations

import contextlib
import http.client
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from inferctl.localaws.http import HttpRequest, HttpResponse
from inferctl.localaws.server import AddressInUseError, FrontServer


def echo(request: HttpRequest) -> HttpResponse:
    if request.path == "/refused":
        request.read_body(10)
        return HttpResponse(413, b"too large")
    if request.method == "HEAD":
        return HttpResponse(200, b"", {"Content-Length": "12345"})
    if request.path == "/empty":
        return HttpResponse(204)
    if request.path == "/nested":
        return HttpResponse(200, get(int(request.query), "/inner"))
    return HttpResponse(200, request.read_body(None), {"X-Uri": request.uri})


def get(port: int, path: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == 200
        return answer.read() + path.encode()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def server() -> Iterator[FrontServer]:
    front = FrontServer(echo)
    front.start()
    yield front
    front.close()


@pytest.fixture
def connection(server: FrontServer) -> Iterator[http.client.HTTPConnection]:
    made = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    yield made
    made.close()


def test_one_connection_carries_many_requests(connection: http.client.HTTPConnection) -> None:
    ports = set()
    for number in range(3):
        connection.request("POST", f"/a%2Fb?n={number}", body=b"hello")
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, b"hello")
        assert answer.headers["X-Uri"] == f"/a%2Fb?n={number}"
        ports.add(connection.sock.getsockname()[1])

    assert len(ports) == 1


def test_requests_sent_ahead_of_their_answers_are_answered_in_order(server: FrontServer) -> None:
    ahead = b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(3))
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock:
        sock.sendall(ahead)
        received = b""
        while received.count(b"X-Uri") < 3:
            received += sock.recv(4096)

    assert re.findall(rb"X-Uri: /(\d)", received) == [b"0", b"1", b"2"]


def test_chunked_request_bodies_arrive_whole(connection: http.client.HTTPConnection) -> None:
    for _ in range(2):
        connection.request("PUT", "/", body=iter([b"a" * 70_000, b"b"]), encode_chunked=True)

        assert connection.getresponse().read() == b"a" * 70_000 + b"b"


def test_a_body_of_90_megabytes_comes_back(connection: http.client.HTTPConnection) -> None:
    body = bytes(range(256)) * 351_563

    connection.request("POST", "/", body=body)

    assert connection.getresponse().read() == body


def test_expect_100_continue_is_answered_before_the_body(server: FrontServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock:
        sock.sendall(
            b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        )

        assert sock.recv(100).startswith(b"HTTP/1.1 100 Continue")

        sock.sendall(b"ok")
        assert sock.recv(1000).startswith(b"HTTP/1.1 200 OK")


def test_head_keeps_the_length_of_the_body_that_it_does_not_send(
    connection: http.client.HTTPConnection,
) -> None:
    connection.request("HEAD", "/object")
    answer = connection.getresponse()

    assert answer.headers["Content-Length"] == "12345"
    assert answer.read() == b""


def test_no_content_has_no_length(connection: http.client.HTTPConnection) -> None:
    connection.request("DELETE", "/empty")
    answer = connection.getresponse()

    assert answer.status == 204
    assert "Content-Length" not in answer.headers


def test_a_refused_body_is_read_away_so_that_the_answer_arrives(
    connection: http.client.HTTPConnection,
) -> None:
    connection.request("POST", "/refused", body=b"x" * 20_000_000)
    answer = connection.getresponse()

    assert (answer.status, answer.read()) == (413, b"too large")


_CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("rest", "status"),
    [
        (_CHUNKED + b"zz\r\n", 400),
        (_CHUNKED + b"-1\r\nabc", 400),
        (_CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n", 400),
        (_CHUNKED + b"3\r\nabcd\r\n", 400),
        (b"Content-Length: -1\r\n\r\nabc", 400),
        (b"Content-Length: -7\r\n\r\nabc", 400),
        (b"Content-Length: three\r\n\r\nabc", 400),
        (b"no colon\r\n\r\n", 400),
        (b"Transfer-Encoding: gzip\r\n\r\nabc", 501),
        (b"".join(b"X-%d: %0200d\r\n" % (one, one) for one in range(2000)) + b"\r\n", 413),
    ],
)
def test_a_request_that_is_no_http_is_refused_and_its_connection_closed(
    server: FrontServer, rest: bytes, status: int
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock:
        sock.sendall(b"PUT / HTTP/1.1\r\nHost: x\r\n" + rest)

        assert sock.recv(12) == b"HTTP/1.1 %d" % status
        with contextlib.suppress(ConnectionResetError):
            # returns only at the end of the connection
            sock.makefile("rb").read()
    assert get(server.port, "/next") == b"/next"


def test_a_body_that_ends_early_is_answered_with_400(server: FrontServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock:
        sock.sendall(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
        sock.shutdown(socket.SHUT_WR)

        assert b"the connection ended 7 bytes before the body did" in sock.makefile("rb").read()


def test_requests_that_wait_for_requests_never_wait_for_one_another(server: FrontServer) -> None:
    with ThreadPoolExecutor(150) as pool:
        answers = list(pool.map(lambda _: get(server.port, f"/nested?{server.port}"), range(150)))

    assert {answer.partition(b"?")[0] for answer in answers} == {b"/inner/nested"}


def test_clients_that_send_half_a_request_keep_nobody_waiting(server: FrontServer) -> None:
    with ExitStack() as stack:
        for _ in range(100):
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            sock.sendall(b"GET / HT")

        assert get(server.port, "/") == b"/"


def test_a_hundred_kept_connections_are_served(server: FrontServer) -> None:
    connections = [http.client.HTTPConnection("127.0.0.1", server.port) for _ in range(100)]
    for turn in range(2):
        for connection in connections:
            connection.request("POST", "/", body=b"%d" % turn)
            assert connection.getresponse().read() == b"%d" % turn
    for connection in connections:
        connection.close()


def test_nothing_listens_beyond_loopback(server: FrontServer) -> None:
    assert server.url == f"http://localhost:{server.port}"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", server.port), timeout=5)


def test_a_taken_port_is_refused(server: FrontServer) -> None:
    with pytest.raises(AddressInUseError, match=rf"127\.0\.0\.1:{server.port} cannot be bound"):
        FrontServer(echo, port=server.port)


def test_a_port_can_be_had_again_at_once() -> None:
    first = FrontServer(echo)
    first.start()
    connection = http.client.HTTPConnection("127.0.0.1", first.port, timeout=20)
    connection.request("GET", "/")
    connection.getresponse().read()
    first.close()

    second = FrontServer(echo, port=first.port)
    second.start()

    assert second.port == first.port
    second.close()
    connection.close()
