"""What to do for each model: nothing, an archive of its files, or a compilation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from model_artifacts import Index, Manifest, ManifestModel, artifact_key
from model_artifacts.garbage import StoredArchive, garbage_versions, is_garbage


class Action(StrEnum):
    """How a model's archive comes to be there."""

    REUSE = "reuse"
    PACKAGE = "package"
    COMPILE = "compile"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One model and what to do for it."""

    model: ManifestModel
    action: Action
    key: str
    """The archive's key, relative to the prefix."""
    replace: bool
    """There is an archive, but one that may be deleted at any moment."""


def plan(manifest: Manifest, index: Index, stored: Mapping[str, StoredArchive]) -> list[Step]:
    """One step per model, the biggest archives first: they decide when a call is over."""
    garbage = garbage_versions(index)
    steps: list[Step] = []
    for model in manifest["models"]:
        key = artifact_key(model["name"], model["digest"])
        archive = stored.get(key)
        doomed = archive is not None and is_garbage(archive, garbage)
        if archive is not None and not doomed:
            action = Action.REUSE
        else:
            action = Action.PACKAGE if model["recipe"] is None else Action.COMPILE
        steps.append(Step(model=model, action=action, key=key, replace=doomed))
    steps.sort(key=lambda step: source_bytes(step.model), reverse=True)
    return steps


def source_bytes(model: ManifestModel) -> int:
    """Size of all source files of a model."""
    return sum(file["size"] for file in model["files"])
