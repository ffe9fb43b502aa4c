"""moto has no notifications of Auto Scaling groups, and no way to end the collection of metrics.

It also takes a collection that names no metric for none; AWS means all of them
(docs.aws.amazon.com/autoscaling/ec2/APIReference/API_EnableMetricsCollection.html).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .patch import Patch

_METRICS = (
    "GroupMinSize",
    "GroupMaxSize",
    "GroupDesiredCapacity",
    "GroupInServiceInstances",
    "GroupPendingInstances",
    "GroupStandbyInstances",
    "GroupTerminatingInstances",
    "GroupTotalInstances",
    "GroupInServiceCapacity",
    "GroupPendingCapacity",
    "GroupStandbyCapacity",
    "GroupTerminatingCapacity",
    "GroupTotalCapacity",
    "WarmPoolDesiredCapacity",
    "WarmPoolWarmedCapacity",
    "WarmPoolPendingCapacity",
    "WarmPoolTerminatingCapacity",
    "WarmPoolTotalCapacity",
    "GroupAndWarmPoolDesiredCapacity",
    "GroupAndWarmPoolTotalCapacity",
)


def _group(response: Any) -> Any:
    from moto.autoscaling.exceptions import ValidationError

    groups = response.autoscaling_backend.autoscaling_groups
    name = response._get_param("AutoScalingGroupName")
    if name not in groups:
        raise ValidationError("AutoScalingGroup name not found - null")
    return groups[name]


def _topics(group: Any) -> dict[str, list[str]]:
    """Types of notification by topic."""
    found: dict[str, list[str]] = group.__dict__.setdefault("notified_topics", {})
    return found


def _put(_original: None) -> Callable[[Any], Any]:
    def put_notification_configuration(self: Any) -> Any:
        from moto.core.responses import EmptyResult

        _topics(_group(self))[self._get_param("TopicARN")] = self._get_param("NotificationTypes")
        return EmptyResult()

    return put_notification_configuration


def _delete(_original: None) -> Callable[[Any], Any]:
    def delete_notification_configuration(self: Any) -> Any:
        from moto.core.responses import EmptyResult

        _topics(_group(self)).pop(self._get_param("TopicARN"), None)
        return EmptyResult()

    return delete_notification_configuration


def _describe(_original: None) -> Callable[[Any], Any]:
    def describe_notification_configurations(self: Any) -> Any:
        from moto.core.responses import ActionResult

        names = self._get_param("AutoScalingGroupNames", [])
        found = [
            {"AutoScalingGroupName": name, "TopicARN": topic, "NotificationType": kind}
            for name, group in self.autoscaling_backend.autoscaling_groups.items()
            for topic, kinds in _topics(group).items()
            for kind in kinds
            if not names or name in names
        ]
        return ActionResult({"NotificationConfigurations": found})

    return describe_notification_configurations


def _enable(_original: Any) -> Callable[[Any], Any]:
    def enable_metrics_collection(self: Any) -> Any:
        from moto.core.responses import EmptyResult

        group = _group(self)
        added = self._get_param("Metrics") or _METRICS
        group.metrics = [*group.metrics, *(name for name in added if name not in group.metrics)]
        return EmptyResult()

    return enable_metrics_collection


def _disable(_original: None) -> Callable[[Any], Any]:
    def disable_metrics_collection(self: Any) -> Any:
        from moto.core.responses import EmptyResult

        group = _group(self)
        gone = self._get_param("Metrics") or _METRICS
        group.metrics = [name for name in group.metrics if name not in gone]
        return EmptyResult()

    return disable_metrics_collection


_RESPONSE = "moto.autoscaling.responses:AutoScalingResponse"
PATCHES = (
    Patch("autoscaling", _RESPONSE, "put_notification_configuration", _put),
    Patch("autoscaling", _RESPONSE, "delete_notification_configuration", _delete),
    Patch("autoscaling", _RESPONSE, "describe_notification_configurations", _describe),
    Patch("autoscaling", _RESPONSE, "enable_metrics_collection", _enable),
    Patch("autoscaling", _RESPONSE, "disable_metrics_collection", _disable),
)
