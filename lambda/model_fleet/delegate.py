"""What one call cannot make is made by the fleet's state machine: begun once, joined, watched.

The record in S3 says which execution works for the fleet. One for the manifest at hand is joined,
also by a deployment that comes after CloudFormation gave up waiting; one for another manifest is
stopped by whoever has something else to publish.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cfn_resource import ResourceEvent
from model_artifacts import LostRaceError, StorageError
from model_fleet.contract import PACKAGE_IN_PLACE
from model_fleet.errors import PublicationError, StatesError
from model_fleet.execution import ABORTED, Execution, Machine, execution_name
from model_fleet.failures import read_failures
from model_fleet.fleet import Fleet
from model_fleet.package import Failure
from model_fleet.plan import Action, Step
from model_fleet.record import Record, StoredRecord, read_record, write_record
from model_fleet.report import failure_message
from model_fleet.work import impossible, work_of

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_TRIES: Final = 3
# executions of the same work that ended within the 90 days for which Step Functions keeps a name
_NAMES: Final = 200

_log = logging.getLogger(__name__)


class Delegate:
    """The state machine's part of one publication.

    Methods raise `PublicationError`, `StatesError` and `StorageError`, the last two only for what
    will not pass: whoever asks again later meets a quieter service.
    """

    def __init__(self, s3: S3Client, machine: Machine, fleet: Fleet, event: ResourceEvent) -> None:
        self._s3 = s3
        self._machine = machine
        self._fleet = fleet
        self._event = event
        self._stored: StoredRecord | None = None
        self._ended: Execution | None = None

    def is_busy(self) -> bool:
        """Whether an execution works for this manifest; one for another manifest is stopped."""
        try:
            return self._watch()
        except (StorageError, StatesError) as error:
            if not error.transient:
                raise
            _log.warning("asked again later: %s", error)
            return True
        except LostRaceError:
            # another call of this very fleet was faster; the next look shows what it did
            return True

    def takes(self, missing: Sequence[Step]) -> bool:
        """Whether these archives are the state machine's to make."""
        return len(missing) > PACKAGE_IN_PLACE or any(
            step.action is Action.COMPILE for step in missing
        )

    def begin(self, missing: Sequence[Step], *, models: int) -> None:
        """Start an execution for these archives, unless the last one says why they are missing."""
        failures = impossible(missing, self._fleet.compilers)
        if failures:
            raise PublicationError(failure_message(failures, models=models))
        self._explain(missing, models=models)
        try:
            self._start(missing)
        except (StorageError, StatesError) as error:
            if not error.transient:
                raise
            _log.warning("started again later: %s", error)
        except LostRaceError:
            _log.info("another call begins the same work")

    def place(self) -> str | None:
        """Where the newest execution of this manifest can be watched, None when there is none."""
        stored = read_record(self._s3, self._fleet.location)
        if stored is None or stored.record.manifest_digest != self._fleet.manifest_digest:
            return None
        return f"execution {self._machine.arn_of(stored.record.name)}"

    def withdraw(self, why: str) -> None:
        """Stop what this call began or joined: its request is no longer the newest.

        Not so when the newest one joined it meanwhile, since it works for the same manifest.
        """
        if self._stored is not None and not self._is_joined(self._stored.record):
            self._machine.stop(self._stored.record.name, why)

    def _watch(self) -> bool:
        self._ended = None
        self._stored = read_record(self._s3, self._fleet.location)
        if self._stored is None or self._stored.record.machine != self._machine.arn:
            return False
        record = self._stored.record
        if record.manifest_digest != self._fleet.manifest_digest:
            self._machine.stop(
                record.name, f"manifest {self._fleet.manifest_digest[:16]} is published instead"
            )
            return False
        execution = self._machine.look(record.name)
        ours = record.request == self._event.request_id
        if execution is None:
            # killed between the record and the start, or so long ago that nobody remembers
            return ours and self._machine.start(record.name, record.input)
        if not execution.running:
            self._ended = execution if ours else None
            return False
        if not ours:
            joined = replace(record, request=self._event.request_id, tries=1)
            self._write(joined)
            _log.info("joined execution %s", execution.arn)
        return True

    def _is_joined(self, record: Record) -> bool:
        try:
            stored = read_record(self._s3, self._fleet.location)
        except StorageError:
            return False
        return (
            stored is not None
            and stored.record.name == record.name
            and stored.record.request != self._event.request_id
        )

    def _explain(self, missing: Sequence[Step], *, models: int) -> None:
        """Raise when the execution that ended leaves no hope for another one."""
        if self._ended is None or self._stored is None:
            return
        record = self._stored.record
        failures = read_failures(self._s3, record.input, (step.model["name"] for step in missing))
        if failures:
            raise PublicationError(failure_message(failures, models=models))
        stopped = self._ended.status == ABORTED
        if not stopped and (record.tries < _TRIES or len(missing) < record.missing):
            return
        reason = f"the execution ended {self._ended.status}"
        if self._ended.reason:
            reason += f": {self._ended.reason}"
        raise PublicationError(
            failure_message(
                [
                    Failure(
                        model=step.model["name"],
                        step=step.action,
                        reason=f"{reason} (deploy again to go on)",
                        passing=False,
                        log=f"execution {self._ended.arn}",
                    )
                    for step in missing
                ],
                models=models,
            )
        )

    def _start(self, missing: Sequence[Step]) -> None:
        work = work_of(missing, self._fleet.compilers)
        before = None if self._stored is None else self._stored.record
        same_work = before is not None and (before.manifest_digest, before.work_digest) == (
            self._fleet.manifest_digest,
            work.digest,
        )
        first = before.attempt + 1 if before is not None and same_work else 1
        for attempt in range(first, first + _NAMES):
            place = work.input(self._fleet, attempt)
            if attempt == first:
                work.write(self._s3, place)
            name = execution_name(self._fleet.manifest_digest, work.digest, attempt)
            self._write(
                Record(
                    machine=self._machine.arn,
                    name=name,
                    request=self._event.request_id,
                    manifest_digest=self._fleet.manifest_digest,
                    work_digest=work.digest,
                    attempt=attempt,
                    tries=self._tries(before, len(missing)),
                    missing=len(missing),
                    input=place,
                )
            )
            if self._machine.start(name, place):
                _log.info(
                    "%s packages %d and compiles %d models",
                    self._machine.arn_of(name),
                    len(work.packages),
                    len(work.compiles),
                )
                return
        raise StatesError(
            f"the last {_NAMES} names for executions of this work are taken",
            code="ExecutionAlreadyExists",
            transient=False,
        )

    def _tries(self, before: Record | None, missing: int) -> int:
        if before is None or before.request != self._event.request_id or missing < before.missing:
            return 1
        return before.tries + 1

    def _write(self, record: Record) -> None:
        etag = None if self._stored is None else self._stored.etag
        written = write_record(self._s3, self._fleet.location, record, etag=etag)
        self._stored = StoredRecord(record, written)
