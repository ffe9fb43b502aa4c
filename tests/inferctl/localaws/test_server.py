from __future__ import annotations

import http.client
import re
import socket
from collections.abc import Iterator

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
    return HttpResponse(200, request.read_body(None), {"X-Uri": request.uri})


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


def test_a_broken_chunk_is_answered_with_400(server: FrontServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock:
        sock.sendall(b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")

        assert sock.recv(1000).startswith(b"HTTP/1.1 400 Bad Request")


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
