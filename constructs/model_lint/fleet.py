"""Lints builds and whole fleets; equal archives of a fleet are looked at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from model_folders import Build, ModelFolder
from model_lint.archive import open_archive
from model_lint.folders import at_home, repository_of, serving_image
from model_lint.lint import lint_repository
from model_lint.repository import ImageKind, Repository, RepositoryFile
from model_lint.rule import Finding, error
from model_lint.sources import issue

IMG005 = error(
    "IMG005",
    "one inner name in two archives",
    why="Before 23.04 inner model names are shared by all archives of an endpoint, and the second"
    ' load fails with "not unique across all model repositories".',
    source=issue("triton-inference-server/server", 5150),
    fix="choose an image tag from 23.04 on, or rename the member in one archive",
)
# Weights of these kinds are never opened by a rule, so they do not tell archives apart.
_OPAQUE = (".onnx", ".pt", ".safetensors", ".data", ".graphdef", ".bin")
_NO_ENVIRONMENT: Mapping[str, str] = {}


def lint_build(
    folder: ModelFolder,
    build: Build,
    *,
    target: str,
    image_tag: str,
    image_kind: ImageKind,
    environment: Mapping[str, str] = _NO_ENVIRONMENT,
) -> tuple[Finding, ...]:
    """Every finding of one build, with paths on disk.

    Raises ModelFileError for overlays that cannot be read, KeyError for a tag that the
    catalogue does not list.
    """
    return lint_fleet(
        [(folder, build, target)],
        image_tag=image_tag,
        image_kind=image_kind,
        environment=environment,
    )


def lint_fleet(
    selections: Sequence[tuple[ModelFolder, Build, str]],
    *,
    image_tag: str,
    image_kind: ImageKind,
    environment: Mapping[str, str] = _NO_ENVIRONMENT,
) -> tuple[Finding, ...]:
    """Every finding of an endpoint's models, model by model; raises as :func:`lint_build` does."""
    image = serving_image(image_tag, image_kind)
    known: dict[Any, tuple[Finding, ...]] = {}
    found: list[Finding] = []
    inner_names: dict[str, str] = {}
    for folder, build, target in selections:
        repository = repository_of(
            folder, build, target=target, image=image, environment=environment
        )
        key = _key(repository)
        findings = known.get(key)
        if findings is None:
            findings = known[key] = lint_repository(repository)
        if not image.namespacing:
            findings += _shared_names(repository, folder.name, inner_names)
        found.extend(at_home(findings, folder, build, repository))
    return tuple(found)


def _shared_names(repository: Repository, name: str, owners: dict[str, str]) -> tuple[Finding, ...]:
    found = []
    for directory, model in open_archive(repository).models.items():
        owner = owners.setdefault(directory, name)
        if owner != name and model.config is not None:
            message = (
                f"{directory} is in the archives of {owner} and {name}, and image"
                f" {repository.image.tag} shares inner names"
            )
            found.append(model.finding(IMG005, message))
    return tuple(found)


def _key(repository: Repository) -> Any:
    """Equal for archives that every rule sees as equal."""
    recipe = repository.recipe
    return (
        tuple(_file_key(file) for file in repository.files.values()),
        repository.target,
        repository.build_targets,
        None if recipe is None else (recipe.input, recipe.output, tuple(recipe.shapes.items())),
        repository.request and (repository.request.path, repository.request.digest),
        repository.answer and (repository.answer.path, repository.answer.digest),
    )


def _file_key(file: RepositoryFile) -> tuple[str, Any]:
    return (file.path, file.size == 0 if file.path.endswith(_OPAQUE) else file.digest)
