"""Which archives may be deleted, by rules that stay safe when two publications meet.

A publication lists what is stored, decides, and writes the *versions* that it may delete into the
very index that it publishes; only after that write are they deleted, by version id. Another
publication that wants one of these archives either read the index before (then its own
conditional write fails) or after (then it finds the version listed here and makes the archive
anew, as another version that no one is entitled to delete).
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from model_artifacts.index import Garbage, Index, named_artifacts

UNNAMED_AGE: Final = timedelta(hours=24)
"""An archive that no index named yet may be about to be; after a day nobody is."""
UNVERSIONED: Final = "null"
"""What S3 calls the version of an object in a bucket without versioning."""


@dataclass(frozen=True, slots=True)
class StoredArchive:
    """The current version of one archive below the prefix; ``key`` is relative to it."""

    key: str
    version_id: str
    size: int
    last_modified: datetime


def is_garbage(archive: StoredArchive, garbage: Set[tuple[str, str]]) -> bool:
    """Whether this version is among those that `garbage_versions` gave: don't build on it."""
    return (archive.key, archive.version_id) in garbage


def garbage_versions(index: Index) -> Set[tuple[str, str]]:
    """Key and version of what the index's writer may delete at any moment."""
    return {(item["key"], item["version_id"]) for item in index["garbage"]}


def collectable(
    *,
    superseded: Index,
    published: Index,
    stored: Mapping[str, StoredArchive],
    now: datetime,
) -> list[Garbage]:
    """Versions that may go once ``published`` replaced ``superseded``.

    These are: what the superseded index named, or had listed as garbage, at once; what no index
    named, after 24 hours. Nothing in a bucket without versioning, where the rule above cannot
    tell an archive from its successor.
    """
    keep = {artifact["key"] for artifact in named_artifacts(published)}
    was_named = {artifact["key"] for artifact in named_artifacts(superseded)}
    was_garbage = garbage_versions(superseded)
    return [
        Garbage(key=archive.key, version_id=archive.version_id)
        for archive in stored.values()
        if archive.key not in keep
        and archive.version_id != UNVERSIONED
        and (
            archive.key in was_named
            or is_garbage(archive, was_garbage)
            or now - archive.last_modified > UNNAMED_AGE
        )
    ]
