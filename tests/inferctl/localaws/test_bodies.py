import io

import pytest

from inferctl.localaws import bodies
from inferctl.localaws.bodies import BodyError, BodyReader


def reader(data: bytes, *, length: int = 0, chunked: bool = False) -> BodyReader:
    return BodyReader(io.BytesIO(data), length=length, chunked=chunked)


def test_a_body_of_known_length_leaves_the_next_request_on_the_stream() -> None:
    stream = io.BytesIO(b"bodyGET / HTTP/1.1")

    assert BodyReader(stream, length=4, chunked=False).read() == b"body"
    assert stream.read() == b"GET / HTTP/1.1"


def test_a_limit_takes_the_first_bytes_and_drain_takes_the_rest() -> None:
    stream = io.BytesIO(b"x" * 3_000_000 + b"next")
    body = BodyReader(stream, length=3_000_000, chunked=False)

    assert len(body.read(10)) == 10
    assert not body.ended
    assert body.drain()
    assert stream.read() == b"next"


def test_chunks_are_joined_and_trailers_are_skipped() -> None:
    stream = io.BytesIO(b"4\r\nwiki\r\n5;ext=1\r\npedia\r\n0\r\nx-amz-checksum: 1\r\n\r\nnext")

    assert BodyReader(stream, length=0, chunked=True).read() == b"wikipedia"
    assert stream.read() == b"next"


def test_a_limit_stops_between_chunks() -> None:
    body = reader(b"4\r\nwiki\r\n5\r\npedia\r\n0\r\n\r\n", chunked=True)

    assert body.read(1) == b"wiki"
    assert body.drain()


def test_drain_gives_up_on_an_endless_body(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "DRAIN_LIMIT", 2 * 1024 * 1024)

    assert not reader(b"x" * 5_000_000, length=5_000_000).drain()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"zz\r\n", "malformed chunk size b'zz"),
        (b"4\r\nwi", "ended 2 bytes before"),
        (b"4\r\nwikiXX", "does not end with a line break"),
    ],
)
def test_malformed_chunks_are_named(data: bytes, message: str) -> None:
    with pytest.raises(BodyError, match=message):
        reader(data, chunked=True).read()


def test_a_truncated_body_is_an_error_and_not_a_short_body() -> None:
    with pytest.raises(BodyError, match="ended 6 bytes before the body did"):
        reader(b"body", length=10).read()


def test_no_body_reads_nothing() -> None:
    body = reader(b"next")

    assert body.read() == b""
    assert body.drain()
