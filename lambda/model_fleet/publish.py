"""Publication: archives first, then one conditional write of the index, then the garbage."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from cfn_resource import ResourceEvent
from model_artifacts import (
    DocumentError,
    Index,
    LostRaceError,
    Manifest,
    StorageError,
    manifest_digest,
    parse_manifest,
)
from model_artifacts.garbage import StoredArchive
from model_artifacts.s3_index import StoredIndex, index_etag, write_index
from model_artifacts.s3_inventory import delete_versions, list_archives
from model_artifacts.succession import succeeding_index
from model_fleet.budget import TimeBudget
from model_fleet.errors import FleetError, PublicationError, SupersededError
from model_fleet.fleet import Fleet, owner_of
from model_fleet.package import Packager, Report
from model_fleet.plan import Action, Step, plan
from model_fleet.report import failure_message
from model_fleet.requests import find_index, is_newest
from model_fleet.sources import open_sources, read_source

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ATTEMPTS: Final = 5

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Publisher:
    """Publishes one manifest on behalf of one event, within the time of one call."""

    s3: S3Client
    fleet: Fleet
    event: ResourceEvent
    budget: TimeBudget
    now: Callable[[], datetime]

    def publish(self) -> Index | None:
        """The index that names the manifest, or None when another call has to go on.

        Nothing is done twice: archives that are there stay, an index that names the manifest
        already is returned as it is. Each round looks at everything afresh, since archives, the
        index and the newest request may all have changed. Raises `SupersededError`,
        `PublicationError`, `FleetError` and `ArtifactsError`.
        """
        manifest: Manifest | None = None
        for _ in range(_ATTEMPTS):
            stored = self._index()
            published = self._already_published(stored)
            if published is not None:
                self._collect(published)
                return published
            self._require_newest(stored.index)
            if manifest is None:
                manifest = self._manifest()
            # listed after the index was read: what `model_artifacts.garbage` rests on
            archives = list_archives(
                self.s3, bucket=self.fleet.location.bucket, prefix=self.fleet.location.prefix
            )
            steps = plan(manifest, stored.index, archives)
            missing = [step for step in steps if step.action is not Action.REUSE]
            if missing:
                if not self._make(missing, manifest, stored):
                    return None
                continue
            published = self._write(
                self._succession(manifest, stored.index, archives), etag=stored.etag
            )
            if published is not None:
                self._collect(published)
                return published
        raise LostRaceError(
            f"the index of s3://{self.fleet.location} changed {_ATTEMPTS} times during the"
            " publication: deploy again"
        )

    def _index(self) -> StoredIndex:
        stored = find_index(self.s3, self.fleet.location)
        if stored is None:
            raise SupersededError(
                f"fleet {self.fleet.name} was deleted after this request began: nothing published"
            )
        return stored

    def _already_published(self, stored: StoredIndex) -> Index | None:
        index = stored.index
        if index["manifest_digest"] != self.fleet.manifest_digest:
            return None
        owner = owner_of(self.event)
        if index["owner"] == owner or not is_newest(index, self.event):
            return index
        # what a deleted stack retained belongs from now on to the stack that took it over
        return self._write({**index, "owner": owner}, etag=stored.etag)

    def _require_newest(self, index: Index) -> None:
        if not is_newest(index, self.event):
            raise SupersededError(
                f"a newer request took over fleet {self.fleet.name}: manifest"
                f" {self.fleet.manifest_digest[:16]} is not published"
            )

    def _manifest(self) -> Manifest:
        fleet = self.fleet
        data = read_source(self.s3, bucket=fleet.source_bucket, key=fleet.manifest_key)
        name = f"s3://{fleet.source_bucket}/{fleet.manifest_key}"
        digest = manifest_digest(data)
        if digest != fleet.manifest_digest:
            raise FleetError(
                f"{name}: SHA-256 should be ManifestDigest {fleet.manifest_digest}, got {digest}"
            )
        manifest = parse_manifest(data, name=name)
        problems = [
            f"$.{field} must be the property {label}, {wanted!r}, got {got!r}"
            for field, label, wanted, got in (
                ("fleet", "Fleet", fleet.name, manifest["fleet"]),
                ("prefix", "Prefix", fleet.location.prefix, manifest["prefix"]),
            )
            if wanted != got
        ]
        if problems:
            raise DocumentError(name, problems)
        return manifest

    def _make(self, missing: list[Step], manifest: Manifest, stored: StoredIndex) -> bool:
        """Whether to go on in this call; raises when models fail, or nothing at all was done."""
        place = self.fleet.location
        packager = Packager(
            self.s3,
            place,
            open_sources(self.s3, self.fleet, manifest),
            budget=self.budget,
            still_current=lambda: (
                index_etag(self.s3, bucket=place.bucket, prefix=place.prefix) == stored.etag
            ),
        )
        report = packager.make(missing)
        _log.info("%d archives made, %d to go", report.made, len(missing) - report.made)
        self._raise_failures(report, models=len(manifest["models"]))
        return self.budget.may_start() and not report.interrupted

    def _raise_failures(self, report: Report, *, models: int) -> None:
        # a busy S3 or a big model is no failure as long as the fleet gets on
        failures = report.failed or (report.interrupted if report.made == 0 else [])
        if failures:
            raise PublicationError(failure_message(failures, models=models))

    def _succession(
        self, manifest: Manifest, index: Index, archives: Mapping[str, StoredArchive]
    ) -> Index:
        return succeeding_index(
            index,
            manifest=manifest,
            manifest_digest=self.fleet.manifest_digest,
            owner=owner_of(self.event),
            stored=archives,
            now=self.now(),
        )

    def _write(self, index: Index, *, etag: str) -> Index | None:
        """The index as it was written, None after a lost race."""
        place = self.fleet.location
        try:
            write_index(self.s3, bucket=place.bucket, prefix=place.prefix, index=index, etag=etag)
        except LostRaceError:
            return None
        _log.info("published version %d of s3://%s", index["serial"], place)
        return index

    def _collect(self, index: Index) -> None:
        """Delete what the index gives free; a failure costs storage, never the publication."""
        place = self.fleet.location
        try:
            delete_versions(
                self.s3, bucket=place.bucket, prefix=place.prefix, versions=index["garbage"]
            )
        except StorageError as error:
            _log.warning("garbage is left for the next publication: %s", error)
