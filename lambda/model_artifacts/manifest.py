"""The manifest: what should be published, written at synth and read by the handler."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final, NotRequired, TypedDict, cast

from model_artifacts.canonical import JsonValue, sha256_hex
from model_artifacts.errors import DocumentError
from model_artifacts.identity import artifact_digest
from model_artifacts.paths import MODEL_NAME_RULE, is_model_name, path_problems
from model_artifacts.shape import Field, check_fields

MANIFEST_VERSION: Final = 1
FILE_MODES: Final = (0o644, 0o755)


class ManifestFile(TypedDict):
    """One file of a model: bytes at ``offset`` of the source pack, or the object named ``blob``."""

    path: str
    mode: int
    sha256: str
    size: int
    offset: NotRequired[int]
    blob: NotRequired[str]


class ManifestModel(TypedDict):
    """One model, built one way for one target."""

    name: str
    build: str
    target: str
    digest: str
    serving_image: str
    compiler_image: str | None
    precision: str | None
    shapes: JsonValue
    recipe: JsonValue
    """None when the archive is made of the source files alone; else it needs a compiler."""
    files: list[ManifestFile]
    golden: NotRequired[ManifestFile]
    """The request that a compile is verified with; the archive does not hold it."""


class Manifest(TypedDict):
    """Everything that one version of a fleet publishes."""

    version: int
    fleet: str
    prefix: str
    models: list[ManifestModel]


_MANIFEST_FIELDS: Final = {
    "version": Field((int,)),
    "fleet": Field((str,)),
    "prefix": Field((str,)),
    "models": Field((list,)),
}
_MODEL_FIELDS: Final = {
    "name": Field((str,)),
    "build": Field((str,)),
    "target": Field((str,)),
    "digest": Field((str,), digest=True),
    "serving_image": Field((str,)),
    "compiler_image": Field((str, type(None))),
    "precision": Field((str, type(None))),
    "shapes": Field((dict, list, type(None))),
    "recipe": Field((dict, type(None))),
    "files": Field((list,)),
    "golden": Field((dict,), required=False),
}
_FILE_FIELDS: Final = {
    "path": Field((str,)),
    "mode": Field((int,)),
    "sha256": Field((str,), digest=True),
    "size": Field((int,), minimum=0),
    "offset": Field((int,), required=False, minimum=0),
    "blob": Field((str,), required=False),
}


def parse_manifest(data: bytes, *, name: str = "manifest") -> Manifest:
    """The manifest in ``data``; raises `DocumentError` with every problem, each with its place.

    A model's digest is computed again from what the manifest says of it, so a manifest whose
    archive would lie under the wrong key is refused.
    """
    try:
        value: object = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DocumentError(name, [f"must be JSON: {error}"]) from error
    problems = check_fields(value, "$", _MANIFEST_FIELDS)
    if problems:
        raise DocumentError(name, problems)
    manifest = cast("Manifest", value)
    if manifest["version"] != MANIFEST_VERSION:
        problems.append(
            f"$.version must be {MANIFEST_VERSION}, got {manifest['version']!r}"
            " (written by another release of this project?)"
        )
    if not manifest["prefix"].endswith("/") or manifest["prefix"].startswith("/"):
        problems.append(
            f"$.prefix must end with '/' and not begin with it, got {manifest['prefix']!r}"
        )
    for number, model in enumerate(manifest["models"]):
        problems.extend(_model_problems(model, f"$.models[{number}]"))
    if not problems:
        problems.extend(_repeated_names(manifest))
    if problems:
        raise DocumentError(name, problems)
    return manifest


def manifest_digest(data: bytes) -> str:
    """SHA-256 of the manifest's bytes: the property ``ManifestDigest`` and the index's field."""
    return sha256_hex(data)


def _repeated_names(manifest: Manifest) -> list[str]:
    seen: set[str] = set()
    repeated: set[str] = set()
    for model in manifest["models"]:
        (repeated if model["name"] in seen else seen).add(model["name"])
    return [f"$.models must have unique names, repeated: {name}" for name in sorted(repeated)]


def _model_problems(value: object, place: str) -> list[str]:
    problems = check_fields(value, place, _MODEL_FIELDS)
    if problems:
        return problems
    model = cast("ManifestModel", value)
    place = f"{place} ({model['name']})"
    if not is_model_name(model["name"]):
        problems.append(f"{place}.name must be {MODEL_NAME_RULE}, got {model['name']!r}")
    if not model["files"]:
        problems.append(f"{place}.files must not be empty")
    for number, file in enumerate(model["files"]):
        problems.extend(_file_problems(file, f"{place}.files[{number}]"))
    if "golden" in model:
        problems.extend(_file_problems(model["golden"], f"{place}.golden"))
    if problems:
        return problems
    problems.extend(
        f"{place}.files: {problem}"
        for problem in path_problems([file["path"] for file in model["files"]])
    )
    if not problems:
        problems.extend(_digest_problems(model, place))
    return problems


def _file_problems(value: object, place: str) -> list[str]:
    problems = check_fields(value, place, _FILE_FIELDS)
    if problems:
        return problems
    file = cast("Mapping[str, object]", value)
    if file["mode"] not in FILE_MODES:
        problems.append(f"{place}.mode must be 420 (0o644) or 493 (0o755), got {file['mode']}")
    if ("offset" in file) == ("blob" in file):
        problems.append(f"{place} must have either offset or blob, got {sorted(file)}")
    return problems


def _digest_problems(model: ManifestModel, place: str) -> list[str]:
    expected = artifact_digest(
        files=model["files"],
        recipe=model["recipe"],
        compiler_image=model["compiler_image"],
        serving_image=model["serving_image"],
        target=model["target"],
        precision=model["precision"],
        shapes=model["shapes"],
    )
    if expected == model["digest"]:
        return []
    return [f"{place}.digest must be the digest of its inputs, {expected}, got {model['digest']}"]
