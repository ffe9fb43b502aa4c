"""What the models stack publishes, as the services of a cluster name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from inference_constructs import ModelStore
from inference_constructs.ecs import ModelArchive
from model_artifacts import parse_manifest
from model_folders import FleetSources

from .platform.cluster.published import served_path
from .platform.models import PlatformModel


@dataclass(frozen=True, kw_only=True)
class PublishedFleet:
    """``digests`` by published name, as the manifest has them."""

    store: ModelStore
    prefix: str
    digests: Mapping[str, str]

    def archive(self, model: PlatformModel, *, kind: str, seconds: int) -> ModelArchive:
        """The archive of ``model`` for a workload of ``kind``, which waits ``seconds`` for it."""
        return ModelArchive(
            name=model.name,
            digest=self.digests[model.name],
            bucket=self.store.bucket.bucket_name,
            prefix=self.prefix,
            key_arn=self.store.key.key_arn,
            compiled_for=model.target,
            served_path=served_path(kind, model),
            fetch_seconds=seconds,
        )


def published_fleet(store: ModelStore, prefix: str, sources: FleetSources) -> PublishedFleet:
    """From what the fleet publishes into ``store``."""
    manifest = parse_manifest(sources.manifest_path.read_bytes())
    return PublishedFleet(
        store=store,
        prefix=prefix,
        digests={model["name"]: model["digest"] for model in manifest["models"]},
    )
