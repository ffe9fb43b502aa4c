"""Writes what the publisher of a fleet reads: the manifest and the pack of small files.

The pack is one object for all models, so that a thousand models add no asset to a template. Files
above 1 MiB are blobs, each its own content-addressed asset.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, cast

from model_artifacts import (
    JsonValue,
    Manifest,
    ManifestFile,
    ManifestModel,
    artifact_digest,
    canonical_json,
    sha256_hex,
)
from model_artifacts.manifest import MANIFEST_VERSION
from model_folders.compilers import compiler_image
from model_folders.errors import ModelFileError
from model_folders.folder import Build, ModelFolder, SourceFile
from model_folders.recipes import ENGINE_REVISIONS, CompileRecipe, Engine

LARGEST_PACKED_FILE = 1024 * 1024
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
_LONGEST_S3_KEY = 1024
_LONGEST_ARTIFACT_SUFFIX = len("/0123456789abcdef.tar.gz")


@dataclass(frozen=True, kw_only=True)
class FleetSources:
    """Where manifest and pack were written, their SHA-256, and the files that are blobs."""

    manifest_path: Path
    manifest_digest: str
    pack_path: Path
    pack_digest: str
    blobs: tuple[SourceFile, ...]


class _Chosen(NamedTuple):
    folder: ModelFolder
    build: Build
    target: str
    files: tuple[SourceFile, ...]
    golden: SourceFile | None


def build_fleet_sources(
    *,
    fleet: str,
    prefix: str,
    serving_image: str,
    models: Sequence[tuple[ModelFolder, Build, str]],
    directory: Path,
    compiler_images: Mapping[Engine, str] = MappingProxyType({}),
) -> FleetSources:
    """Write ``manifest.json`` and ``sources.pack`` below ``directory``, equal for equal sources.

    ``models`` holds each folder with the chosen build and the target to make it for;
    ``serving_image`` is the image tag, such as ``26.05-py3``. ``compiler_images`` are those that
    compile in place of an engine's own. Weights need not be on disk.
    Raises ModelFileError with the problems of all models.
    """
    problems = _name_problems(prefix, [folder.name for folder, _, _ in models])
    chosen: list[_Chosen] = []
    for folder, build, target in models:
        try:
            files = folder.source_files(build)
            golden = folder.verification_request(build)
            chosen.append(_Chosen(folder, build, target, files, golden))
        except ModelFileError as error:
            problems.extend(error.problems)
    if problems:
        raise ModelFileError(problems)

    directory.mkdir(parents=True, exist_ok=True)
    read = [file for model in chosen for file in _read_files(model)]
    packed = {file.sha256: file for file in read if _is_packed(file)}
    blobs = {blob_key(file): file for file in read if not _is_packed(file)}
    pack_path = directory / "sources.pack"
    offsets, pack_digest = _write_pack(pack_path, packed)

    manifest: Manifest = {
        "version": MANIFEST_VERSION,
        "fleet": fleet,
        "prefix": prefix,
        "models": [
            _entry(
                model,
                serving_image=serving_image,
                compiler_images=compiler_images,
                offsets=offsets,
            )
            for model in sorted(chosen, key=lambda model: model.folder.name)
        ],
    }
    body = canonical_json(cast(JsonValue, manifest))
    manifest_path = directory / "manifest.json"
    manifest_path.write_bytes(body)
    return FleetSources(
        manifest_path=manifest_path,
        manifest_digest=sha256_hex(body),
        pack_path=pack_path,
        pack_digest=pack_digest,
        blobs=tuple(blobs[key] for key in sorted(blobs)),
    )


def blob_key(file: SourceFile) -> str:
    """The key of a big file in the source bucket: its digest, with its suffix."""
    return f"{file.sha256}{Path(file.path).suffix}"


def _read_files(model: _Chosen) -> tuple[SourceFile, ...]:
    return model.files if model.golden is None else (*model.files, model.golden)


def _is_packed(file: SourceFile) -> bool:
    return file.size <= LARGEST_PACKED_FILE and not file.is_weights


def _write_pack(path: Path, files: Mapping[str, SourceFile]) -> tuple[dict[str, int], str]:
    """Concatenate the files in the order of their digests, by which they are given.

    Returns each digest's offset, and the digest of the whole.
    """
    offsets: dict[str, int] = {}
    whole = hashlib.sha256()
    position = 0
    with path.open("wb") as pack:
        for digest in sorted(files):
            body = _unchanged(files[digest])
            offsets[digest] = position
            pack.write(body)
            whole.update(body)
            position += len(body)
    return offsets, whole.hexdigest()


def _unchanged(file: SourceFile) -> bytes:
    try:
        body = file.location.read_bytes()
    except OSError:
        body = None
    if body is None or len(body) != file.size or sha256_hex(body) != file.sha256:
        raise ModelFileError([f"{file.place}: must not change while it is read (try again)"])
    return body


def _entry(
    model: _Chosen,
    *,
    serving_image: str,
    compiler_images: Mapping[Engine, str],
    offsets: Mapping[str, int],
) -> ManifestModel:
    build = model.build
    recipe: JsonValue = None
    compiler: str | None = None
    if build.compile is not None and model.golden is not None:
        recipe = _recipe(build.compile, model.golden)
        engine = build.compile.engine
        compiler = compiler_images.get(engine) or compiler_image(engine, serving_image)
    shapes = {name: list(dimensions) for name, dimensions in build.shapes.items()}
    rows = [_file_entry(file, offsets) for file in model.files]
    entry: ManifestModel = {
        "name": model.folder.name,
        "build": build.name,
        "target": model.target,
        "digest": artifact_digest(
            files=rows,
            recipe=recipe,
            compiler_image=compiler,
            serving_image=serving_image,
            target=model.target,
            precision=build.precision,
            shapes=shapes,
        ),
        "serving_image": serving_image,
        "compiler_image": compiler,
        "precision": build.precision,
        "shapes": shapes,
        "recipe": recipe,
        "files": rows,
    }
    if model.golden is not None:
        entry["golden"] = _file_entry(model.golden, offsets)
    return entry


def _recipe(recipe: CompileRecipe, golden: SourceFile) -> JsonValue:
    """The recipe with all that decides about the result and stands in no file of the archive."""
    written = recipe.model_dump(mode="json")
    verify = {**written["verify"], "sha256": golden.sha256}
    return {**written, "verify": verify, "revision": ENGINE_REVISIONS[recipe.engine]}


def _file_entry(file: SourceFile, offsets: Mapping[str, int]) -> ManifestFile:
    row: ManifestFile = {
        "path": file.path,
        "mode": file.mode,
        "sha256": file.sha256,
        "size": file.size,
    }
    if _is_packed(file):
        row["offset"] = offsets[file.sha256]
    else:
        row["blob"] = blob_key(file)
    return row


def _name_problems(prefix: str, names: Sequence[str]) -> list[str]:
    problems = [
        f"models must name each model once, got {name!r} {times} times (remove one)"
        for name, times in sorted(Counter(names).items())
        if times > 1
    ]
    room = _LONGEST_S3_KEY - len(prefix.encode()) - _LONGEST_ARTIFACT_SUFFIX
    problems.extend(
        f"models: the name {name!r} must leave room in an S3 key of {_LONGEST_S3_KEY} bytes below"
        f" the prefix {prefix!r} (rename the folder, to at most {room} characters)"
        for name in names
        if len(name) > room
    )
    return problems
