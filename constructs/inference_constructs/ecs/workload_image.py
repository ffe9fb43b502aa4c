"""The container image of a workload, and the right to pull it."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Stack, Token
from aws_cdk import aws_ecr_assets as ecr_assets
from constructs import Construct

from accelerator_catalog import NEURON_IMAGES, NeuronImage, neuron_image_uri, sdk_of_image

_ECR = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?")


@dataclass(frozen=True, kw_only=True)
class BoundImage:
    """``repository_arn`` is None for registries that ask for no right of ours."""

    uri: str
    repository_arn: str | None


class WorkloadImage(ABC):
    """An image of the catalogue, of any registry, or built from a folder at deployment."""

    @staticmethod
    def catalogued(image_id: str, *, registry: str | None = None) -> WorkloadImage:
        """An image of ``NEURON_IMAGES`` as AWS publishes it for the stack's region.

        ``registry``: where a copy under the same repository and tag is, such as
        ``111122223333.dkr.ecr.us-east-1.amazonaws.com`` or that with ``/neuron`` behind.
        """
        if image_id not in NEURON_IMAGES:
            raise ValueError(
                f"image_id must be one of {', '.join(NEURON_IMAGES)}, got {image_id!r}"
            )
        if registry is not None and not registry.strip("/"):
            raise ValueError(f"registry must name a registry, got {registry!r}")
        return _CataloguedImage(NEURON_IMAGES[image_id], registry)

    @staticmethod
    def of(uri: str) -> WorkloadImage:
        """Any image by its name; of ECR, tasks may pull that repository."""
        return _NamedImage(uri)

    @staticmethod
    def built_from(folder: Path) -> WorkloadImage:
        """Built by the CLI at deployment; synthesis needs no Docker."""
        return _BuiltImage(folder)

    @property
    @abstractmethod
    def sdk(self) -> str | None:
        """The Neuron SDK inside; None where the name does not tell."""

    @property
    @abstractmethod
    def core_versions(self) -> frozenset[int] | None:
        """Generations of NeuronCores that the image runs on; None where nobody knows."""

    @abstractmethod
    def bind(self, scope: Construct) -> BoundImage:
        """The image for the region of ``scope``'s stack."""


class _NamedImage(WorkloadImage):
    def __init__(self, uri: str) -> None:
        if Token.is_unresolved(uri):
            raise ValueError(
                "uri must be known at synthesis, got a token: the repository that tasks may pull"
                " is read from it (for a folder of ours, take WorkloadImage.built_from)"
            )
        if not uri or re.search(r"\s", uri):
            raise ValueError(f"uri must name an image, got {uri!r}")
        self._uri = uri

    @property
    def sdk(self) -> str | None:
        return sdk_of_image(self._uri)

    @property
    def core_versions(self) -> frozenset[int] | None:
        return None

    def bind(self, scope: Construct) -> BoundImage:
        return BoundImage(uri=self._uri, repository_arn=_repository_arn(scope, self._uri))


class _CataloguedImage(WorkloadImage):
    def __init__(self, image: NeuronImage, registry: str | None) -> None:
        self._image = image
        self._registry = None if registry is None else registry.rstrip("/")

    @property
    def sdk(self) -> str | None:
        return self._image.sdk

    @property
    def core_versions(self) -> frozenset[int] | None:
        return self._image.core_versions

    def bind(self, scope: Construct) -> BoundImage:
        if self._registry is not None:
            uri = f"{self._registry}/{self._image.repository}:{self._image.tag}"
            return BoundImage(uri=uri, repository_arn=_repository_arn(scope, uri))
        region = Stack.of(scope).region
        if Token.is_unresolved(region):
            raise ValueError(
                "the stack needs a region known at synthesis: the registry of AWS's images differs"
                " from region to region (set env=Environment(region=...))"
            )
        uri = neuron_image_uri(self._image, region)
        return BoundImage(uri=uri, repository_arn=_repository_arn(scope, uri))


class _BuiltImage(WorkloadImage):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def sdk(self) -> str | None:
        return None

    @property
    def core_versions(self) -> frozenset[int] | None:
        return None

    def bind(self, scope: Construct) -> BoundImage:
        asset = ecr_assets.DockerImageAsset(
            scope,
            "Image",
            directory=str(self._folder),
            platform=ecr_assets.Platform.LINUX_AMD64,
            asset_name=self._folder.name,
        )
        return BoundImage(uri=asset.image_uri, repository_arn=asset.repository.repository_arn)


def _repository_arn(scope: Construct, uri: str) -> str | None:
    registry, _, name = uri.partition("/")
    match = _ECR.fullmatch(registry)
    if match is None:
        return None
    repository = name.partition("@")[0]
    return Stack.of(scope).format_arn(
        service="ecr",
        account=match["account"],
        region=match["region"],
        resource="repository",
        resource_name=repository.rpartition(":")[0] if ":" in repository else repository,
    )
