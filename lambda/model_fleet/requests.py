"""Which request may act: the newest one, as the index itself records.

`on_event` adds the request's id to the index before anything else happens. Since every change of
the index is conditional on the version that was read, a publication that began earlier cannot
write any more: it reads again, sees that it is no longer the newest, and stops. Without this, an
old call that outlived its deployment would roll a fleet back, or bring a deleted one back to life.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cfn_resource import ResourceEvent
from model_artifacts import Index, IndexMissingError, LostRaceError, empty_index
from model_artifacts.index import REQUESTS_KEPT
from model_artifacts.s3_index import StoredIndex, load_index, write_index
from model_fleet.errors import ForeignPrefixError
from model_fleet.fleet import Location, owner_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ATTEMPTS: Final = 5


def register(s3: S3Client, location: Location, event: ResourceEvent, *, fleet: str) -> None:
    """Make ``event`` the newest request of a fleet, unless it was registered before.

    A late duplicate of an older event therefore changes nothing. Raises `ForeignPrefixError`,
    `StorageError`, and `LostRaceError` after 5 lost races.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        stored = find_index(s3, location)
        if stored is None:
            index, etag = empty_index(fleet=fleet, owner=owner_of(event)), None
        else:
            index, etag = stored.index, stored.etag
        if index["fleet"] != fleet:
            raise ForeignPrefixError(
                f"s3://{location} belongs to fleet {index['fleet']!r}, not {fleet!r}:"
                " give this fleet a prefix of its own"
            )
        if event.request_id in index["requests"]:
            return
        try:
            write_index(
                s3,
                bucket=location.bucket,
                prefix=location.prefix,
                index=_with_request(index, event.request_id),
                etag=etag,
            )
        except LostRaceError:
            if attempt == _ATTEMPTS:
                raise
        else:
            return


def is_newest(index: Index, event: ResourceEvent) -> bool:
    """Whether no other request came after ``event``."""
    return index["requests"][-1:] == [event.request_id]


def find_index(s3: S3Client, location: Location) -> StoredIndex | None:
    """The index of a fleet, None when there is none; raises `StorageError`, `DocumentError`."""
    try:
        return load_index(s3, bucket=location.bucket, prefix=location.prefix)
    except IndexMissingError:
        return None


def _with_request(index: Index, request_id: str) -> Index:
    return {**index, "requests": [*index["requests"], request_id][-REQUESTS_KEPT:]}
