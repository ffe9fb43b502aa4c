"""Alarms and rules that watch something else, or ring later and less than before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from inferctl.changes.comparison import Comparison, finding
from inferctl.changes.finding import Finding
from inferctl.changes.resource_changes import ResourceChange
from inferctl.preflight.templates import number

_WATCHED = (
    *("Namespace", "MetricName", "Dimensions", "Statistic", "ExtendedStatistic", "Metrics"),
    *(
        "ComparisonOperator",
        "AlarmRule",
        "ThresholdMetricId",
        "Unit",
        "EvaluateLowSampleCountPercentile",
    ),
)
_TOLD = ("EventPattern", "ScheduleExpression", "EventBusName")


def alarm_findings(comparison: Comparison, change: ResourceChange) -> Iterator[Finding]:
    """What an alarm or a rule that stays misses from now on."""
    if change.type == "AWS::Events::Rule" and (told := change.at(*_TOLD)):
        said = comparison.texts(change, tuple(told))
        yield finding("protection", change, f"reacts to something else: {said}")
    if change.type not in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"):
        return
    # the description of a metric in a sum is no difference
    watched = [each for each in change.at(*_WATCHED) if each.path[-1] != "Label"]
    if watched:
        said = comparison.texts(change, tuple(watched))
        yield finding("protection", change, f"watches something else: {said}")
    old, new = (side.get("Properties", {}) for side in (change.before, change.after))
    if change.at("Threshold") and _is_laxer(old, new):
        said = comparison.texts(change, tuple(change.at("Threshold")))
        yield finding("protection", change, f"rings at another threshold: {said}")
    if _seconds(new) > _seconds(old):
        text = f"rings after {_seconds(new):.0f} s, not {_seconds(old):.0f}"
        yield finding("protection", change, text)
    missing = change.at("TreatMissingData")
    if missing and old.get("TreatMissingData") == "breaching":
        yield finding("protection", change, "does not ring where there is no data any more")


def _is_laxer(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether the threshold moves away from what is usual; yes where that is not known."""
    operator = str(new.get("ComparisonOperator", ""))
    before, after = (number(side.get("Threshold"), default=0) for side in (old, new))
    return after < before if operator.startswith("LessThan") else after > before


def _seconds(alarm: Mapping[str, Any]) -> float:
    """How long something has to be wrong until the alarm rings."""
    periods = number(alarm.get("EvaluationPeriods"), default=1)
    points = number(alarm.get("DatapointsToAlarm"), default=periods)
    lengths = [alarm.get("Period")]
    lengths += [each.get("MetricStat", {}).get("Period") for each in alarm.get("Metrics", [])]
    return points * max(number(length, default=60) for length in lengths)
