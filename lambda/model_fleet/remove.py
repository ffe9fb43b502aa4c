"""Removal of a fleet: its executions end, the index names nothing, the archives go, the index."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from cfn_resource import ResourceEvent
from model_artifacts import Garbage, Index, LostRaceError, StorageError
from model_artifacts.index import VERIFICATION_FOLDER
from model_artifacts.s3_index import write_index
from model_artifacts.s3_inventory import (
    archive_versions,
    delete_versions,
    folder_versions,
    index_versions,
)
from model_fleet.contract import REPORT_FOLDER, WORK_FOLDER
from model_fleet.errors import StatesError
from model_fleet.execution import Machine
from model_fleet.fleet import Removal, owner_of
from model_fleet.record import read_record
from model_fleet.requests import find_index, is_newest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ATTEMPTS: Final = 5
_NAME: Final = r"[A-Za-z0-9][A-Za-z0-9_.-]*"
# what handlers and jobs write beside the archives, and nothing else
_OURS: Final = re.compile(
    rf"{WORK_FOLDER}execution\.json"
    rf"|{WORK_FOLDER}[0-9a-f]{{16}}/(packages|compiles)\.json"
    rf"|{WORK_FOLDER}[0-9a-f]{{16}}/[0-9]+/failures/{_NAME}\.json"
    rf"|{REPORT_FOLDER}{_NAME}/[0-9a-f]{{16}}\.json"
    rf"|{VERIFICATION_FOLDER}{_NAME}\.json"
)

_log = logging.getLogger(__name__)


def is_ours(s3: S3Client, removal: Removal, event: ResourceEvent) -> bool:
    """Whether there is something to remove that this very resource published.

    Not so when it is retained, gone already, another fleet's, or when another resource of the
    same fleet (a stack made anew) publishes there by now. Raises `StorageError`.
    """
    if removal.retain:
        return False
    stored = find_index(s3, removal.location)
    return stored is not None and _owns(stored.index, removal, event)


def remove(
    s3: S3Client, removal: Removal, event: ResourceEvent, machine: Machine | None = None
) -> bool:
    """Remove every version of what the fleet wrote; False when executions have to end first.

    Executions are stopped even where everything else is retained, since their state machine goes
    with the stack. The index goes last, so a removal that was killed is taken up by the next
    event: it is safe to repeat. Raises `StorageError`, `StatesError`, and `LostRaceError` after 5
    lost races.
    """
    place = removal.location
    if machine is not None and _stop_executions(s3, removal, machine):
        return False
    for _ in range(_ATTEMPTS):
        if removal.retain or not _empty_index(s3, removal, event):
            return True
        delete_versions(
            s3, bucket=place.bucket, prefix=place.prefix, versions=_beside_archives(s3, removal)
        )
        gone = delete_versions(
            s3,
            bucket=place.bucket,
            prefix=place.prefix,
            versions=archive_versions(s3, bucket=place.bucket, prefix=place.prefix),
        )
        # taken before the look at the index: a request that comes later writes another version
        versions = list(index_versions(s3, bucket=place.bucket, prefix=place.prefix))
        stored = find_index(s3, place)
        if stored is None or (not stored.index["models"] and is_newest(stored.index, event)):
            delete_versions(s3, bucket=place.bucket, prefix=place.prefix, versions=versions)
            _log.info("removed s3://%s with %d versions of archives", place, gone)
            return True
    raise LostRaceError(f"the index of s3://{place} changed {_ATTEMPTS} times during its removal")


def _stop_executions(s3: S3Client, removal: Removal, machine: Machine) -> bool:
    """Whether any execution ran for the fleet; it is asked to stop, and ends a moment later."""
    why = f"fleet {removal.name} is deleted"
    try:
        names = set(machine.running_for(removal.location.prefix))
        stored = read_record(s3, removal.location)
        # a list may lack what was started a second ago
        if stored is not None and stored.record.machine == machine.arn:
            names.add(stored.record.name)
        stopped = [machine.stop(name, why) for name in sorted(names)]
    except (StatesError, StorageError) as error:
        if not error.transient:
            raise
        _log.warning("asked again later: %s", error)
        return True
    return any(stopped)


def _beside_archives(s3: S3Client, removal: Removal) -> Iterator[Garbage]:
    place = removal.location
    for folder in (WORK_FOLDER, REPORT_FOLDER, VERIFICATION_FOLDER):
        for item in folder_versions(s3, bucket=place.bucket, prefix=place.prefix, folder=folder):
            if _OURS.fullmatch(item["key"]):
                yield item


def _empty_index(s3: S3Client, removal: Removal, event: ResourceEvent) -> bool:
    """Make the index name nothing, before its archives go; False when there is nothing to do."""
    place = removal.location
    for attempt in range(1, _ATTEMPTS + 1):
        stored = find_index(s3, place)
        if stored is None:
            return False
        if not _owns(stored.index, removal, event) or not is_newest(stored.index, event):
            return False
        emptied: Index = {
            **stored.index,
            "serial": stored.index["serial"] + 1,
            "manifest_digest": "",
            "models": {},
            "retired": {},
            "published": 0,
            "garbage": [],
        }
        try:
            write_index(
                s3, bucket=place.bucket, prefix=place.prefix, index=emptied, etag=stored.etag
            )
        except LostRaceError:
            if attempt == _ATTEMPTS:
                raise
        else:
            return True
    raise AssertionError("unreachable: the last attempt returns or raises")


def _owns(index: Index, removal: Removal, event: ResourceEvent) -> bool:
    return index["fleet"] == removal.name and index["owner"] == owner_of(event)
