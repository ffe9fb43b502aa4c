"""Which inputs of an artifact's digest differ between two manifests' entries of one model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from model_artifacts import JsonValue, ManifestFile, ManifestModel, canonical_json

_SHOWN_DIGITS: Final = 12


def differences(served: ManifestModel, now: ManifestModel) -> list[str]:
    """One line for every input that differs, ``served -> now``; none when the digests agree."""
    lines = [*_file_lines(served["files"], now["files"])]
    lines += value_lines("recipe", served["recipe"], now["recipe"])
    lines += value_lines("compiler image", served["compiler_image"], now["compiler_image"])
    lines += value_lines("serving image", served["serving_image"], now["serving_image"])
    lines += value_lines("target", served["target"], now["target"])
    lines += value_lines("precision", served["precision"], now["precision"])
    lines += value_lines("shapes", served["shapes"], now["shapes"])
    return lines


def value_lines(place: str, served: JsonValue, now: JsonValue) -> Iterator[str]:
    """The differing parts of a value, each with its place, such as ``recipe.verify.request``."""
    if isinstance(served, Mapping) and isinstance(now, Mapping):
        for name in sorted({*served, *now}):
            if name not in served:
                yield f"{place}.{name}: added, {_shown(now[name])}"
            elif name not in now:
                yield f"{place}.{name}: removed, was {_shown(served[name])}"
            else:
                yield from value_lines(f"{place}.{name}", served[name], now[name])
    # 1 and 1.0 are equal, and their digests are not
    elif canonical_json(served) != canonical_json(now):
        yield f"{place}: {_shown(served)} -> {_shown(now)}"


def _file_lines(served: list[ManifestFile], now: list[ManifestFile]) -> Iterator[str]:
    before = {file["path"]: file for file in served}
    after = {file["path"]: file for file in now}
    for path in sorted({*before, *after}):
        if path not in before:
            yield f"file {path}: added, {after[path]['size']:,} bytes"
        elif path not in after:
            yield f"file {path}: removed, was {before[path]['size']:,} bytes"
        else:
            yield from _changed_file(before[path], after[path])


def _changed_file(before: ManifestFile, after: ManifestFile) -> Iterator[str]:
    if before["sha256"] != after["sha256"]:
        digests = " -> ".join(file["sha256"][:_SHOWN_DIGITS] for file in (before, after))
        sizes = f"{before['size']:,} -> {after['size']:,} bytes"
        yield f"file {before['path']}: changed, sha256 {digests}, {sizes}"
    if before["mode"] != after["mode"]:
        yield f"file {before['path']}: mode {before['mode']:o} -> {after['mode']:o}"


def _shown(value: JsonValue) -> str:
    if isinstance(value, str):
        return value
    return canonical_json(value).decode()
