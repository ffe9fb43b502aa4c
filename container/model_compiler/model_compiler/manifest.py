"""What the manifest says about this job's model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from model_artifacts import DocumentError, ManifestModel, manifest_digest, parse_manifest
from model_artifacts.errors import StorageError
from model_artifacts.s3_calls import is_missing
from model_artifacts.s3_reader import read_object
from model_compiler.errors import InputError
from model_compiler.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def read_model(s3: S3Client, settings: Settings) -> ManifestModel:
    """The model's entry, which has a recipe. Raises `InputError` and `StorageError`."""
    name = f"s3://{settings.source_bucket}/{settings.manifest_key}"
    try:
        data, _ = read_object(s3, bucket=settings.source_bucket, key=settings.manifest_key)
    except StorageError as error:
        if is_missing(error):
            raise InputError(f"{name} does not exist") from error
        raise
    digest = manifest_digest(data)
    if digest != settings.manifest_digest:
        raise InputError(f"{name}: SHA-256 should be {settings.manifest_digest}, got {digest}")
    try:
        manifest = parse_manifest(data, name=name)
    except DocumentError as error:
        raise InputError(str(error)) from error
    for model in manifest["models"]:
        if model["name"] == settings.model:
            _check(model, settings)
            return model
    raise InputError(f"{name} has no model {settings.model!r}")


def recipe_of(model: ManifestModel) -> Mapping[str, Any]:
    """The recipe, which synthesis checked against its schema."""
    return cast("Mapping[str, Any]", model["recipe"])


def _check(model: ManifestModel, settings: Settings) -> None:
    if model["digest"] != settings.digest:
        raise InputError(
            f"model {model['name']} has digest {model['digest'][:16]} in the manifest, the job is"
            f" for {settings.digest[:16]}"
        )
    if model["recipe"] is None:
        raise InputError(f"model {model['name']} has no recipe: nothing to compile")
    golden = model.get("golden")
    verify = recipe_of(model).get("verify")
    if golden is None or not isinstance(verify, dict) or verify.get("sha256") != golden["sha256"]:
        raise InputError(
            f"model {model['name']} has no request to verify it with: the recipe's verify.sha256"
            " must be that of golden"
        )
