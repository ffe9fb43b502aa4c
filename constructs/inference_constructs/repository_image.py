"""Images built from several folders of this repository, by the CLI and at deployment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from aws_cdk import IgnoreMode
from aws_cdk import aws_ecr_assets as ecr_assets
from constructs import Construct

_ROOT = Path(__file__).resolve().parents[2]
_NO_ARGS: Mapping[str, str] = {}


def repository_image(
    scope: Construct,
    folder: str,
    *,
    shared: Sequence[str],
    build_args: Mapping[str, str] = _NO_ARGS,
) -> ecr_assets.DockerImageAsset:
    """``container/<folder>/Dockerfile``; the context is this repository, narrowed to that folder
    and to ``shared`` ones. Synthesis needs no Docker.
    """
    own = f"container/{folder}"
    return ecr_assets.DockerImageAsset(
        scope,
        "Image",
        directory=str(_ROOT),
        file=dockerfile(folder),
        build_args=dict(build_args),
        platform=ecr_assets.Platform.LINUX_AMD64,
        asset_name=folder,
        exclude=_all_but((*shared, own)),
        ignore_mode=IgnoreMode.GIT,
    )


def dockerfile(folder: str) -> str:
    """Its path in this repository; raises ValueError where there is none."""
    file = f"container/{folder}/Dockerfile"
    if not (_ROOT / file).is_file():
        raise ValueError(f"folder must hold a Dockerfile, got {folder!r} ({file} is missing)")
    return file


def _all_but(folders: tuple[str, ...]) -> list[str]:
    """Patterns of ``.gitignore``, where a file comes back only if its folder is not shut out."""
    patterns = ["/*"]
    for parent in _parents(folders):
        patterns += [f"!/{parent}", f"/{parent}/*"]
    return [*patterns, *(f"!/{folder}" for folder in folders), "__pycache__", ".*"]


def _parents(folders: Sequence[str]) -> list[str]:
    """Every folder above them, outer ones first."""
    return sorted(
        {
            "/".join(parts[:depth])
            for parts in (folder.split("/") for folder in folders)
            for depth in range(1, len(parts))
        }
    )
