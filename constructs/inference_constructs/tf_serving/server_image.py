"""The image of a model server: one that is there, or one that the CLI builds at deployment."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import aws_ecr_assets as ecr_assets
from constructs import Construct

from inference_constructs.ecs import WorkloadImage
from inference_constructs.ecs.workload_image import BoundImage
from tf_serving_images import BUILD_CONTEXTS, TfServingImage

_IGNORED = "__pycache__"


class ServerImage(ABC):
    """All follow the contract of ``tf_serving_images``."""

    @staticmethod
    def of(uri: str) -> ServerImage:
        """An image by its name; of ECR, tasks may pull that repository."""
        return _NamedImage(uri)

    @staticmethod
    def built(
        image: TfServingImage, *, repository: Path, build_args: Mapping[str, str] | None = None
    ) -> ServerImage:
        """Built from its folder of ``repository``, the root; synthesis needs no Docker."""
        return _BuiltImage(image, repository, build_args or {})

    @abstractmethod
    def bind(self, scope: Construct) -> BoundImage:
        """The image with what a task must be allowed for it."""


class _NamedImage(ServerImage):
    def __init__(self, uri: str) -> None:
        self._image = WorkloadImage.of(uri)

    def bind(self, scope: Construct) -> BoundImage:
        return self._image.bind(scope)


class _BuiltImage(ServerImage):
    def __init__(
        self, image: TfServingImage, repository: Path, build_args: Mapping[str, str]
    ) -> None:
        self._image = image
        self._repository = repository
        self._build_args = build_args

    def bind(self, scope: Construct) -> BoundImage:
        contexts = {name: self._repository / path for name, path in BUILD_CONTEXTS.items()}
        asset = ecr_assets.DockerImageAsset(
            scope,
            "Image",
            directory=str(self._repository / "container" / self._image.folder),
            platform=ecr_assets.Platform.LINUX_AMD64,
            asset_name=self._image.folder.replace("_", "-"),
            build_args=dict(self._build_args) or None,
            build_contexts={name: str(path) for name, path in contexts.items()},
            # The asset's own hash covers its folder, and of a context only where it lies: the
            # same files in another checkout would be another image.
            extra_hash=_hash(contexts),
            invalidation=ecr_assets.DockerImageAssetInvalidationOptions(build_contexts=False),
        )
        return BoundImage(uri=asset.image_uri, repository_arn=asset.repository.repository_arn)


def _hash(contexts: Mapping[str, Path]) -> str:
    digest = hashlib.sha256()
    for name, folder in sorted(contexts.items()):
        for file in sorted(folder.rglob("*")):
            if file.is_file() and _IGNORED not in file.parts:
                content = hashlib.sha256(file.read_bytes()).hexdigest()
                digest.update(f"{name} {file.relative_to(folder)} {content}\n".encode())
    return digest.hexdigest()
