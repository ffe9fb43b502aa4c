"""The image that a compile job runs: by name, or built from this repository at deployment."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from constructs import Construct

from .ecs import WorkloadImage
from .ecs.workload_image import BoundImage
from .repository_image import dockerfile, repository_image

# The shared package and the artifact format; each image adds a folder of its own.
_SHARED = ("container/model_compiler", "lambda/model_artifacts")


class CompilerImage(ABC):
    """An image whose ``python -m model_compiler`` compiles one model."""

    @staticmethod
    def of(uri: str) -> CompilerImage:
        """Any image by its name; of ECR, jobs may pull that repository."""
        return _NamedImage(uri)

    @staticmethod
    def built(folder: str, build_args: Mapping[str, str]) -> CompilerImage:
        """Built by the CLI at deployment from ``container/<folder>/Dockerfile``.

        The context is this repository, narrowed to that folder and to the packages that all
        compilers share; synthesis needs no Docker.
        """
        return _BuiltImage(folder, build_args)

    @abstractmethod
    def bind(self, scope: Construct) -> BoundImage:
        """The image for the region of ``scope``'s stack."""


class _NamedImage(CompilerImage):
    def __init__(self, uri: str) -> None:
        self._image = WorkloadImage.of(uri)

    def bind(self, scope: Construct) -> BoundImage:
        return self._image.bind(scope)


class _BuiltImage(CompilerImage):
    def __init__(self, folder: str, build_args: Mapping[str, str]) -> None:
        dockerfile(folder)
        self._folder = folder
        self._build_args = dict(build_args)

    def bind(self, scope: Construct) -> BoundImage:
        asset = repository_image(scope, self._folder, shared=_SHARED, build_args=self._build_args)
        return BoundImage(uri=asset.image_uri, repository_arn=asset.repository.repository_arn)
