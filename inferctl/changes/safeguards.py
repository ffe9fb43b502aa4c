"""Which safeguards a change lowers: switches, limits, lists, alarms, deletion policies."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from inferctl.changes.alarm_rules import alarm_findings
from inferctl.changes.comparison import Comparison, finding
from inferctl.changes.data_rules import DATA_ROWS
from inferctl.changes.finding import Finding
from inferctl.changes.limit_rules import limit_findings
from inferctl.changes.list_rules import list_findings
from inferctl.changes.resource_changes import ResourceChange
from inferctl.changes.safeguard_rule import SafeguardRule, resource_values, rules
from inferctl.changes.serving_rules import SERVING_ROWS
from inferctl.changes.workload_rules import WORKLOAD_ROWS
from inferctl.preflight.templates import number

_RULES = rules({**DATA_ROWS, **WORKLOAD_ROWS, **SERVING_ROWS})
_HOPS = "HttpPutResponseHopLimit"


def safeguard_findings(comparison: Comparison) -> Iterator[Finding]:
    """Everything that protects less than before."""
    for change in comparison.changes.values():
        if not change.after:
            continue
        for rule in _RULES.get(change.type, ()):
            if _weaker(rule, change):
                yield finding(rule.kind, change, rule.text)
        if change.before:
            yield from _policies(change)
            yield from limit_findings(change)
            yield from list_findings(comparison, change)
            yield from alarm_findings(comparison, change)
            yield from _expiry(change)
            yield from _metadata_hops(change)
            yield from _tls_policy(comparison, change)
    for stack in sorted(comparison.before.protected - comparison.after.protected):
        if stack in comparison.after.templates:
            text = "has no termination protection any more"
            yield Finding(kind="protection", stack=stack, resource="", type="", text=text)


def _weaker(rule: SafeguardRule, change: ResourceChange) -> bool:
    if not change.before and not rule.fresh:
        return False
    old = _weak(rule, change.before) if change.before else 0
    return _weak(rule, change.after) > old


def _weak(rule: SafeguardRule, resource: Mapping[str, Any]) -> int:
    return sum(map(rule.weak, resource_values(resource, rule.path)))


def _policies(change: ResourceChange) -> Iterator[Finding]:
    for name in ("DeletionPolicy", "UpdateReplacePolicy"):
        old, new = change.policy(name, before=True), change.policy(name)
        if old != "Delete" and new == "Delete":
            yield finding("protection", change, f"{name} is Delete, not {old}")


def _expiry(change: ResourceChange) -> Iterator[Finding]:
    """Objects that are deleted sooner than before, by the strictest rule."""
    if change.type != "AWS::S3::Bucket":
        return
    dated = change.after.get("Properties", {}).get("LifecycleConfiguration", {}).get("Rules", [])
    for day in sorted({str(rule["ExpirationDate"]) for rule in dated if "ExpirationDate" in rule}):
        if day not in json.dumps(change.before):
            yield finding("destroy", change, f"deletes objects on {day}")
    for name in ("ExpirationInDays", "NoncurrentVersionExpirationInDays"):
        old, new = (
            _soonest(side.get("Properties", {}), name) for side in (change.before, change.after)
        )
        if new < old:
            was = "" if math.isinf(old) else f", not {old:.0f}"
            yield finding("destroy", change, f"deletes objects after {new:.0f} days{was} ({name})")


def _soonest(properties: Any, name: str) -> float:
    rules = properties.get("LifecycleConfiguration", {}).get("Rules", [])
    nested = {
        "NoncurrentVersionExpirationInDays": ("NoncurrentVersionExpiration", "NoncurrentDays")
    }
    days = []
    for rule in rules:
        value = rule.get(name)
        if value is None and name in nested:
            outer, inner = nested[name]
            value = rule.get(outer, {}).get(inner)
        if rule.get("Status") == "Enabled":
            days.append(number(value, default=math.inf))
    return min(days, default=math.inf)


def _metadata_hops(change: ResourceChange) -> Iterator[Finding]:
    """With more than one hop, containers on the host reach its credentials."""
    found = []
    for side in (change.before, change.after):
        properties = side.get("Properties", {})
        options = properties.get("LaunchTemplateData", properties)
        if not isinstance(options, dict):
            return
        found.append(number(options.get("MetadataOptions", {}).get(_HOPS), default=1))
    if found[1] > found[0]:
        text = f"lets containers reach the host's credentials ({_HOPS} {found[1]:.0f})"
        yield finding("protection", change, text)


def _tls_policy(comparison: Comparison, change: ResourceChange) -> Iterator[Finding]:
    if change.type == "AWS::ElasticLoadBalancingV2::Listener":
        for difference in change.at("SslPolicy"):
            said = comparison.texts(change, (difference,))
            yield finding("network", change, f"has another TLS policy: {said}")
