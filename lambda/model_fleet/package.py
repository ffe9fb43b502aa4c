"""Makes the archives that are missing, several at a time, and says what became of each."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from model_artifacts import ArtifactsError, StorageError
from model_artifacts.archive import archive_size_limit, write_archive
from model_artifacts.s3_upload import S3Upload
from model_fleet.budget import OutOfTimeError, TimeBudget
from model_fleet.fleet import Location
from model_fleet.plan import Action, Step, source_bytes
from model_fleet.sources import Sources

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# one vCPU compresses while the other archives wait for S3; each takes a part's memory, 16 MiB
_PARALLEL: Final = 3
# Large archives are made one after the other beside the small ones: together they would share the
# vCPU until the call ends and none is finished, though each alone would have been.
_LARGE_BYTES: Final = 1 << 30

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A model that cannot be published, in which step, and why."""

    model: str
    step: str
    reason: str
    passing: bool
    """A later call may well manage: S3 was busy, or time ran out."""
    log: str | None = None
    """Where to read on, where that is not the handler's own log."""


@dataclass
class Report:
    """What became of the archives that were missing."""

    made: int = 0
    failed: list[Failure] = field(default_factory=list[Failure])
    interrupted: list[Failure] = field(default_factory=list[Failure])
    left: list[str] = field(default_factory=list[str])
    """Models whose archive is not there yet, though nothing is wrong with them."""


class _NotStartedError(Exception):
    """There is no time to begin, or no point since a newer request took over."""


class Packager:
    """Makes archives for as long as the call may go on and its request is the newest."""

    def __init__(
        self,
        s3: S3Client,
        location: Location,
        sources: Sources,
        *,
        budget: TimeBudget,
        still_current: Callable[[], bool],
    ) -> None:
        self._s3 = s3
        self._location = location
        self._sources = sources
        self._budget = budget
        self._still_current = still_current

    def make(self, steps: Sequence[Step]) -> Report:
        """Make the archive of every step; a failure stops none of the others."""
        report = Report()
        with (
            ThreadPoolExecutor(max_workers=_PARALLEL) as small,
            ThreadPoolExecutor(max_workers=1) as large,
        ):
            running = [
                (large if source_bytes(step.model) >= _LARGE_BYTES else small).submit(
                    self._attempt, step
                )
                for step in steps
            ]
            for step, future in zip(steps, running, strict=True):
                outcome = future.result()
                if isinstance(outcome, Failure):
                    failures = report.interrupted if outcome.passing else report.failed
                    failures.append(outcome)
                else:
                    report.made += outcome
                if outcome is False or (isinstance(outcome, Failure) and outcome.passing):
                    report.left.append(step.model["name"])
        return report

    def _attempt(self, step: Step) -> Failure | bool:
        """Whether the archive was made, or why not; an error itself would keep a part in memory."""
        fail = partial(Failure, model=step.model["name"], step=step.action)
        try:
            self._make_one(step)
        except _NotStartedError:
            return False
        except OutOfTimeError:
            return fail(
                reason=f"the time of one call ran out, with {source_bytes(step.model):,} bytes of"
                " sources (make the model smaller, or split it)",
                passing=True,
            )
        except StorageError as error:
            return fail(reason=str(error), passing=error.transient)
        except ArtifactsError as error:
            return fail(reason=str(error), passing=False)
        return True

    def _make_one(self, step: Step) -> None:
        if step.action is Action.COMPILE:
            raise ArtifactsError(
                f"build {step.model['build']!r} needs a compiler and this platform has no compile"
                " fleet: choose a build that needs none"
            )
        if not self._budget.may_start():
            raise _NotStartedError
        self._require_current()
        key = f"{self._location.prefix}{step.key}"
        with S3Upload(
            self._s3,
            bucket=self._location.bucket,
            key=key,
            size_limit=archive_size_limit(file["size"] for file in step.model["files"]),
            metadata={"artifact-digest": step.model["digest"]},
            replace=step.replace,
            checkpoint=self._budget.check,
        ) as upload:
            write_archive(self._sources.members(step.model), upload)
            # a deletion that began meanwhile must not find one more archive behind its back
            self._require_current()
            written = upload.commit()
        _log.info("%s s3://%s/%s", "wrote" if written else "found", self._location.bucket, key)

    def _require_current(self) -> None:
        if not self._still_current():
            raise _NotStartedError
