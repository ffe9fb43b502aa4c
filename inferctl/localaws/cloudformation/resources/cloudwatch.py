"""CloudWatch: alarms and dashboards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inferctl.localaws.cloudformation.model import LiveResource

from .base import Made, Request, ResourceType, names, without
from .fit import call
from .table import tag_map


def _put_alarm(request: Request, name: str, old: Mapping[str, Any]) -> Made:
    arn = request.arn("cloudwatch", f"alarm:{name}")
    arguments = without(request.properties, "Tags") | {"AlarmName": name}
    call(request, "cloudwatch", "put_metric_alarm", arguments)
    before, after = tag_map(old.get("Tags")), tag_map(request.properties.get("Tags"))
    client = request.client("cloudwatch")
    if before.keys() - after.keys():
        client.untag_resource(ResourceARN=arn, TagKeys=sorted(before.keys() - after.keys()))
    if after and after != before:
        client.tag_resource(
            ResourceARN=arn, Tags=[{"Key": key, "Value": value} for key, value in after.items()]
        )
    return Made(name, {"Arn": arn})


def _create_alarm(request: Request) -> Made:
    return _put_alarm(request, request.properties.get("AlarmName") or request.name(255), {})


def _update_alarm(request: Request, live: LiveResource) -> Made:
    return _put_alarm(request, live.physical_id, live.properties)


def _delete_alarm(request: Request, live: LiveResource) -> None:
    request.client("cloudwatch").delete_alarms(AlarmNames=[live.physical_id])


def _put_dashboard(request: Request, name: str) -> Made:
    request.client("cloudwatch").put_dashboard(
        DashboardName=name, DashboardBody=request.properties["DashboardBody"]
    )
    return Made(name)


def _create_dashboard(request: Request) -> Made:
    return _put_dashboard(request, request.properties.get("DashboardName") or request.name(255))


def _update_dashboard(request: Request, live: LiveResource) -> Made:
    return _put_dashboard(request, live.physical_id)


def _delete_dashboard(request: Request, live: LiveResource) -> None:
    request.client("cloudwatch").delete_dashboards(DashboardNames=[live.physical_id])


TYPES: dict[str, ResourceType] = {
    "AWS::CloudWatch::Alarm": ResourceType(
        _create_alarm,
        _delete_alarm,
        names(
            "ActionsEnabled AlarmActions AlarmDescription AlarmName ComparisonOperator"
            " DatapointsToAlarm Dimensions EvaluateLowSampleCountPercentile EvaluationPeriods"
            " ExtendedStatistic InsufficientDataActions MetricName Metrics Namespace OKActions"
            " Period Statistic Tags Threshold ThresholdMetricId TreatMissingData Unit"
        ),
        update=_update_alarm,
        replace_on=names("AlarmName"),
    ),
    "AWS::CloudWatch::Dashboard": ResourceType(
        _create_dashboard,
        _delete_dashboard,
        names("DashboardBody DashboardName"),
        update=_update_dashboard,
        replace_on=names("DashboardName"),
    ),
}
