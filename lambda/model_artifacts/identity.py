"""The identity of an artifact: a digest of everything that goes into it, never of its bytes."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Final, TypedDict

from model_artifacts.canonical import JsonValue, canonical_json, sha256_hex

_KEY_DIGITS: Final = 16
_EXECUTABLE: Final = 0o111


class FileIdentity(TypedDict):
    """What of a source file counts for the artifact's identity."""

    path: str
    mode: int
    sha256: str


def normal_mode(mode: int) -> int:
    """0o755 when anyone may execute the file, else 0o644: what survives a checkout by git."""
    return 0o755 if mode & _EXECUTABLE else 0o644


def artifact_digest(
    *,
    files: Iterable[FileIdentity],
    recipe: JsonValue,
    compiler_image: str | None,
    serving_image: str,
    target: str,
    precision: str | None,
    shapes: JsonValue,
) -> str:
    """SHA-256 of canonical JSON over all inputs, 64 hexadecimal digits.

    The order of ``files`` does not count. Raises `ValueError` when a path occurs twice.
    """
    listed: list[tuple[str, int, str]] = sorted(
        (file["path"], file["mode"], file["sha256"]) for file in files
    )
    paths = [path for path, _, _ in listed]
    repeated = sorted({path for path, after in pairwise(paths) if path == after})
    if repeated:
        raise ValueError(
            f"paths must be unique within an artifact, repeated: {', '.join(repeated)}"
        )
    return sha256_hex(
        canonical_json(
            {
                "files": listed,
                "recipe": recipe,
                "compiler_image": compiler_image,
                "serving_image": serving_image,
                "target": target,
                "precision": precision,
                "shapes": shapes,
            }
        )
    )


def artifact_key(model: str, digest: str) -> str:
    """The archive's key relative to the fleet's prefix; also the SageMaker ``TargetModel``."""
    return f"{model}/{digest[:_KEY_DIGITS]}.tar.gz"
