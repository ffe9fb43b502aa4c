"""Everything that may break during a publication, by name."""

from __future__ import annotations

from dataclasses import dataclass

from tests.support.faulty_s3 import (
    BrokenBody,
    Fault,
    answer,
    corrupted,
    killed,
    truncated,
)

INDEX = "index.json"
BLOB = ".onnx"
PACK = ".pack"
SLOW_DOWN = answer("SlowDown", 503)
INTERNAL = answer("InternalError", 500)


@dataclass(frozen=True)
class Case:
    """A fault, and a piece of what CloudFormation is told; None when nothing should fail."""

    fault: Fault
    message: str | None


CASES = {
    "throttled reading the index": Case(
        Fault(operation="get_object", key=INDEX, error=SLOW_DOWN, nth=2), "SlowDown"
    ),
    "500 reading the index": Case(
        Fault(operation="get_object", key=INDEX, error=INTERNAL, nth=2), "InternalError"
    ),
    "connection reset registering the request": Case(
        Fault(operation="put_object", key=INDEX), "ConnectionClosedError"
    ),
    "answer lost registering the request": Case(
        Fault(operation="put_object", key=INDEX, after=True), "ConnectionClosedError"
    ),
    "killed registering the request": Case(
        Fault(operation="put_object", key=INDEX, error=killed), "killed"
    ),
    "race lost registering the request": Case(
        Fault(operation="put_object", key=INDEX, error=answer("PreconditionFailed", 412)), None
    ),
    "throttled listing archives": Case(
        Fault(operation="list_object_versions", error=SLOW_DOWN), "SlowDown"
    ),
    "killed listing archives": Case(
        Fault(operation="list_object_versions", error=killed), "killed"
    ),
    "500 reading the manifest": Case(
        Fault(operation="get_object", key=".json", error=INTERNAL, nth=3), "InternalError"
    ),
    "connection reset reading the manifest": Case(
        Fault(operation="get_object", key=".json", nth=3), "ConnectionClosedError"
    ),
    "connection reset inside the index": Case(
        Fault(operation="get_object", key=INDEX, body=BrokenBody, nth=2), None
    ),
    "connection reset inside the manifest": Case(
        Fault(operation="get_object", key=".json", body=BrokenBody, nth=3), None
    ),
    "connection reset inside the source pack": Case(
        Fault(operation="get_object", key=PACK, body=BrokenBody), None
    ),
    "manifest corrupted": Case(
        Fault(operation="get_object", key=".json", nth=3, body=corrupted), "ManifestDigest"
    ),
    "throttled reading the source pack": Case(
        Fault(operation="get_object", key=PACK, error=SLOW_DOWN), "SlowDown"
    ),
    "source pack missing": Case(
        Fault(operation="get_object", key=PACK, error=answer("NoSuchKey", 404)), "does not exist"
    ),
    "bad checksum in the source pack": Case(
        Fault(operation="get_object", key=PACK, body=corrupted), "SHA-256 should be"
    ),
    "source pack truncated": Case(
        Fault(operation="get_object", key=PACK, body=truncated), "source is truncated"
    ),
    "blob missing": Case(
        Fault(operation="get_object", key=BLOB, error=answer("NoSuchKey", 404)), "does not exist"
    ),
    "blob denied": Case(
        Fault(operation="get_object", key=BLOB, error=answer("AccessDenied", 403)), "AccessDenied"
    ),
    "bad checksum of a blob": Case(
        Fault(operation="get_object", key=BLOB, body=corrupted), "SHA-256 should be"
    ),
    "blob truncated": Case(
        Fault(operation="get_object", key=BLOB, body=truncated), "source is truncated"
    ),
    "connection reset once inside a blob": Case(
        Fault(operation="get_object", key=BLOB, body=BrokenBody), None
    ),
    "blob never readable": Case(
        Fault(operation="get_object", key=BLOB, nth=0), "ConnectionClosedError"
    ),
    "killed reading a blob": Case(Fault(operation="get_object", key=BLOB, error=killed), "killed"),
    "500 writing an archive": Case(
        Fault(operation="put_object", key=".tar.gz", error=INTERNAL), None
    ),
    "throttled writing every archive": Case(
        Fault(operation="put_object", key=".tar.gz", error=SLOW_DOWN, nth=0), "SlowDown"
    ),
    "answer lost writing an archive": Case(
        Fault(operation="put_object", key=".tar.gz", after=True), None
    ),
    "archive written by someone else meanwhile": Case(
        Fault(
            operation="put_object",
            key=".tar.gz",
            after=True,
            error=answer("PreconditionFailed", 412),
        ),
        None,
    ),
    "conflict with another writer of an archive": Case(
        Fault(
            operation="put_object", key=".tar.gz", error=answer("ConditionalRequestConflict", 409)
        ),
        None,
    ),
    "killed before an archive is written": Case(
        Fault(operation="put_object", key=".tar.gz", error=killed), "killed"
    ),
    "killed after an archive was written": Case(
        Fault(operation="put_object", key=".tar.gz", error=killed, after=True), "killed"
    ),
    "500 writing the index": Case(
        Fault(operation="put_object", key=INDEX, error=INTERNAL, nth=2), "InternalError"
    ),
    "answer lost writing the index": Case(
        Fault(operation="put_object", key=INDEX, nth=2, after=True), "ConnectionClosedError"
    ),
    "own write of the index tried twice": Case(
        Fault(
            operation="put_object",
            key=INDEX,
            nth=2,
            after=True,
            error=answer("PreconditionFailed", 412),
        ),
        None,
    ),
    "conflict writing the index": Case(
        Fault(
            operation="put_object",
            key=INDEX,
            nth=2,
            error=answer("ConditionalRequestConflict", 409),
        ),
        None,
    ),
    "killed before the index is written": Case(
        Fault(operation="put_object", key=INDEX, nth=2, error=killed), "killed"
    ),
    "killed after the index was written": Case(
        Fault(operation="put_object", key=INDEX, nth=2, error=killed, after=True), "killed"
    ),
    "throttled collecting garbage": Case(Fault(operation="delete_objects", error=SLOW_DOWN), None),
    "killed before collecting garbage": Case(
        Fault(operation="delete_objects", error=killed), "killed"
    ),
    "killed after collecting garbage": Case(
        Fault(operation="delete_objects", error=killed, after=True), "killed"
    ),
}
