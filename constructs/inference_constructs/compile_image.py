"""The image that a compile job runs: by name, or built from this repository at deployment."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import IgnoreMode
from aws_cdk import aws_ecr_assets as ecr_assets
from constructs import Construct

from .ecs import WorkloadImage
from .ecs.workload_image import BoundImage

_ROOT = Path(__file__).resolve().parents[2]
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
        file = f"container/{folder}/Dockerfile"
        if not (_ROOT / file).is_file():
            raise ValueError(f"folder must hold a Dockerfile, got {folder!r} ({file} is missing)")
        self._file = file
        self._folder = f"container/{folder}"
        self._build_args = dict(build_args)

    def bind(self, scope: Construct) -> BoundImage:
        asset = ecr_assets.DockerImageAsset(
            scope,
            "Image",
            directory=str(_ROOT),
            file=self._file,
            build_args=self._build_args,
            platform=ecr_assets.Platform.LINUX_AMD64,
            asset_name=Path(self._folder).name,
            exclude=_all_but((*_SHARED, self._folder)),
            ignore_mode=IgnoreMode.GIT,
        )
        return BoundImage(uri=asset.image_uri, repository_arn=asset.repository.repository_arn)


def _all_but(folders: tuple[str, ...]) -> list[str]:
    """Patterns of ``.gitignore``, where a file comes back only if its folder is not shut out."""
    patterns = ["/*"]
    for parent in sorted({folder.split("/")[0] for folder in folders}):
        patterns += [f"!/{parent}", f"/{parent}/*"]
    return [*patterns, *(f"!/{folder}" for folder in folders), "__pycache__", ".*"]
