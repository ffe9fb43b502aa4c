"""``python -m model_fetch``: exit status 0 with the model in place, 1 without, 2 for settings."""

from __future__ import annotations

import logging
import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from model_artifacts import ArtifactsError, SourceMismatchError
from model_artifacts.s3_calls import storage_errors
from tf_serving_start.fetch import fetch, s3_client
from tf_serving_start.source import ModelSource, SourceKind, parse_source

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

URI_VARIABLE = "MODEL_URI"
DIGEST_VARIABLE = "MODEL_DIGEST"
FOLDER_VARIABLE = "MODEL_FOLDER"
REGION_VARIABLE = "AWS_REGION"
# model_fleet and model_compiler write it beside each archive
_DIGEST_METADATA = "artifact-digest"

log = logging.getLogger("model_fetch")


class SettingsError(ValueError):
    """Settings that name no model; the message names every problem."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """``digest`` is the archive's identity, that of its inputs; ``folder`` is a mounted volume."""

    source: ModelSource
    digest: str
    folder: Path
    region: str


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings; raises `SettingsError` with everything that is wrong."""
    uri, digest, folder, region = (
        environment.get(name, "")
        for name in (URI_VARIABLE, DIGEST_VARIABLE, FOLDER_VARIABLE, REGION_VARIABLE)
    )
    problems: list[str] = []
    source = None
    try:
        source = parse_source(uri)
    except ValueError as error:
        problems.append(f"{URI_VARIABLE} {error}")
    if source is not None and source.kind is not SourceKind.ARCHIVE:
        problems.append(f"{URI_VARIABLE} must name a .tar.gz, got {uri!r}")
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        problems.append(f"{DIGEST_VARIABLE} must be 64 hexadecimal digits, got {digest!r}")
    if not Path(folder).is_absolute() or not Path(folder).is_dir():
        problems.append(f"{FOLDER_VARIABLE} must be the path of a volume, got {folder!r}")
    if not region:
        problems.append(f"{REGION_VARIABLE} is required")
    if source is None or problems:
        raise SettingsError("model-fetch cannot start: " + "; ".join(problems))
    return Settings(source=source, digest=digest, folder=Path(folder), region=region)


def have_model(s3: S3Client, settings: Settings) -> None:
    """The archive's files in the volume, and nothing else; raises `ArtifactsError`, `OSError`.

    The unpacking checks that the archive is whole, by its own checksum.
    """
    _check_digest(s3, settings)
    for left in settings.folder.iterdir():
        # of an attempt that was killed
        shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
    fetch(s3, settings.source, settings.folder)


def _check_digest(s3: S3Client, settings: Settings) -> None:
    """Keys hold 16 digits of the identity; what was written there says all 64."""
    source = settings.source
    # a role that may not list gets 403 for what does not exist
    with storage_errors(f"looking for {source.uri}, which may have been collected"):
        head = s3.head_object(Bucket=source.bucket, Key=source.key)
    found = head["Metadata"].get(_DIGEST_METADATA)
    if found != settings.digest:
        raise SourceMismatchError(f"{source.uri} must be artifact {settings.digest}, got {found}")


def main() -> int:
    """Have the model in its place, then end."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(levelname)s %(message)s"
    )
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 2
    log.info("fetching %s", settings.source.uri)
    try:
        have_model(s3_client(settings.region), settings)
    except (ArtifactsError, OSError) as error:
        log.error("%s", error)
        return 1
    log.info("placed the model in %s", settings.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
