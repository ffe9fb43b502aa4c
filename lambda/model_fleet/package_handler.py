"""Packages a batch of models for the state machine, as many as the time of one call allows."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Set
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config

from cfn_resource import LambdaContext, log_location
from model_artifacts import Manifest, artifact_key
from model_artifacts.s3_index import index_etag
from model_fleet.batch import Batch, read_batch
from model_fleet.budget import TimeBudget
from model_fleet.contract import LEFT
from model_fleet.errors import TryAgainError
from model_fleet.failures import write_failure
from model_fleet.fleet import Fleet
from model_fleet.package import Failure, Packager, Report
from model_fleet.plan import Action, Step
from model_fleet.record import read_record
from model_fleet.sources import open_sources, read_manifest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONFIG: Final = Config(
    retries={"mode": "standard", "max_attempts": 5},
    connect_timeout=10,
    read_timeout=60,
    max_pool_connections=16,
)

_log = logging.getLogger(__name__)
# the manifest of the last batch: named by its content, read once per process
_manifests: dict[str, Manifest] = {}


def handler(
    event: Mapping[str, Any], context: LambdaContext, *, s3: S3Client | None = None
) -> dict[str, Any]:
    """The event with those of its ``Items`` that another call has to go on with, and their number.

    A model that cannot be packaged leaves a failure and is done with. Raises `TryAgainError` when
    nothing at all could be done, and what reading the manifest raises.
    """
    logging.getLogger("model_fleet").setLevel(logging.INFO)
    client = s3 if s3 is not None else _client()
    batch = read_batch(event)
    fleet, place = batch.fleet, batch.fleet.location
    # both are looked at before any archive: whoever deletes the fleet or publishes something else
    # changes the index first
    etag = index_etag(client, bucket=place.bucket, prefix=place.prefix)
    if etag is None or not _is_current(client, batch):
        _log.info("given up: another execution works for fleet %s, or none", fleet.name)
        return _rest(event, set())
    manifest = _manifest(client, fleet)
    packager = Packager(
        client,
        place,
        open_sources(client, fleet, manifest),
        budget=TimeBudget(context),
        still_current=partial(_is_unchanged, client, batch, etag),
    )
    report = packager.make(_steps(batch, manifest))
    for failure in report.failed:
        write_failure(client, batch.work, _located(failure, context))
    _require_progress(report)
    _log.info("%d archives made, %d to go", report.made, len(report.left))
    return _rest(event, set(report.left))


def _rest(event: Mapping[str, Any], models: Set[str]) -> dict[str, Any]:
    items = [item for item in event["Items"] if item["model"] in models]
    return {**event, "Items": items, LEFT: len(items)}


def _is_current(s3: S3Client, batch: Batch) -> bool:
    stored = read_record(s3, batch.fleet.location)
    return stored is not None and stored.record.input["work_prefix"] == batch.work["work_prefix"]


def _is_unchanged(s3: S3Client, batch: Batch, etag: str) -> bool:
    place = batch.fleet.location
    return index_etag(s3, bucket=place.bucket, prefix=place.prefix) == etag


def _manifest(s3: S3Client, fleet: Fleet) -> Manifest:
    known = _manifests.get(fleet.manifest_digest)
    if known is None:
        known = read_manifest(s3, fleet)
        _manifests.clear()
        _manifests[fleet.manifest_digest] = known
    return known


def _steps(batch: Batch, manifest: Manifest) -> list[Step]:
    wanted = set(batch.models)
    return [
        Step(
            model=model,
            action=Action.PACKAGE,
            key=artifact_key(model["name"], model["digest"]),
            replace=False,
        )
        for model in manifest["models"]
        if model["name"] in wanted
    ]


def _located(failure: Failure, context: LambdaContext) -> Failure:
    return Failure(
        model=failure.model,
        step=failure.step,
        reason=failure.reason,
        passing=False,
        log=log_location(context),
    )


def _require_progress(report: Report) -> None:
    if report.interrupted and not report.made and not report.failed:
        first = report.interrupted[0]
        raise TryAgainError(
            f"none of {len(report.left)} models could be packaged; model {first.model}:"
            f" {first.reason}"
        )


@lru_cache(maxsize=1)
def _client() -> S3Client:
    # the stubs of the services that we do not use are not installed
    return boto3.client("s3", config=_CONFIG)  # pyright: ignore[reportUnknownMemberType]
