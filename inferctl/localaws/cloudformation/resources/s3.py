"""S3: buckets and bucket policies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from inferctl.localaws.cloudformation.errors import NotEmulatedError, ResourceFailedError
from inferctl.localaws.cloudformation.model import LiveResource
from inferctl.localaws.cloudformation.values import as_bool

from .base import Made, Request, ResourceType, changed_names, names
from .fit import call
from .s3_lifecycle import lifecycle_rules

_SUB_RESOURCES = names(
    "BucketEncryption VersioningConfiguration PublicAccessBlockConfiguration"
    " LifecycleConfiguration OwnershipControls CorsConfiguration LoggingConfiguration Tags"
)
_PUTS = {
    "BucketEncryption": ("put_bucket_encryption", "ServerSideEncryptionConfiguration"),
    "VersioningConfiguration": ("put_bucket_versioning", "VersioningConfiguration"),
    "PublicAccessBlockConfiguration": (
        "put_public_access_block",
        "PublicAccessBlockConfiguration",
    ),
    "LifecycleConfiguration": ("put_bucket_lifecycle_configuration", "LifecycleConfiguration"),
    "OwnershipControls": ("put_bucket_ownership_controls", "OwnershipControls"),
    "CorsConfiguration": ("put_bucket_cors", "CORSConfiguration"),
    "LoggingConfiguration": ("put_bucket_logging", "BucketLoggingStatus"),
    "Tags": ("put_bucket_tagging", "Tagging"),
}


def _encryption(configuration: Mapping[str, Any]) -> dict[str, Any]:
    rules: list[dict[str, Any]] = []
    for rule in configuration["ServerSideEncryptionConfiguration"]:
        applied: dict[str, Any] = {}
        if "ServerSideEncryptionByDefault" in rule:
            applied["ApplyServerSideEncryptionByDefault"] = rule["ServerSideEncryptionByDefault"]
        if "BucketKeyEnabled" in rule:
            applied["BucketKeyEnabled"] = as_bool(rule["BucketKeyEnabled"])
        rules.append(applied)
    return {"Rules": rules}


def _logging(configuration: Mapping[str, Any], bucket: str, path: str) -> dict[str, Any]:
    unknown = sorted(configuration.keys() - {"DestinationBucketName", "LogFilePrefix"})
    if unknown:
        raise NotEmulatedError(f"property {path}.LoggingConfiguration.{unknown[0]}")
    return {
        "LoggingEnabled": {
            "TargetBucket": configuration.get("DestinationBucketName", bucket),
            "TargetPrefix": configuration.get("LogFilePrefix", ""),
        }
    }


def _configure(request: Request, bucket: str, changed: set[str]) -> None:
    """Put or remove every changed sub-resource of the bucket."""
    client = request.client("s3")
    removers = {
        "BucketEncryption": "delete_bucket_encryption",
        "PublicAccessBlockConfiguration": "delete_public_access_block",
        "LifecycleConfiguration": "delete_bucket_lifecycle",
        "OwnershipControls": "delete_bucket_ownership_controls",
        "CorsConfiguration": "delete_bucket_cors",
        "Tags": "delete_bucket_tagging",
    }
    for name in sorted(changed & _SUB_RESOURCES):
        if name in request.properties:
            _put(request, bucket, name, request.properties[name])
        elif name == "VersioningConfiguration":
            client.put_bucket_versioning(
                Bucket=bucket, VersioningConfiguration={"Status": "Suspended"}
            )
        elif name == "LoggingConfiguration":
            client.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={})
        else:
            getattr(client, removers[name])(Bucket=bucket)


def _put(request: Request, bucket: str, name: str, value: Any) -> None:
    method, argument = _PUTS[name]
    content = value
    if name == "BucketEncryption":
        content = _encryption(value)
    elif name == "LifecycleConfiguration":
        content = {"Rules": lifecycle_rules(value, request.type)}
    elif name == "LoggingConfiguration":
        content = _logging(value, bucket, request.type)
    elif name == "Tags":
        content = {"TagSet": value}
    call(request, "s3", method, {argument: content}, Bucket=bucket)


def _create_bucket(request: Request) -> Made:
    bucket = request.properties.get("BucketName") or request.name(63, lower=True)
    place = (
        {}
        if request.region == "us-east-1"
        else {"CreateBucketConfiguration": {"LocationConstraint": request.region}}
    )
    client = request.client("s3")
    # CreateBucket in us-east-1 answers 200 for a bucket one already has; CloudFormation does not
    if bucket in {item["Name"] for item in client.list_buckets()["Buckets"]}:
        raise ResourceFailedError(f"{bucket} already exists")
    client.create_bucket(Bucket=bucket, **place)
    request.announce(bucket)
    _configure(request, bucket, set(request.properties))
    if "AccessControl" in request.properties:
        client.put_bucket_acl(Bucket=bucket, ACL=_canned(request.properties["AccessControl"]))
    return Made(
        bucket,
        {
            "Arn": request.arn("s3", bucket, regional=False).replace(request.account, ""),
            "DomainName": f"{bucket}.s3.amazonaws.com",
            "RegionalDomainName": f"{bucket}.s3.{request.region}.amazonaws.com",
            "DualStackDomainName": f"{bucket}.s3.dualstack.{request.region}.amazonaws.com",
            "WebsiteURL": f"http://{bucket}.s3-website-{request.region}.amazonaws.com",
        },
    )


def _canned(name: str) -> str:
    """``BucketOwnerRead`` of a template is ``bucket-owner-read`` of the API."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name)[1:]


def _update_bucket(request: Request, live: LiveResource) -> Made:
    changed = changed_names(live.properties, request.properties)
    _configure(request, live.physical_id, changed)
    if "AccessControl" in changed:
        request.client("s3").put_bucket_acl(
            Bucket=live.physical_id,
            ACL=_canned(request.properties.get("AccessControl", "Private")),
        )
    return Made(live.physical_id, live.attributes)


def _delete_bucket(request: Request, live: LiveResource) -> None:
    client, bucket = request.client("s3"), live.physical_id
    versions = client.list_object_versions(Bucket=bucket, MaxKeys=1)
    if versions.get("Versions") or versions.get("DeleteMarkers"):
        raise ResourceFailedError(
            f"The bucket you tried to delete is not empty. You must delete all versions in the"
            f" bucket. (BucketNotEmpty: {bucket})"
        )
    client.delete_bucket(Bucket=bucket)


def _put_policy(request: Request) -> Made:
    bucket = request.properties["Bucket"]
    request.client("s3").put_bucket_policy(
        Bucket=bucket, Policy=json.dumps(request.properties["PolicyDocument"])
    )
    return Made(bucket)


def _update_policy(request: Request, _live: LiveResource) -> Made:
    return _put_policy(request)


def _delete_policy(request: Request, live: LiveResource) -> None:
    request.client("s3").delete_bucket_policy(Bucket=live.physical_id)


TYPES: dict[str, ResourceType] = {
    "AWS::S3::Bucket": ResourceType(
        _create_bucket,
        _delete_bucket,
        _SUB_RESOURCES | names("BucketName AccessControl"),
        update=_update_bucket,
        replace_on=names("BucketName"),
    ),
    "AWS::S3::BucketPolicy": ResourceType(
        _put_policy,
        _delete_policy,
        names("Bucket PolicyDocument"),
        update=_update_policy,
        replace_on=names("Bucket"),
    ),
}
