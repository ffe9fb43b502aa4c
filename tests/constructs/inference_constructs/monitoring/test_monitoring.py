"""One call makes a dashboard and alarms for whatever it is given, and for nothing that is not."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk.assertions import Match, Template

from inference_constructs import MultiModelEndpoint
from inference_constructs.monitoring import (
    Monitoring,
    MonitoringProps,
    Thresholds,
    WatchedEndpoint,
)
from inference_constructs.monitoring.alarm import AlarmSpec
from inference_constructs.monitoring.catalogued import computed, metric
from inference_constructs.monitoring.section import in_rows

TOPIC = "arn:aws:sns:us-east-1:111122223333:alarms"
VARIANT = {"EndpointName": "models", "VariantName": "AllTraffic"}


def _template(*, gpus: int = 1, caches: bool = True, **more: Any) -> Template:
    stack = cdk.Stack()
    endpoint = MultiModelEndpoint.from_endpoint_name(stack, "Endpoint", "models")
    watched = WatchedEndpoint(endpoint=endpoint, gpus=gpus, vcpus=4 * gpus, caches=caches)
    Monitoring(stack, "Monitoring", MonitoringProps(name="watched", endpoint=watched, **more))
    return Template.from_stack(stack)


def _alarms(template: Template) -> dict[str, dict[str, Any]]:
    found = template.find_resources("AWS::CloudWatch::Alarm").values()
    return {one["Properties"]["AlarmName"]: dict(one["Properties"]) for one in found}


def test_a_topic_of_ones_own_is_told_and_none_is_made() -> None:
    template = _template(topic_arn=TOPIC)

    template.resource_count_is("AWS::SNS::Topic", 0)
    template.resource_count_is("AWS::KMS::Key", 0)
    for alarm in _alarms(template).values():
        assert alarm["AlarmActions"] == alarm["OKActions"] == [TOPIC]


def test_each_email_is_subscribed_to_the_topic_made_here() -> None:
    template = _template(emails=["a@example.com", "b@example.com"])

    template.resource_count_is("AWS::SNS::Subscription", 2)
    template.has_resource_properties(
        "AWS::SNS::Subscription", {"Protocol": "email", "Endpoint": "b@example.com"}
    )


def test_gpus_of_an_instance_count_a_hundred_percent_each() -> None:
    assert _alarms(_template())["watched-gpu-saturated"]["Threshold"] == 90
    assert _alarms(_template(gpus=4))["watched-gpu-saturated"]["Threshold"] == 360


def test_limits_in_milliseconds_are_compared_with_microseconds() -> None:
    thresholds = Thresholds(latency_ms=250, load_wait_seconds=5)

    alarms = _alarms(_template(thresholds=thresholds))

    assert alarms["watched-endpoint-latency"]["Threshold"] == 250_000
    assert alarms["watched-load-wait"]["Threshold"] == 5_000_000


def test_evictions_are_counted_and_not_timed() -> None:
    thrashing = _alarms(_template(thresholds=Thresholds(evictions_per_hour=120)))[
        "watched-thrashing"
    ]

    (query,) = thrashing["Metrics"]
    assert query["MetricStat"]["Metric"]["MetricName"] == "ModelUnloadingTime"
    assert query["MetricStat"]["Stat"] == "SampleCount"
    assert (query["MetricStat"]["Period"], thrashing["Threshold"]) == (300, 10)


def test_an_endpoint_that_falls_silent_is_the_one_alarm_that_wants_data() -> None:
    alarms = _alarms(_template())

    silences = {name: alarm["TreatMissingData"] for name, alarm in alarms.items()}
    assert [name for name, word in silences.items() if word == "breaching"] == [
        "watched-endpoint-silent"
    ]
    assert set(silences.values()) == {"breaching", "notBreaching"}


def test_without_a_cache_nothing_is_said_of_it() -> None:
    names = set(_alarms(_template())) - set(_alarms(_template(caches=False)))

    assert names == {"watched-cold-calls", "watched-thrashing", "watched-load-wait"}


def test_what_goes_with_its_stack_leaves_no_key_behind() -> None:
    _template(removal_policy=cdk.RemovalPolicy.DESTROY).has_resource(
        "AWS::KMS::Key", {"DeletionPolicy": "Delete"}
    )
    _template().has_resource("AWS::KMS::Key", {"DeletionPolicy": "Retain"})


def test_the_dashboard_is_named_and_lists_its_alarms() -> None:
    template = _template()

    template.has_resource_properties(
        "AWS::CloudWatch::Dashboard",
        {"DashboardName": "watched", "DashboardBody": Match.any_value()},
    )


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"name": "a b"}, "name must be 1 to 100 letters, digits, hyphens and underscores"),
        ({"endpoint": None}, "one of endpoint, models and cluster must be given, got none"),
        ({"topic_arn": TOPIC, "emails": ["a@example.com"]}, "emails belong to the topic made here"),
        ({"runbooks": "docs"}, "runbooks must end with '/', got 'docs'"),
    ],
)
def test_wrong_props_are_refused(changed: dict[str, Any], problem: str) -> None:
    endpoint = MultiModelEndpoint.from_endpoint_name(cdk.Stack(), "Endpoint", "models")
    props: dict[str, Any] = {
        "name": "watched",
        "endpoint": WatchedEndpoint(endpoint=endpoint, gpus=1, vcpus=4),
    }

    with pytest.raises(ValueError, match="invalid MonitoringProps: ") as caught:
        MonitoringProps(**(props | changed))

    assert problem in str(caught.value)


def test_all_wrong_thresholds_are_told_at_once() -> None:
    with pytest.raises(ValueError, match="invalid Thresholds: ") as caught:
        Thresholds(latency_ms=60_001, error_percent=0, cache_hit_percent=101)

    assert str(caught.value) == (
        "invalid Thresholds: latency_ms must be more than 0 and at most 60000, got 60001;"
        " error_percent must be more than 0 and at most 100, got 0;"
        " cache_hit_percent must be more than 0 and at most 100, got 101"
    )


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("AWS/SageMaker", "Hits", VARIANT, "Sum"), "metric must be one of the catalogue, got"),
        (
            ("AWS/SageMaker", "Invocations", {"EndpointName": "models"}, "Sum"),
            "must have the dimensions EndpointName, VariantName or",
        ),
        (
            ("/aws/sagemaker/Endpoints", "GPUUtilization", VARIANT | {"ModelName": "m"}, "Sum"),
            "must have the dimensions EndpointName, VariantName, got",
        ),
        (
            ("AWS/SageMaker", "OverheadLatency", VARIANT, "p99"),
            "must have a statistic of Average, Maximum, Minimum, SampleCount, Sum, got p99",
        ),
    ],
)
def test_a_metric_that_nobody_publishes_is_refused(arguments: Any, problem: str) -> None:
    with pytest.raises(ValueError, match="must") as caught:
        metric(*arguments)

    assert problem in str(caught.value)


CALLS = metric("AWS/SageMaker", "Invocations", VARIANT, "Sum")


def _add(**changed: Any) -> cloudwatch.Alarm:
    usual: dict[str, Any] = {
        "name": "few",
        "metric": CALLS,
        "threshold": 1,
        "periods": 3,
        "reason": "Few calls.",
        "runbook": "few",
    }
    spec = AlarmSpec(**(usual | changed))
    return spec.add(cdk.Stack(), prefix="p", runbooks="docs/", actions=[])


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"reason": "why " * 300}, "its reason and link must be at most 1024 characters, got"),
        ({"name": "n" * 254}, "its name must be at most 255 characters, got 256"),
        (
            {"metric": computed("1", "", {f"m{n}": CALLS for n in range(11)})},
            "its expression must have at most 10 metrics, got 11",
        ),
        (
            {"metric": computed("FILL({m}, 0)", "", {"m": CALLS})},
            "with FILL fewer periods must breach than are looked at",
        ),
        (
            {"metric": computed("FILL({m}, 0)", "", {"m": CALLS}), "breaching": 3},
            "with FILL fewer periods must breach than are looked at",
        ),
    ],
)
def test_an_alarm_that_would_be_refused_or_never_go_off_is_none(
    changed: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ValueError, match="invalid alarm ") as caught:
        _add(**changed)

    assert problem in str(caught.value)


def test_an_alarm_may_fill_what_it_does_not_wait_for() -> None:
    assert _add(metric=computed("FILL({m}, 0)", "", {"m": CALLS}), breaching=2)


def test_alarms_of_names_that_differ_in_a_hyphen_are_two() -> None:
    stack = cdk.Stack()
    for name in ("service-bert-2-errors", "service-bert2-errors"):
        AlarmSpec(
            name=name, metric=CALLS, threshold=1, periods=1, reason="Few calls.", runbook="few"
        ).add(stack, prefix="p", runbooks="docs/", actions=[])

    assert set(_alarms(Template.from_stack(stack))) == {
        "p-service-bert-2-errors",
        "p-service-bert2-errors",
    }


def test_ids_of_one_widget_do_not_meet() -> None:
    series = metric("AWS/SageMaker", "Invocations", VARIANT, "Sum")

    expressions = [computed("{m} * 2", label, {"m": series}) for label in ("p50", "5xx, %")]

    assert [list(one.using_metrics) for one in expressions] == [["m_p50"], ["m_5xx_"]]
    assert [one.expression for one in expressions] == ["m_p50 * 2", "m_5xx_ * 2"]


@pytest.mark.parametrize(
    ("panels", "rows"), [(1, [1]), (4, [4]), (5, [3, 2]), (6, [3, 3]), (9, [3, 3, 3])]
)
def test_rows_are_equally_long(panels: int, rows: list[int]) -> None:
    def panel(width: int) -> cloudwatch.IWidget:
        return cloudwatch.TextWidget(markdown="", width=width)

    assert [len(row) for row in in_rows([panel] * panels)] == rows
