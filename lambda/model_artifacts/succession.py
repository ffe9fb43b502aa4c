"""The index that follows another one when a manifest is published."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from model_artifacts.garbage import StoredArchive, collectable
from model_artifacts.identity import artifact_key
from model_artifacts.index import Artifact, Index, IndexEntry
from model_artifacts.manifest import Manifest, ManifestModel


def succeeding_index(
    index: Index,
    *,
    manifest: Manifest,
    manifest_digest: str,
    owner: str,
    stored: Mapping[str, StoredArchive],
    now: datetime,
) -> Index:
    """The index that publishes ``manifest`` after ``index``.

    A model whose artifact changes keeps the one before as `previous`; one whose artifact stays
    keeps its entry; one that leaves is retired for this one version. An older archive that
    someone deleted is no longer named. ``stored`` must hold every archive of the manifest
    (`KeyError` otherwise).
    """
    before = {**index["retired"], **index["models"]}
    models = {
        model["name"]: _entry(model, before.get(model["name"]), stored)
        for model in manifest["models"]
    }
    published: Index = {
        **index,
        "serial": index["serial"] + 1,
        "fleet": manifest["fleet"],
        "manifest_digest": manifest_digest,
        "models": models,
        "retired": {
            name: IndexEntry(
                current=entry["current"], previous=_if_stored(entry["previous"], stored)
            )
            for name, entry in index["models"].items()
            if name not in models and entry["current"]["key"] in stored
        },
        "published": sum(
            name not in index["models"]
            or index["models"][name]["current"]["digest"] != entry["current"]["digest"]
            for name, entry in models.items()
        ),
        "owner": owner,
        "garbage": [],
    }
    published["garbage"] = collectable(
        superseded=index, published=published, stored=stored, now=now
    )
    return published


def _entry(
    model: ManifestModel, before: IndexEntry | None, stored: Mapping[str, StoredArchive]
) -> IndexEntry:
    digest = model["digest"]
    if before is None:
        return IndexEntry(current=_artifact(model, stored), previous=None)
    current, previous = before["current"], _if_stored(before["previous"], stored)
    if current["digest"] == digest:
        # the size is read again: an archive that got lost was made anew
        return IndexEntry(current=_renewed(current, model, stored), previous=previous)
    if previous is not None and previous["digest"] == digest:
        return IndexEntry(
            current=_renewed(previous, model, stored), previous=_if_stored(current, stored)
        )
    return IndexEntry(current=_artifact(model, stored), previous=_if_stored(current, stored))


def _if_stored(artifact: Artifact | None, stored: Mapping[str, StoredArchive]) -> Artifact | None:
    return artifact if artifact is not None and artifact["key"] in stored else None


def _artifact(model: ManifestModel, stored: Mapping[str, StoredArchive]) -> Artifact:
    key = artifact_key(model["name"], model["digest"])
    return Artifact(
        digest=model["digest"],
        key=key,
        size=stored[key].size,
        target=model["target"],
        build=model["build"],
        serving_image=model["serving_image"],
        report=None,
        verification=None,
    )


def _renewed(
    artifact: Artifact, model: ManifestModel, stored: Mapping[str, StoredArchive]
) -> Artifact:
    """The same artifact with its report; the build may have been renamed without any change."""
    return {**artifact, "size": stored[artifact["key"]].size, "build": model["build"]}
