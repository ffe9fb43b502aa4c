"""What a state machine has to do, as two lists in S3 that its maps read.

The lists lie under the digest of all that they hold: the same missing archives are the same work.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypedDict, TypeVar, cast

from model_artifacts import JsonValue, canonical_json, sha256_hex
from model_artifacts.s3_calls import storage_errors
from model_fleet.contract import PACKAGE_BATCH, WORK_FOLDER, Compiler
from model_fleet.execution import WorkInput
from model_fleet.fleet import Fleet
from model_fleet.package import Failure
from model_fleet.plan import Action, Step, source_bytes

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# A map without a result writer returns one empty object per compilation, in 262,144 bytes at most;
# what is left over is the next execution's work.
# docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
_MOST_COMPILES: Final = 50_000
# Batch takes letters, digits, hyphens and underscores, 128 in all
_JOB_NAME: Final = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST_JOB_NAME: Final = 128

_Item = TypeVar("_Item")


class PackageItem(TypedDict):
    """One archive to be made of a model's files."""

    model: str
    digest: str
    key: str
    """Relative to the prefix."""
    source_bytes: int


class CompileItem(PackageItem):
    """One archive to be made by a compiler."""

    engine: str
    target: str
    queue: str
    job_definition: str
    job_name: str
    timeout_seconds: int


@dataclass(frozen=True)
class Work:
    """Archives to make."""

    packages: list[PackageItem] = field(default_factory=list[PackageItem])
    compiles: list[CompileItem] = field(default_factory=list[CompileItem])

    @cached_property
    def digest(self) -> str:
        """SHA-256 over both lists."""
        return sha256_hex(
            canonical_json(
                cast("JsonValue", {"packages": self.packages, "compiles": self.compiles})
            )
        )

    def input(self, fleet: Fleet, attempt: int) -> WorkInput:
        """The input of the ``attempt``-th execution of this work."""
        folder = f"{fleet.location.prefix}{WORK_FOLDER}{self.digest[:16]}/"
        return WorkInput(
            fleet=fleet.name,
            bucket=fleet.location.bucket,
            prefix=fleet.location.prefix,
            source_bucket=fleet.source_bucket,
            manifest_key=fleet.manifest_key,
            manifest_digest=fleet.manifest_digest,
            source_pack_key=fleet.source_pack_key,
            packages_key=f"{folder}packages.json",
            compiles_key=f"{folder}compiles.json",
            work_prefix=f"{folder}{attempt}/",
            packages=len(self.packages),
            compiles=len(self.compiles),
        )

    def write(self, s3: S3Client, place: WorkInput) -> None:
        """Put both lists where ``place`` says; raises `StorageError`."""
        for key, items in (
            (place["packages_key"], self.packages),
            (place["compiles_key"], self.compiles),
        ):
            with storage_errors(f"writing s3://{place['bucket']}/{key}"):
                s3.put_object(
                    Bucket=place["bucket"],
                    Key=key,
                    Body=json.dumps(items, separators=(",", ":")).encode(),
                    ContentType="application/json",
                )


def work_of(steps: Sequence[Step], compilers: Mapping[str, Compiler]) -> Work:
    """The work for ``steps``, all of which some compiler, or packaging, can do."""
    packages = [_package(step) for step in steps if step.action is Action.PACKAGE]
    compiles = [
        _compile(step, compilers[compiler_key(step)])
        for step in steps
        if step.action is Action.COMPILE
    ]
    return Work(packages=_dealt(packages, PACKAGE_BATCH), compiles=compiles[:_MOST_COMPILES])


def compiler_key(step: Step) -> str:
    """Engine and target of a step that compiles, such as ``tensorrt/g5``."""
    return f"{engine_of(step)}/{step.model['target']}"


def engine_of(step: Step) -> str:
    """The engine that a step's recipe names."""
    recipe = step.model["recipe"]
    return str(recipe.get("engine")) if isinstance(recipe, Mapping) else ""


def impossible(steps: Sequence[Step], compilers: Mapping[str, Compiler]) -> list[Failure]:
    """The steps that need a compiler which this platform lacks."""
    made = ", ".join(sorted(compilers)) or "nothing"
    return [
        Failure(
            model=step.model["name"],
            step=step.action,
            reason=f"build {step.model['build']!r} needs {engine_of(step)} for"
            f" {step.model['target']}, and this platform's compile fleet makes {made}: choose"
            " another build, or deploy with a compile fleet for it",
            passing=False,
        )
        for step in steps
        if step.action is Action.COMPILE and compiler_key(step) not in compilers
    ]


def _package(step: Step) -> PackageItem:
    return PackageItem(
        model=step.model["name"],
        digest=step.model["digest"],
        key=step.key,
        source_bytes=source_bytes(step.model),
    )


def _compile(step: Step, compiler: Compiler) -> CompileItem:
    return CompileItem(
        **_package(step),
        engine=engine_of(step),
        target=step.model["target"],
        queue=compiler["queue"],
        job_definition=compiler["job_definition"],
        job_name=_job_name(step),
        timeout_seconds=compiler["timeout_seconds"],
    )


def _job_name(step: Step) -> str:
    suffix = f"-{step.model['digest'][:16]}"
    name = _JOB_NAME.sub("-", step.model["name"])
    return name[: _LONGEST_JOB_NAME - len(suffix)] + suffix


def _dealt(items: Sequence[_Item], batch: int) -> list[_Item]:
    """``items``, big ones first, in an order that gives each batch of them as many big ones.

    Batches are made of neighbours, and one that held all big models would outlast the others.
    """
    hands = -(-len(items) // batch)
    return [item for hand in range(hands) for item in items[hand::hands]]
