"""The artifact format: digests, manifest, index and deterministic archives.

What is imported here needs the standard library alone, so that synth stays quick; the modules
that talk to Amazon S3 begin with ``s3_`` and are imported by name.
"""

from model_artifacts.canonical import JsonValue, canonical_json, sha256_hex
from model_artifacts.errors import (
    ArchiveError,
    ArtifactsError,
    DocumentError,
    IndexMissingError,
    LostRaceError,
    NoPreviousArtifactError,
    SourceMismatchError,
    SourceMissingError,
    StorageError,
    UnknownModelError,
)
from model_artifacts.identity import FileIdentity, artifact_digest, artifact_key, normal_mode
from model_artifacts.index import (
    INDEX_NAME,
    Artifact,
    Garbage,
    Index,
    IndexEntry,
    empty_index,
    named_artifacts,
    parse_index,
    resolve_target_model,
    rollback_model,
    serialise_index,
)
from model_artifacts.manifest import (
    Manifest,
    ManifestFile,
    ManifestModel,
    manifest_digest,
    parse_manifest,
)

__all__ = [
    "INDEX_NAME",
    "ArchiveError",
    "Artifact",
    "ArtifactsError",
    "DocumentError",
    "FileIdentity",
    "Garbage",
    "Index",
    "IndexEntry",
    "IndexMissingError",
    "JsonValue",
    "LostRaceError",
    "Manifest",
    "ManifestFile",
    "ManifestModel",
    "NoPreviousArtifactError",
    "SourceMismatchError",
    "SourceMissingError",
    "StorageError",
    "UnknownModelError",
    "artifact_digest",
    "artifact_key",
    "canonical_json",
    "empty_index",
    "manifest_digest",
    "named_artifacts",
    "normal_mode",
    "parse_index",
    "parse_manifest",
    "resolve_target_model",
    "rollback_model",
    "serialise_index",
    "sha256_hex",
]
