"""A small world for ``Custom::ModelFleet``: sources, events, and what must always hold."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model_artifacts import (
    Index,
    IndexMissingError,
    Manifest,
    ManifestFile,
    ManifestModel,
    artifact_digest,
    canonical_json,
    manifest_digest,
    named_artifacts,
    sha256_hex,
)
from model_artifacts.s3_index import load_index
from model_fleet.execution import StatesClient
from model_fleet.handler import IsCompleteResult, is_complete, on_event
from tests.support.faulty_s3 import Fault, FaultyS3

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

EVENTS = Path(__file__).parents[1] / "lambda" / "model_fleet" / "events"
PREFIX = "laptop-models/"
MANY = 20


@dataclass
class Context:
    """Lambda's context with a clock that a test sets."""

    seconds: float = 840.0
    log_group_name: str = "/aws/lambda/fleet"
    log_stream_name: str = "2026/11/21/[$LATEST]0123"

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


@dataclass(frozen=True, kw_only=True)
class Release:
    """A manifest that lies in the source bucket, ready to be published."""

    manifest: Manifest
    digest: str
    pack_key: str

    @property
    def properties(self) -> dict[str, str]:
        return {
            "ManifestKey": f"{self.digest}.json",
            "ManifestDigest": self.digest,
            "SourcePackKey": self.pack_key,
        }


@dataclass
class FleetWorld:
    """Buckets, events and handlers of one fleet."""

    s3: S3Client
    faults: list[Fault] = field(default_factory=list)
    guarded: bool = True
    """Look after each change; not in a world that someone broke from outside."""
    states: StatesClient | None = None

    def release(
        self,
        models: Mapping[str, Mapping[str, bytes]],
        *,
        blobs: Sequence[str] = (),
        recipes: Mapping[str, Any] | None = None,
        fleet: str = "laptop-models",
        prefix: str = PREFIX,
    ) -> Release:
        """Upload the sources of ``models`` (name: path: content), and a manifest of them.

        Paths in ``blobs`` become objects of their own, the rest goes into the pack.
        """
        small = sorted(
            (sha256_hex(content), content)
            for files in models.values()
            for path, content in files.items()
            if path not in blobs
        )
        pack, offsets = b"", dict[str, int]()
        for digest, content in small:
            if digest not in offsets:
                offsets[digest] = len(pack)
                pack += content
        pack_key = f"{sha256_hex(pack)}.pack"
        self.s3.put_object(Bucket="sources", Key=pack_key, Body=pack)
        listed: list[ManifestModel] = []
        for name, contents in models.items():
            files = [
                self._file(path, content, offsets, blob=path in blobs)
                for path, content in sorted(contents.items())
            ]
            listed.append(any_model(name, files, recipe=(recipes or {}).get(name)))
        manifest = Manifest(version=1, fleet=fleet, prefix=prefix, models=listed)
        data = canonical_json(manifest)  # type: ignore[arg-type]  # a TypedDict of JSON values
        digest = manifest_digest(data)
        self.s3.put_object(Bucket="sources", Key=f"{digest}.json", Body=data)
        return Release(manifest=manifest, digest=digest, pack_key=pack_key)

    def event(
        self, kind: str, release: Release, request: str = "", **changes: str
    ) -> dict[str, Any]:
        """A recorded event of this kind, about this release; ``changes`` go into its properties."""
        event: dict[str, Any] = json.loads((EVENTS / f"{kind}.json").read_text())
        event["ResourceProperties"] |= release.properties | changes
        event["RequestId"] = request or event["RequestId"]
        return event

    def on_event(self, event: Mapping[str, Any], context: Context | None = None) -> str:
        client = self.client()
        return on_event(deepcopy(event), context or Context(), s3=client)["PhysicalResourceId"]

    def is_complete(
        self, event: Mapping[str, Any], context: Context | None = None
    ) -> IsCompleteResult:
        client = self.client()
        identified = {"PhysicalResourceId": f"artifacts/{PREFIX}", **deepcopy(event)}
        return is_complete(identified, context or Context(), s3=client, states=self.states)

    def run(self, event: Mapping[str, Any]) -> IsCompleteResult:
        """What the Provider framework does: one `on_event`, then `is_complete` until it is."""
        self.on_event(event)
        for _ in range(MANY):
            result = self.is_complete(event)
            if result["IsComplete"]:
                return result
            self.meanwhile()
        raise AssertionError(f"not complete after {MANY} calls")

    def meanwhile(self) -> None:
        """What happens between two looks of the framework."""

    def index(self, prefix: str = PREFIX) -> Index | None:
        try:
            return load_index(self.s3, bucket="artifacts", prefix=prefix).index
        except IndexMissingError:
            return None

    def stored(self) -> set[str]:
        """What can be read below the prefix now."""
        listed = self.s3.list_objects_v2(Bucket="artifacts", Prefix=PREFIX)
        return {item["Key"].removeprefix(PREFIX) for item in listed.get("Contents", [])}

    def versions(self) -> list[str]:
        """Keys of all versions and delete markers in the whole artifact bucket."""
        listed = self.s3.list_object_versions(Bucket="artifacts")
        return [
            item["Key"] for item in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]
        ]

    def open_uploads(self) -> int:
        return len(self.s3.list_multipart_uploads(Bucket="artifacts").get("Uploads", []))

    def assert_sound(self) -> None:
        """The index names nothing that is not there."""
        index = self.index()
        if index is not None:
            missing = {item["key"] for item in named_artifacts(index)} - self.stored()
            assert not missing, f"the index names missing objects: {sorted(missing)}"

    def client(self) -> S3Client:
        """S3 with this world's faults."""
        check = self.assert_sound if self.guarded else lambda: None
        return FaultyS3(self.s3, check, self.faults).as_client()

    def _file(
        self, path: str, content: bytes, offsets: Mapping[str, int], *, blob: bool
    ) -> ManifestFile:
        digest = sha256_hex(content)
        file = ManifestFile(path=path, mode=0o644, sha256=digest, size=len(content))
        if blob:
            file["blob"] = f"{digest}.onnx"
            self.s3.put_object(Bucket="sources", Key=file["blob"], Body=content)
        else:
            file["offset"] = offsets[digest]
        return file


def any_model(name: str, files: list[ManifestFile], *, recipe: Any = None) -> ManifestModel:
    """A model of these files, with a true digest."""
    return ManifestModel(
        name=name,
        build="laptop",
        target="cpu",
        digest=artifact_digest(
            files=files,
            recipe=recipe,
            compiler_image=None,
            serving_image="26.05-py3",
            target="cpu",
            precision="fp32",
            shapes={},
        ),
        serving_image="26.05-py3",
        compiler_image=None,
        precision="fp32",
        shapes={},
        recipe=recipe,
        files=files,
    )


def any_release(world: FleetWorld, content: bytes = b"one", *more: str) -> Release:
    """A release of ``minilm``, and ``more`` models, that differs with ``content``."""
    return world.release(
        {name: {"config.pbtxt": content, "1/x": b"x"} for name in ("minilm", *more)}
    )


def index_of(world: FleetWorld) -> Index:
    """The index, which must be there."""
    index = world.index()
    assert index is not None
    return index
