"""Less room than before, and how much is taken of each quota."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from inferctl.changes.comparison import Comparison, finding
from inferctl.changes.finding import Finding
from inferctl.changes.fleets import Fleet, fleets
from inferctl.changes.resource_changes import ResourceChange
from inferctl.preflight.capacity import QuotaUse, quota_uses
from inferctl.preflight.endpoint_capacity import bounds
from inferctl.preflight.templates import Resource, number


@dataclass(frozen=True, kw_only=True)
class FleetChange:
    """A fleet before and after; None where it is not there."""

    before: Fleet | None
    after: Fleet | None


@dataclass(frozen=True, kw_only=True)
class QuotaChange:
    """What is taken of one quota when everything is scaled out, before and after."""

    service: str
    name: str
    unit: str
    before: float
    after: float


def fleet_changes(comparison: Comparison) -> tuple[FleetChange, ...]:
    """Fleets of another type or size, by place."""
    old = {(each.key, each.what): each for each in fleets(comparison.before, comparison.old)}
    new = {(each.key, each.what): each for each in fleets(comparison.after, comparison.new)}
    return tuple(
        FleetChange(before=old.get(place), after=new.get(place))
        for place in sorted({*old, *new})
        if old.get(place) != new.get(place)
    )


def quota_changes(comparison: Comparison) -> tuple[QuotaChange, ...]:
    """The quotas of which another amount is taken."""
    old, new = _used(comparison.before.templates), _used(comparison.after.templates)
    changes = []
    for name in sorted({*old, *new}):
        was, now = old.get(name), new.get(name)
        use = now or was
        assert use is not None
        before, after = (0.0 if each is None else _most(each) for each in (was, now))
        if before != after:
            changes.append(
                QuotaChange(
                    service=use.service,
                    name=use.quota_name,
                    unit=use.unit,
                    before=before,
                    after=after,
                )
            )
    return tuple(changes)


def capacity_findings(comparison: Comparison) -> Iterator[Finding]:
    """Fleets and services that may run fewer at least or at most, or do not scale any more."""
    for change in fleet_changes(comparison):
        if change.before is not None and change.after is not None:
            yield from _smaller(change.before, change.after, comparison)
    for target in comparison.of_type("AWS::ApplicationAutoScaling::ScalableTarget"):
        if target.action == "removed":
            yield finding("capacity", target, "is deleted: its resource scales no more")
        elif target.before and target.after["Properties"].get("ServiceNamespace") != "sagemaker":
            old, new = (
                bounds(
                    Resource(
                        stack=target.key[0],
                        logical_id=target.key[1],
                        properties=side.get("Properties", {}),
                    )
                )
                for side in (target.before, target.after)
            )
            if new[0] < old[0] or new[1] < old[1]:
                text = f"scales from {new[0]:.0f} to {new[1]:.0f}, not {old[0]:.0f} to {old[1]:.0f}"
                yield finding("capacity", target, text)
        yield from _schedules(target)
    for policy in comparison.of_type("AWS::ApplicationAutoScaling::ScalingPolicy"):
        if policy.action == "removed":
            yield finding("capacity", policy, "is deleted: nothing scales by it any more")
        measured = tuple(
            each
            for each in policy.differences
            if each.because is None and "MetricSpecification" in each.place
        )
        if measured and policy.before:
            said = comparison.texts(policy, measured)
            yield finding("capacity", policy, f"scales by something else: {said}")


def _schedules(target: ResourceChange) -> Iterator[Finding]:
    """Schedules that stay and keep fewer instances, or let it grow to fewer."""
    old, new = (
        {
            each.get("ScheduledActionName"): each
            for each in side.get("Properties", {}).get("ScheduledActions", [])
        }
        for side in (target.before, target.after)
    )
    for name in sorted(old.keys() & new.keys()):
        was, now = old[name], new[name]
        for limit in ("MinCapacity", "MaxCapacity"):
            before, after = (
                number(each.get("ScalableTargetAction", {}).get(limit), default=0)
                for each in (was, now)
            )
            if after < before:
                text = f"schedule {name} sets {limit} to {after:.0f}, not {before:.0f}"
                yield finding("capacity", target, text)
        if was.get("Schedule") != now.get("Schedule"):
            text = f"schedule {name} is at {now.get('Schedule')}, not {was.get('Schedule')}"
            yield finding("capacity", target, text)


def _smaller(old: Fleet, new: Fleet, comparison: Comparison) -> Iterator[Finding]:
    kind = comparison.after.templates[new.key[0]]["Resources"][new.key[1]]["Type"]

    def told(text: str) -> Finding:
        stack, logical_id = new.key
        return Finding(
            kind="capacity", stack=stack, resource=logical_id, type=kind, text=f"{new.what} {text}"
        )

    if old.instance_type != new.instance_type:
        yield told(f"runs on {new.instance_type}, not {old.instance_type}")
    if new.minimum < old.minimum:
        yield told(f"keeps {new.minimum:.0f} instances, not {old.minimum:.0f}")
    if new.maximum < old.maximum:
        yield told(f"grows to {new.maximum:.0f} instances, not {old.maximum:.0f}")


def _used(templates: Mapping[str, dict[str, object]]) -> dict[tuple[str, str], QuotaUse]:
    return {(use.service, use.quota_name): use for use in quota_uses(templates)}


def _most(use: QuotaUse) -> float:
    return max(use.maximum, use.during_update or 0)
