"""How far a verification is: one object in S3, so that a killed handler's successor goes on.

Only the newest request may go on: `on_event` writes its id here before anything is asked.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Final

from endpoint_verification.errors import SupersededError
from model_artifacts import LostRaceError, StorageError
from model_artifacts.index import REQUESTS_KEPT, VERIFICATION_FOLDER
from model_artifacts.s3_calls import CONDITION_FAILED, is_missing, storage_errors
from model_artifacts.s3_reader import read_object

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ATTEMPTS: Final = 5
_LOST: Final = CONDITION_FAILED | {"ConditionalRequestConflict", "NoSuchKey", "404"}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """A model that gave no answer yet: since when (seconds of the epoch), and what it said last."""

    since: float
    text: str
    late: bool = False
    """It did answer, too late; it is asked once more when the others have answered."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What the newest request knows by now; times are seconds of the epoch."""

    requests: list[str] = field(default_factory=list[str])
    """CloudFormation's request ids, newest last."""
    until: float = 0.0
    basis: str = ""
    """What the answers depend on beside the artifacts: goldens, image, host."""
    passed: dict[str, str] = field(default_factory=dict[str, str])
    """Digests of the artifacts that answered right, by model."""
    failed: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Digest of the artifact and what is wrong with it, by model."""
    troubled: dict[str, Trouble] = field(default_factory=dict[str, Trouble])
    outcome: str | None = None
    """None while it goes on, empty when all is well, else what CloudFormation is told."""


class ProgressFile:
    """Reads and writes the progress of one endpoint. Methods raise `StorageError`."""

    def __init__(self, s3: S3Client, *, bucket: str, prefix: str, endpoint: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._key = f"{prefix}{VERIFICATION_FOLDER}{endpoint}.json"

    def register(self, request: str, *, until: float, basis: str | None = None) -> None:
        """Make ``request`` the newest; a known one changes nothing.

        It goes on from what an earlier one of the same ``basis`` learnt and was killed before it
        could judge; without a basis it asks nothing itself, and keeps that for the next one.
        Raises `LostRaceError` after 5 lost races.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            found = self._find()
            stored = Progress() if found is None else found[0]
            if request in stored.requests:
                return
            known = stored.outcome is None and basis in (None, stored.basis)
            progress = Progress(
                requests=[*stored.requests, request][-REQUESTS_KEPT:],
                until=until,
                basis=stored.basis if basis is None else basis,
                passed=stored.passed if known else {},
            )
            try:
                self._write(progress, None if found is None else found[1])
            except LostRaceError:
                if attempt == _ATTEMPTS:
                    raise
            else:
                return

    def read(self, request: str) -> Progress:
        """The progress of ``request``; raises `SupersededError` when it is not the newest."""
        found = self._find()
        if found is None or found[0].requests[-1:] != [request]:
            raise SupersededError("a newer request took over, this one verifies nothing any more")
        return found[0]

    def update(self, request: str, news: Progress) -> Progress:
        """Add ``news`` to what is stored by now, which another call of ``request`` may have done.

        Returns the two together; raises `SupersededError`, and `LostRaceError` after 5 lost races.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            found = self._find()
            if found is None or found[0].requests[-1:] != [request]:
                raise SupersededError("a newer request took over: what was asked is not counted")
            progress = _together(found[0], news)
            if progress == found[0]:
                return progress
            try:
                self._write(progress, found[1])
            except LostRaceError:
                if attempt == _ATTEMPTS:
                    raise
            else:
                return progress
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _find(self) -> tuple[Progress, str] | None:
        try:
            data, etag = read_object(self._s3, bucket=self._bucket, key=self._key)
        except StorageError as error:
            if is_missing(error):
                return None
            raise
        return _parsed(data), etag

    def _write(self, progress: Progress, etag: str | None) -> None:
        body = json.dumps(asdict(progress), sort_keys=True).encode()
        kind = "application/json"
        try:
            with storage_errors(f"writing s3://{self._bucket}/{self._key}"):
                if etag is None:
                    self._s3.put_object(
                        Bucket=self._bucket,
                        Key=self._key,
                        Body=body,
                        ContentType=kind,
                        IfNoneMatch="*",
                    )
                else:
                    self._s3.put_object(
                        Bucket=self._bucket,
                        Key=self._key,
                        Body=body,
                        ContentType=kind,
                        IfMatch=etag,
                    )
        except StorageError as error:
            if error.code in _LOST:
                raise LostRaceError(f"s3://{self._bucket}/{self._key} was changed") from error
            raise


def _parsed(data: bytes) -> Progress:
    """What is stored; nothing where another release wrote it, or nobody of ours."""
    try:
        fields = json.loads(data)
        troubled = {name: Trouble(**each) for name, each in fields.pop("troubled").items()}
        return Progress(**fields, troubled=troubled)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        _log.warning("what is known of an earlier verification cannot be read: %r", error)
        return Progress()


def _together(stored: Progress, news: Progress) -> Progress:
    """Both; an answer ends a trouble, and an outcome stays."""
    passed, failed = {**stored.passed, **news.passed}, {**stored.failed, **news.failed}
    troubled = {
        name: trouble
        for name, trouble in {**stored.troubled, **news.troubled}.items()
        if name not in passed and name not in failed
    }
    outcome = news.outcome if stored.outcome is None else stored.outcome
    return replace(stored, passed=passed, failed=failed, troubled=troubled, outcome=outcome)
