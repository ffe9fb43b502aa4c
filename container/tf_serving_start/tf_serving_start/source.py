"""Where the model comes from, as MODEL_URI says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from model_artifacts import INDEX_NAME

_URI = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(.+)")
_ARCHIVES = (".tar.gz", ".tgz")
_OTHER_ARCHIVES = (".zip", ".tar", ".tar.bz2", ".tar.xz", ".tar.zst")


class SourceKind(Enum):
    """How the model is stored."""

    ARCHIVE = "archive"
    INDEX = "index"
    FOLDER = "folder"


@dataclass(frozen=True, kw_only=True)
class ModelSource:
    """``key``: of the archive or the index; of a folder, its prefix with a slash at the end."""

    kind: SourceKind
    bucket: str
    key: str
    sha256: str | None = None

    @property
    def uri(self) -> str:
        """The whole address."""
        return f"s3://{self.bucket}/{self.key}"


def parse_source(uri: str) -> ModelSource:
    """The source that ``uri`` names; raises `ValueError` with the rule that it breaks."""
    match = _URI.fullmatch(uri)
    if match is None:
        raise ValueError(f"must be s3://bucket/key, got {uri!r}")
    bucket, key = match.groups()
    if key.endswith(_ARCHIVES):
        return ModelSource(kind=SourceKind.ARCHIVE, bucket=bucket, key=key)
    if key.rpartition("/")[2] == INDEX_NAME:
        return ModelSource(kind=SourceKind.INDEX, bucket=bucket, key=key)
    if key.endswith(_OTHER_ARCHIVES):
        raise ValueError(f"must name a .tar.gz, an {INDEX_NAME} or a folder, got {uri!r}")
    return ModelSource(kind=SourceKind.FOLDER, bucket=bucket, key=key.rstrip("/") + "/")
