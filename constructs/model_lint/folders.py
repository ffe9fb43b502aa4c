"""From model folders, builds and the catalogue to repositories, and findings back to files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

from accelerator_catalog import triton_image
from model_folders import Build, ModelFolder, SourceFile, TensorRtRecipe, cached_weights
from model_lint.repository import ImageKind, Recipe, Repository, RepositoryFile, ServingImage
from model_lint.rule import Finding

# The laptop's server is the wheel's: Python backend and ensembles, nothing else.
LAPTOP_BACKENDS = frozenset({"python"})


def serving_image(tag: str, kind: ImageKind) -> ServingImage:
    """What the catalogue knows of a tag. Raises KeyError for a tag it does not list."""
    image = triton_image(tag)
    if kind == "laptop":
        return ServingImage(tag=tag, kind=kind, backends=LAPTOP_BACKENDS)
    tensorrt = image.tensorrt
    if tensorrt is not None and "tensorrt" in image.uncertain:
        # An inferred version is trusted as far as its major number: a false error stops a synth.
        tensorrt = tensorrt.partition(".")[0]
    return ServingImage(
        tag=tag,
        kind=kind,
        backends=image.backends,
        python=image.python,
        tensorrt=tensorrt,
        namespacing=image.namespacing,
    )


def repository_of(
    folder: ModelFolder,
    build: Build,
    *,
    target: str,
    image: ServingImage,
    environment: Mapping[str, str],
) -> Repository:
    """The archive that ``build`` would make; weights need be neither locked nor on disk.

    Raises ModelFileError when the overlays cannot be read.
    """
    files = {file.path: _file(file) for file in folder.overlay_files(build)}
    for weights in build.weights:
        location = None if weights.sha256 is None else cached_weights(weights.sha256, weights.path)
        files[weights.path] = RepositoryFile(
            path=weights.path,
            size=weights.size,
            digest=weights.sha256,
            open=None if location is None else partial(_open, location),
        )
    recipe = None
    if build.compile is not None:
        compiled = build.compile
        for path in compiled.build_files:
            files.pop(path, None)
        files.setdefault(compiled.output, RepositoryFile(path=compiled.output, size=None))
        recipe = Recipe(
            input=compiled.input,
            output=compiled.output,
            shapes={name: (s.min, s.opt, s.max) for name, s in compiled.shapes.items()}
            if isinstance(compiled, TensorRtRecipe)
            else {},
        )
    golden = folder.golden(build)
    return Repository(
        files=files,
        target=target,
        image=image,
        build_targets=build.targets,
        recipe=recipe,
        request=None if golden is None else _golden(folder.path, golden.request),
        answer=None if golden is None else _golden(folder.path, golden.answer),
        environment=environment,
    )


def at_home(
    findings: tuple[Finding, ...], folder: ModelFolder, build: Build, repository: Repository
) -> tuple[Finding, ...]:
    """The findings with the path of the file on disk, such as ``models/minilm/repository/...``."""
    return tuple(
        replace(
            finding,
            path=_home(finding.path, folder, build, repository),
            model=folder.name,
        )
        for finding in findings
    )


def _home(path: str, folder: ModelFolder, build: Build, repository: Repository) -> str:
    for golden in (repository.request, repository.answer):
        if golden is not None and golden.path == path:
            return str(folder.path / path)
    if any(weights.path == path for weights in build.weights) or (
        repository.recipe is not None and repository.recipe.output == path
    ):
        return str(folder.model_file)
    # A later overlay wins, as it does in the archive; what no overlay has belongs in the first
    # one that has its directory.
    for overlay in reversed(build.overlays):
        if (folder.path / overlay / path).exists():
            return str(folder.path / overlay / path)
    directory = path.partition("/")[0]
    for overlay in build.overlays:
        if (folder.path / overlay / directory).exists():
            return str(folder.path / overlay / path)
    return str(folder.path / build.overlays[0] / path)


def _open(location: Path) -> BinaryIO:
    return location.open("rb")


def _open_source(file: SourceFile) -> BinaryIO:
    return _open(file.location)


def _file(file: SourceFile) -> RepositoryFile:
    return RepositoryFile(
        path=file.path,
        size=file.size,
        digest=file.sha256,
        open=partial(_open_source, file),
    )


def _golden(folder: Path, path: str) -> RepositoryFile:
    """A golden file, read at once: its digest is part of what decides the findings."""
    try:
        content = (folder / path).read_bytes()
    except OSError:
        return RepositoryFile(path=path, size=None)
    digest = hashlib.sha256(content).hexdigest()
    return replace(RepositoryFile.of(path, content), digest=digest)
