from __future__ import annotations

import socket
import threading
import time

import pytest

from inferctl.localaws.serving.wire import (
    ConnectionLostError,
    ConnectionPool,
    Reply,
    ReplyTimeoutError,
)

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"


class Peer:
    """The server's ends of the connections that a pool opens."""

    def __init__(self) -> None:
        self.ends: list[socket.socket] = []

    def connect(self, seconds: float) -> socket.socket:
        del seconds
        ours, theirs = socket.socketpair()
        self.ends.append(theirs)
        return ours

    def answer_later(self, *pieces: bytes) -> None:
        def answer() -> None:
            self.ends[-1].recv(1 << 16)
            for piece in pieces:
                self.ends[-1].sendall(piece)
                time.sleep(0.01)

        while not self.ends:
            time.sleep(0.001)
        threading.Thread(target=answer).start()


@pytest.fixture
def peer() -> Peer:
    return Peer()


def exchange(pool: ConnectionPool, peer: Peer, *pieces: bytes, seconds: float = 5.0) -> Reply:
    waiter = threading.Thread(target=peer.answer_later, args=pieces)
    waiter.start()
    try:
        return pool.request(b"GET / HTTP/1.1\r\n\r\n", deadline=time.monotonic() + seconds)
    finally:
        waiter.join()


def test_an_answer_in_pieces_is_put_together(peer: Peer) -> None:
    pool = ConnectionPool(peer.connect)

    reply = exchange(pool, peer, OK[:10], OK[10:50], OK[50:-2], OK[-2:])

    assert reply == Reply(200, "text/plain", b"hello")


def test_a_connection_is_used_again(peer: Peer) -> None:
    pool = ConnectionPool(peer.connect)

    exchange(pool, peer, OK)
    exchange(pool, peer, OK)

    assert len(peer.ends) == 1


def test_connection_close_is_honoured(peer: Peer) -> None:
    pool = ConnectionPool(peer.connect)
    exchange(pool, peer, OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))

    assert pool._idle == []


def test_a_kept_connection_that_was_closed_is_replaced(peer: Peer) -> None:
    pool = ConnectionPool(peer.connect)
    exchange(pool, peer, OK)
    peer.ends[0].close()

    def serve_second() -> None:
        while len(peer.ends) < 2:
            time.sleep(0.001)
        peer.ends[1].recv(100)
        peer.ends[1].sendall(OK)

    thread = threading.Thread(target=serve_second)
    thread.start()
    reply = pool.request(b"GET / HTTP/1.1\r\n\r\n", deadline=time.monotonic() + 5)
    thread.join()

    assert reply.body == b"hello"


@pytest.mark.parametrize(
    "pieces",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Le",),
        (OK[:-2],),
        (b"HTTP/1.1 200 OK\r\n\r\n",),
    ],
)
def test_an_incomplete_answer_is_a_lost_connection(peer: Peer, pieces: tuple[bytes, ...]) -> None:
    def answer_and_close() -> None:
        while not peer.ends:
            time.sleep(0.001)
        peer.ends[0].recv(100)
        peer.ends[0].sendall(pieces[0])
        peer.ends[0].close()

    thread = threading.Thread(target=answer_and_close)
    thread.start()
    with pytest.raises(ConnectionLostError):
        ConnectionPool(peer.connect).request(
            b"GET / HTTP/1.1\r\n\r\n", deadline=time.monotonic() + 5
        )
    thread.join()


def test_no_answer_before_the_deadline_is_a_timeout(peer: Peer) -> None:
    pool = ConnectionPool(peer.connect)

    with pytest.raises(ReplyTimeoutError):
        exchange(pool, peer, b"HTTP/1.1 200 OK\r\n", seconds=0.1)

    assert pool._idle == []


def test_a_refused_connection_is_a_lost_connection() -> None:
    def refuse(seconds: float) -> socket.socket:
        raise ConnectionRefusedError(f"nobody there within {seconds} s")

    with pytest.raises(ConnectionLostError, match="nobody there"):
        ConnectionPool(refuse).request(b"GET / HTTP/1.1\r\n\r\n", deadline=time.monotonic() + 1)
