"""Every alarm and every widget of every platform names a metric that exists, and a way out."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from inferctl.dashboard_picture.dashboard import Query, read_alarms, read_dashboards
from metric_catalog import METRICS

ROOT = Path(__file__).resolve().parents[2]
_SEARCH = re.compile(
    r"SEARCH\('(?:\{(?P<schema>[^}]+)\} MetricName=\"(?P<name>\w+)\"(?P<rest>[^']*)"
    r"|Namespace=\"(?P<namespace>\w+)\")', '(?P<statistic>\w+)', \d+\)"
)


def _queries(synthesized: Any) -> Iterator[Query]:
    """Of every alarm and dashboard of every stack, whoever made them."""
    for template in synthesized.templates.values():
        for found in read_dashboards(template):
            for widget in found.widgets:
                yield from widget.queries
        for alarm in read_alarms(template):
            yield from alarm.queries


def _check_series(query: Query) -> None:
    row = METRICS[query.namespace, query.name]
    assert row.has(frozenset(name for name, _ in query.dimensions)), query
    assert row.takes(query.statistic), query
    assert all(value for _, value in query.dimensions), query
    assert query.period_seconds >= 60 and query.period_seconds % 60 == 0, query


def _check_search(query: Query) -> None:
    match = _SEARCH.search(query.expression)
    assert match is not None, query
    if match["namespace"] is not None:
        assert any(namespace == match["namespace"] for namespace, _ in METRICS), query
        return
    namespace, *dimensions = match["schema"].split(",")
    row = METRICS[namespace, match["name"]]
    assert row.has(frozenset(dimensions)), query
    assert row.takes(match["statistic"]), query
    assert re.fullmatch(r' \w+="[^"]+"', match["rest"]), query
    assert match["rest"].split("=")[0].strip() in dimensions, query


def test_every_alarm_and_widget_names_a_catalogued_metric_with_its_dimensions(
    any_platform: Any,
) -> None:
    queries = list(_queries(any_platform))

    assert bool(queries) or any_platform.platform.monitoring is None
    for query in queries:
        if "SEARCH(" in query.expression:
            _check_search(query)
        elif not query.expression:
            _check_series(query)


def test_expressions_use_every_metric_that_they_are_given(any_platform: Any) -> None:
    for template in any_platform.templates.values():
        widgets = [w for d in read_dashboards(template) for w in d.widgets]
        for queries in (
            *(widget.queries for widget in widgets),
            *(alarm.queries for alarm in read_alarms(template)),
        ):
            ids = {query.id for query in queries if query.id}
            hidden = {query.id for query in queries if not query.visible}
            used = {
                word
                for query in queries
                if query.expression and "SEARCH(" not in query.expression
                for word in re.findall(r"\b[a-z]\w*", query.expression)
            }
            assert used <= ids
            assert hidden <= used


def test_the_catalogue_check_does_find_what_is_wrong(prod: Any) -> None:
    template = json.dumps(prod.templates["monitoring"])
    wrong = json.loads(template.replace('\\"VariantName\\"', '\\"ModelName\\"'))
    queries = [q for d in read_dashboards(wrong) for w in d.widgets for q in w.queries]

    with pytest.raises(AssertionError):
        for query in queries:
            if query.namespace:
                _check_series(query)


def test_every_alarm_tells_the_topic_that_it_is_on_and_over(any_platform: Any) -> None:
    if any_platform.platform.monitoring is None:
        return
    (topic,) = any_platform.resources("monitoring", "AWS::SNS::Topic")
    for alarm in any_platform.resources("monitoring", "AWS::CloudWatch::Alarm"):
        actions = alarm["Properties"]["AlarmActions"]
        assert actions == alarm["Properties"]["OKActions"]
        assert actions[0]["Ref"].startswith("MonitoringAlarmsTopic")
    assert topic["Properties"]["KmsMasterKeyId"]["Fn::GetAtt"][1] == "Arn"


def test_the_topic_takes_messages_of_this_accounts_alarms_over_tls_only(prod: Any) -> None:
    policy = prod.properties("monitoring", "AWS::SNS::TopicPolicy")["PolicyDocument"]
    allowed, denied = sorted(policy["Statement"], key=lambda s: str(s["Effect"]))

    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Action"] == "sns:Publish"
    assert allowed["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert "aws:SourceArn" in allowed["Condition"]["ArnLike"]


def test_cloudwatch_may_use_the_topics_key(prod: Any) -> None:
    key = prod.properties("monitoring", "AWS::KMS::Key")
    (statement,) = [s for s in key["KeyPolicy"]["Statement"] if s.get("Sid") == "LetAlarmsEncrypt"]

    assert key["EnableKeyRotation"] is True
    assert statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert set(statement["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"}


def test_no_stack_exports_to_monitoring_and_none_is_held_by_it(
    any_platform: Any,
) -> None:
    if any_platform.platform.monitoring is None:
        return
    text = json.dumps(any_platform.templates["monitoring"])

    assert "Fn::ImportValue" not in text
    for name, output in re.findall(
        r'"Fn::GetStackOutput": \{"StackName": "([^"]+)"[^}]*"OutputName": "([^"]+)"', text
    ):
        stack = name.removeprefix(f"{any_platform.platform.name}-")
        found = any_platform.templates[stack]["Outputs"][output]
        assert "Export" not in found


def test_every_alarm_is_one_that_cloudwatch_takes(any_platform: Any) -> None:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html"""
    for template in any_platform.templates.values():
        alarms = read_alarms(template)
        assert len({alarm.name for alarm in alarms}) == len(alarms)
        for alarm in alarms:
            assert len(alarm.name) <= 255, alarm.name
            assert sum(1 for query in alarm.queries if query.namespace) <= 10, alarm.name
            assert not any("SEARCH(" in query.expression for query in alarm.queries), alarm.name
            assert alarm.periods * max(q.period_seconds for q in alarm.queries) <= 86_400


def test_the_cdk_cli_never_skips_the_stack(any_platform: Any) -> None:
    """It decides so by this word, which it has in one place."""
    if any_platform.platform.monitoring is None:
        return
    parameters = any_platform.templates["monitoring"]["Parameters"].values()

    assert any(
        parameter["Type"].startswith("AWS::SSM::Parameter::")
        and "[cdk:skip]" not in parameter["Description"]
        for parameter in parameters
    )


def test_both_sets_of_tasks_are_watched_where_updates_change_between_them(
    synthesize: Any, load: Any
) -> None:
    text = (ROOT / "tests" / "stacks" / "platforms" / "rollouts.yaml").read_text()
    shifting = synthesize(load(f"{text}\nmonitoring: {{}}\n"))
    groups = {
        f"{name}.{output}"
        for name, output in re.findall(
            r'"StackName": "([^"]+)", "Region": "[^"]+", "OutputName": "([^"]+)"',
            json.dumps(shifting.templates["monitoring"]),
        )
        if "TargetGroupFullName" in output
    }

    second = {group for group in groups if "SecondHttpTargets" in group}

    assert second
    watched = {
        query_value.strip("${}")
        for alarm in read_alarms(shifting.templates["monitoring"])
        for query in alarm.queries
        for name, query_value in query.dimensions
        if name == "TargetGroup"
    }
    assert groups == watched and second < watched


def test_the_endpoint_is_watched_by_its_own_name(prod: Any) -> None:
    alarms = {alarm.name: alarm for alarm in read_alarms(prod.templates["monitoring"])}

    (query,) = alarms["prod-us-east-1-gpu-saturated"].queries
    config = prod.properties("endpoint", "AWS::SageMaker::EndpointConfig")
    assert dict(query.dimensions) == {
        "EndpointName": prod.properties("endpoint", "AWS::SageMaker::Endpoint")["EndpointName"],
        "VariantName": config["ProductionVariants"][0]["VariantName"],
    }


def test_widgets_lie_side_by_side_within_the_grid(any_platform: Any) -> None:
    for template in any_platform.templates.values():
        for found in read_dashboards(template):
            taken: set[tuple[int, int]] = set()
            assert len(found.widgets) <= 500
            assert len({q for w in found.widgets for q in w.queries if q.namespace}) <= 2500
            for widget in found.widgets:
                assert widget.x >= 0 and widget.x + widget.width <= 24
                cells = {
                    (x, y)
                    for x in range(widget.x, widget.x + widget.width)
                    for y in range(widget.y, widget.y + widget.height)
                }
                assert not taken & cells, widget.title
                taken |= cells


def test_an_endpoint_without_a_cache_has_no_alarm_about_it(monitored_compiling: Any) -> None:
    names = {alarm.name for alarm in read_alarms(monitored_compiling.templates["monitoring"])}

    assert "watched-cn-north-1-compile-failed" in names
    assert "watched-cn-north-1-disk-full" in names
    assert not {name for name in names if "cold" in name or "thrash" in name or "wait" in name}


def test_monitoring_comes_last_and_goes_first(laptop: Any) -> None:
    manifest = json.loads((laptop.directory / "manifest.json").read_text())

    needs = set(manifest["artifacts"]["laptop-monitoring"]["dependencies"])
    assert {"laptop-models", "laptop-endpoint", "laptop-cluster"} <= needs
