from __future__ import annotations

import pytest

from inferctl.localaws.serving.container_api import (
    ContainerApi,
    invocation_head,
    model_hash,
    target_model_problem,
)
from inferctl.localaws.serving.wire import ConnectionPool, Reply


class RecordingPool(ConnectionPool):
    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def request(self, head: bytes, body: bytes = b"", *, deadline: float) -> Reply:
        del deadline
        self.sent.append(head + body)
        return Reply(200, "", b"")


@pytest.mark.parametrize(
    "target", ["a.tar.gz", "minilm/0123456789abcdef.tar.gz", "a b", "a" * 1024]
)
def test_target_model_is_accepted(target: str) -> None:
    assert target_model_problem(target) is None


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ("", "is empty"),
        ("a" * 1025, "has 1025 characters; at most 1024 are allowed"),
        ("/etc/passwd", "must be a relative path with forward slashes"),
        ("a\\b", "must be a relative path with forward slashes"),
        ("../a", "must not contain empty, '.' or '..' path parts"),
        ("a/../b", "must not contain empty, '.' or '..' path parts"),
        ("a//b", "must not contain empty, '.' or '..' path parts"),
        ("a/", "must not contain empty, '.' or '..' path parts"),
        ("./a", "must not contain empty, '.' or '..' path parts"),
        (" a", "must be printable ASCII and not begin with a space"),
        ("a\r\nX: y", "must be printable ASCII and not begin with a space"),
        ("a\x00", "must be printable ASCII and not begin with a space"),
        ("é", "must be printable ASCII and not begin with a space"),
    ],
)
def test_target_model_is_refused(target: str, problem: str) -> None:
    assert target_model_problem(target) == problem


def test_model_hash_is_allowed_in_the_container_s_paths() -> None:
    assert len(model_hash("s3://b/p/a.tar.gz")) == 32
    assert model_hash("s3://b/p/a.tar.gz") != model_hash("s3://b/p/b.tar.gz")


def test_load_sends_a_json_object_of_strings_and_the_target_model_header() -> None:
    pool = RecordingPool()

    ContainerApi(pool).load(name="abc", path='/models/a"b', target="m.tar.gz")

    assert pool.sent == [
        b"POST /models HTTP/1.1\r\nHost: localhost\r\nContent-Length: 44\r\n"
        b"Content-Type: application/json\r\nX-Amzn-SageMaker-Target-Model: m.tar.gz\r\n\r\n"
        b'{"model_name": "abc", "url": "/models/a\\"b"}'
    ]


@pytest.mark.parametrize("name", ["", "a/b", "a b", "{x", "a\r\n", "é", "a" * 129])
def test_no_call_leaves_with_a_name_outside_the_contract(name: str) -> None:
    pool = RecordingPool()
    api = ContainerApi(pool)

    with pytest.raises(ValueError, match="model name must match"):
        api.load(name=name, path="/m", target="t")
    with pytest.raises(ValueError, match="model name must match"):
        api.unload(name=name, target="t", seconds=1)
    with pytest.raises(ValueError, match="model name must match"):
        api.is_loaded(name=name)

    assert pool.sent == []


@pytest.mark.parametrize("path", ["relative", "", "/a\nb", "/a\x00"])
def test_load_refuses_a_path_that_is_not_absolute_and_printable(path: str) -> None:
    pool = RecordingPool()

    with pytest.raises(ValueError, match="path must be absolute and printable"):
        ContainerApi(pool).load(name="abc", path=path, target="t")

    assert pool.sent == []


@pytest.mark.parametrize("field", ["content_type", "accept", "custom_attributes", "target"])
def test_a_header_value_cannot_smuggle_a_second_header(field: str) -> None:
    values = {"content_type": "application/json", "accept": None, "custom_attributes": None}
    arguments = {"target": "t", **values, field: "a\r\nX-Evil: 1"}

    with pytest.raises(ValueError, match="must be printable ASCII"):
        invocation_head(name="abc", body=b"", **arguments)  # type: ignore[arg-type]
