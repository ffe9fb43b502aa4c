"""Where goldens and their bytes lie, and how they are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from endpoint_verification.errors import VerificationError
from golden_answers import Golden, GoldenFile, parse_goldens
from model_artifacts import SourceMissingError, StorageError, sha256_hex
from model_artifacts.s3_calls import is_missing
from model_artifacts.s3_reader import S3Reader, read_object

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_KEPT_BYTES: Final = 64 << 20


@dataclass(frozen=True, kw_only=True)
class GoldenPlace:
    """Where the goldens of a deployment lie."""

    bucket: str
    key: str
    digest: str
    pack_key: str


class GoldenSource:
    """Reads goldens from S3; safe to use from several threads."""

    def __init__(self, s3: S3Client, place: GoldenPlace) -> None:
        self._s3 = s3
        self._place = place
        # variants of one model share their requests
        self._kept: dict[str, bytes] = {}
        self._room = _KEPT_BYTES

    def read(self) -> list[Golden]:
        """All goldens; raises `VerificationError`, `DocumentError` and `StorageError`."""
        place = self._place
        name = f"s3://{place.bucket}/{place.key}"
        try:
            data, _ = read_object(self._s3, bucket=place.bucket, key=place.key)
        except StorageError as error:
            if is_missing(error):
                raise SourceMissingError(f"{name} does not exist (deploy again)") from error
            raise
        digest = sha256_hex(data)
        if digest != place.digest:
            raise VerificationError(
                f"{name}: SHA-256 should be GoldensDigest {place.digest}, got {digest}"
            )
        return parse_goldens(data, name=name)

    def file(self, file: GoldenFile) -> bytes:
        """One file's bytes; raises `SourceMissingError`, `StorageError`, `VerificationError`."""
        kept = self._kept.get(file["sha256"])
        if kept is not None:
            return kept
        key = file.get("blob", self._place.pack_key)
        reader = S3Reader(
            self._s3,
            bucket=self._place.bucket,
            key=key,
            size=file["size"],
            start=file.get("offset", 0),
        )
        parts: list[bytes] = []
        try:
            while part := reader.read(file["size"]):
                parts.append(part)
        finally:
            reader.close()
        data = b"".join(parts)
        if sha256_hex(data) != file["sha256"]:
            raise VerificationError(
                f"s3://{self._place.bucket}/{key} does not hold the {file['size']} bytes with"
                f" SHA-256 {file['sha256'][:16]} (deploy again)"
            )
        if len(data) <= self._room:
            self._room -= len(data)
            self._kept[file["sha256"]] = data
        return data
