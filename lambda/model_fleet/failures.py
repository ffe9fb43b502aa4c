"""Why an archive was not made: one small object per model below the work of an execution."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, cast

from model_artifacts import StorageError
from model_artifacts.s3_calls import is_missing, storage_errors
from model_artifacts.s3_reader import read_object
from model_fleet.execution import WorkInput
from model_fleet.package import Failure
from model_fleet.report import NAMED

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_FOLDER: Final = "failures/"
_SUFFIX: Final = ".json"


def failure_key(work_prefix: str, model: str) -> str:
    """Where the failure of a model lies; jobs write theirs there too."""
    return f"{work_prefix}{_FOLDER}{model}{_SUFFIX}"


def write_failure(s3: S3Client, work: WorkInput, failure: Failure) -> None:
    """Leave ``failure`` for whoever polls the execution; raises `StorageError`."""
    key = failure_key(work["work_prefix"], failure.model)
    body = {
        "model": failure.model,
        "step": failure.step,
        "reason": failure.reason,
        "log": failure.log,
    }
    with storage_errors(f"writing s3://{work['bucket']}/{key}"):
        s3.put_object(
            Bucket=work["bucket"],
            Key=key,
            Body=json.dumps(body).encode(),
            ContentType="application/json",
        )


def read_failure(s3: S3Client, work: WorkInput, model: str) -> Failure | None:
    """What is known about a model's failure, None for nothing; raises `StorageError`."""
    key = failure_key(work["work_prefix"], model)
    try:
        data, _ = read_object(s3, bucket=work["bucket"], key=key)
    except StorageError as error:
        if is_missing(error):
            return None
        raise
    return _parsed(data, model, f"s3://{work['bucket']}/{key}")


def read_failures(s3: S3Client, work: WorkInput, models: Iterable[str]) -> list[Failure]:
    """The failures of those among ``models`` that have one; raises `StorageError`.

    Only those are read that a message has room for.
    """
    wanted = set(models)
    found = sorted(wanted & set(_listed(s3, work)))
    read = [read_failure(s3, work, model) for model in found[:NAMED]]
    return [
        *(failure for failure in read if failure is not None),
        *(Failure(model=model, step="", reason="", passing=False) for model in found[NAMED:]),
    ]


def _listed(s3: S3Client, work: WorkInput) -> Iterable[str]:
    folder = f"{work['work_prefix']}{_FOLDER}"
    pages = iter(s3.get_paginator("list_objects_v2").paginate(Bucket=work["bucket"], Prefix=folder))
    while True:
        with storage_errors(f"listing s3://{work['bucket']}/{folder}"):
            page = next(pages, None)
        if page is None:
            return
        for item in page.get("Contents", []):
            yield item.get("Key", "").removeprefix(folder).removesuffix(_SUFFIX)


def _parsed(data: bytes, model: str, place: str) -> Failure:
    try:
        value: object = json.loads(data)
    except ValueError:
        value = None
    if not isinstance(value, Mapping):
        return Failure(
            model=model, step="compile", reason=f"{place} is not JSON: {data!r:.200}", passing=False
        )
    given = cast("Mapping[str, object]", value)
    log = given.get("log")
    return Failure(
        model=model,
        step=str(given.get("step") or "compile"),
        reason=str(given.get("reason") or "no reason was given"),
        passing=False,
        log=str(log) if log else None,
    )
