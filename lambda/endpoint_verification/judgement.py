"""The end of a verification in the index: marks and ways back, in one conditional write."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from model_artifacts import Index, LostRaceError, StorageError
from model_artifacts.s3_calls import is_missing, storage_errors
from model_artifacts.s3_index import load_index, write_index
from model_artifacts.verdict import Verdict, judged_index

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ATTEMPTS: Final = 5

_log = logging.getLogger(__name__)


def judge(s3: S3Client, *, bucket: str, prefix: str, verdicts: Mapping[str, Verdict]) -> list[str]:
    """Write the verdicts into the index; returns the models that older artifacts serve again.

    Safe to repeat. Raises `ArtifactsError`, `LostRaceError` after 5 lost races.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        stored = load_index(s3, bucket=bucket, prefix=prefix)
        judged = judged_index(stored.index, verdicts)
        lost = _lost(s3, bucket, prefix, stored.index, judged)
        if lost:
            judged = judged_index(stored.index, verdicts, lost=lost)
        if judged == stored.index:
            return _taken_back(judged, verdicts)
        try:
            write_index(s3, bucket=bucket, prefix=prefix, index=judged, etag=stored.etag)
        except LostRaceError:
            if attempt == _ATTEMPTS:
                raise
        else:
            return _taken_back(judged, verdicts)
    raise AssertionError("unreachable: the last attempt returns or raises")


def _taken_back(index: Index, verdicts: Mapping[str, Verdict]) -> list[str]:
    return [
        name
        for name, verdict in verdicts.items()
        if not verdict.passed
        and name in index["models"]
        and index["models"][name]["current"]["digest"] != verdict.digest
        and (previous := index["models"][name]["previous"]) is not None
        and previous["digest"] == verdict.digest
    ]


def _lost(s3: S3Client, bucket: str, prefix: str, before: Index, after: Index) -> set[str]:
    """Keys of older archives that should serve again and are not there: someone deleted them."""
    lost: set[str] = set()
    for name, entry in after["models"].items():
        current = entry["current"]
        if current["digest"] == before["models"][name]["current"]["digest"]:
            continue
        try:
            with storage_errors(f"looking for s3://{bucket}/{prefix}{current['key']}"):
                s3.head_object(Bucket=bucket, Key=f"{prefix}{current['key']}")
        except StorageError as error:
            if not is_missing(error):
                raise
            _log.warning("%s stays as it is: %s is gone", name, current["key"])
            lost.add(current["key"])
    return lost
