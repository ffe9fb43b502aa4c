"""Lifecycle rules: the template's flat words as the nested ones of the S3 API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inferctl.localaws.cloudformation.errors import NotEmulatedError
from inferctl.localaws.cloudformation.values import as_bool

from .base import names

_RULE = names(
    "Id Status Prefix TagFilters ExpirationInDays ExpiredObjectDeleteMarker"
    " NoncurrentVersionExpiration NoncurrentVersionExpirationInDays Transitions"
    " NoncurrentVersionTransitions AbortIncompleteMultipartUpload"
    " ObjectSizeGreaterThan ObjectSizeLessThan"
)

_TRANSITIONS = (("Transitions", "Days"), ("NoncurrentVersionTransitions", "NoncurrentDays"))


def lifecycle_rules(configuration: Mapping[str, Any], path: str) -> list[dict[str, Any]]:
    """The rules of ``put_bucket_lifecycle_configuration``; unknown words are errors."""
    extra = sorted(configuration.keys() - {"Rules"})
    if extra:
        raise NotEmulatedError(f"property {path}.LifecycleConfiguration.{extra[0]}")
    return [_rule(rule, f"{path}.LifecycleConfiguration.Rules") for rule in configuration["Rules"]]


def _rule(rule: Mapping[str, Any], path: str) -> dict[str, Any]:
    unknown = sorted(rule.keys() - _RULE)
    if unknown:
        raise NotEmulatedError(f"property {path}.{unknown[0]}")
    found: dict[str, Any] = {"Status": rule["Status"], "Filter": _filter(rule)}
    if "Id" in rule:
        found["ID"] = rule["Id"]
    if "ExpirationInDays" in rule:
        found["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
    elif "ExpiredObjectDeleteMarker" in rule:
        found["Expiration"] = {
            "ExpiredObjectDeleteMarker": as_bool(rule["ExpiredObjectDeleteMarker"])
        }
    if "NoncurrentVersionExpirationInDays" in rule:
        days = int(rule["NoncurrentVersionExpirationInDays"])
        found["NoncurrentVersionExpiration"] = {"NoncurrentDays": days}
    for name in ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"):
        if name in rule:
            found[name] = rule[name]
    for name, key in _TRANSITIONS:
        if name in rule:
            found[name] = [_transition(item, key, f"{path}.{name}") for item in rule[name]]
    return found


def _transition(item: Mapping[str, Any], days: str, path: str) -> dict[str, Any]:
    unknown = sorted(item.keys() - {"StorageClass", "TransitionInDays"})
    if unknown:
        raise NotEmulatedError(f"property {path}.{unknown[0]}")
    return {"StorageClass": item["StorageClass"], days: int(item["TransitionInDays"])}


def _filter(rule: Mapping[str, Any]) -> dict[str, Any]:
    tests: dict[str, Any] = {"Prefix": rule.get("Prefix", "")}
    for name in ("ObjectSizeGreaterThan", "ObjectSizeLessThan"):
        if name in rule:
            tests[name] = int(rule[name])
    if "TagFilters" in rule:
        tests["Tags"] = list(rule["TagFilters"])
    return tests if len(tests) == 1 else {"And": tests}
