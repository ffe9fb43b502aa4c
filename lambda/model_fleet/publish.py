"""Publication: archives first, then one conditional write of the index, then the garbage."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from cfn_resource import ResourceEvent
from model_artifacts import Index, LostRaceError, Manifest, StorageError
from model_artifacts.garbage import StoredArchive
from model_artifacts.s3_index import StoredIndex, index_etag, write_index
from model_artifacts.s3_inventory import delete_versions, list_archives
from model_artifacts.succession import succeeding_index
from model_fleet.budget import TimeBudget
from model_fleet.contract import REPORT_FOLDER
from model_fleet.delegate import Delegate
from model_fleet.errors import PublicationError, SupersededError
from model_fleet.execution import Machine
from model_fleet.fleet import Fleet, owner_of
from model_fleet.package import Failure, Packager, Report
from model_fleet.plan import Action, Step, plan
from model_fleet.report import failure_message
from model_fleet.requests import find_index, is_newest
from model_fleet.sources import open_sources, read_manifest

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
    machine: Machine | None = None
    """What makes the archives that one call cannot; None where the platform has no such thing."""

    def publish(self) -> Index | None:
        """The index that names the manifest, or None when another call has to go on.

        Nothing is done twice: archives that are there stay, an index that names the manifest
        already is returned as it is, an execution that makes the archives is joined. One for
        another manifest goes on beside an index that needs no work: CloudFormation rolls back when
        its hour is over, and the next deployment takes those archives up. Each round looks at
        everything afresh, since archives, the index and the newest request may all have changed.
        Raises `SupersededError`, `PublicationError`, `FleetError` and `ArtifactsError`.
        """
        manifest: Manifest | None = None
        delegate = self._delegate()
        for _ in range(_ATTEMPTS):
            stored = self._index()
            published = self._already_published(stored)
            if published is not None:
                self._collect(published)
                return published
            self._require_newest(stored.index)
            if delegate is not None and delegate.is_busy():
                return None
            if manifest is None:
                manifest = read_manifest(self.s3, self.fleet)
            # listed after the index was read: what `model_artifacts.garbage` rests on
            archives = list_archives(
                self.s3, bucket=self.fleet.location.bucket, prefix=self.fleet.location.prefix
            )
            steps = plan(manifest, stored.index, archives)
            missing = [step for step in steps if step.action is not Action.REUSE]
            if missing:
                if delegate is not None and delegate.takes(missing):
                    self._hand_over(delegate, missing, manifest, stored.index)
                    return None
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

    def give_up(self) -> None:
        """Raise `PublicationError` with what is missing, in place of the framework's bare time-out.

        What works for the fleet works on: the next deployment finds its archives, or joins it.
        """
        manifest = read_manifest(self.s3, self.fleet)
        place = self.fleet.location
        archives = list_archives(self.s3, bucket=place.bucket, prefix=place.prefix)
        delegate = self._delegate()
        log = None if delegate is None else delegate.place()
        failures = [
            Failure(
                model=step.model["name"],
                step=step.action,
                reason="time is over and it still goes on (deploy again to join it)",
                passing=True,
                log=log,
            )
            for step in plan(manifest, self._index().index, archives)
            if step.action is not Action.REUSE
        ]
        if failures:
            raise PublicationError(failure_message(failures, models=len(manifest["models"])))

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

    def _delegate(self) -> Delegate | None:
        if self.machine is None:
            return None
        return Delegate(self.s3, self.machine, self.fleet, self.event)

    def _hand_over(
        self, delegate: Delegate, missing: list[Step], manifest: Manifest, index: Index
    ) -> None:
        """Begin an execution for ``missing``, and stop it when a newer request came meanwhile."""
        doomed = {step.key for step in missing if step.replace}
        if doomed:
            # else whoever makes the archive finds one there, and leaves it to be deleted
            place = self.fleet.location
            delete_versions(
                self.s3,
                bucket=place.bucket,
                prefix=place.prefix,
                versions=[item for item in index["garbage"] if item["key"] in doomed],
            )
        delegate.begin(missing, models=len(manifest["models"]))
        try:
            self._require_newest(self._index().index)
        except SupersededError as error:
            delegate.withdraw(str(error))
            raise

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
        succession = succeeding_index(
            index,
            manifest=manifest,
            manifest_digest=self.fleet.manifest_digest,
            owner=owner_of(self.event),
            stored=archives,
            now=self.now(),
        )
        for model in manifest["models"]:
            if model["recipe"] is not None:
                current = succession["models"][model["name"]]["current"]
                key = current["key"].removesuffix(".tar.gz")
                current["report"] = f"{REPORT_FOLDER}{key}.json"
        return succession

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
