"""A picture holds what the template deploys."""

from __future__ import annotations

import argparse
import copy
import json
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from inferctl.commands import dashboard as command
from inferctl.dashboard_picture.dashboard import TemplateError, read_alarms, read_dashboards
from inferctl.dashboard_picture.words import condition, label, reason, runbook

_STAT = {
    "Metric": {
        "Namespace": "AWS/SageMaker",
        "MetricName": "ModelLatency",
        "Dimensions": [{"Name": "EndpointName", "Value": {"Ref": "Name"}}],
    },
    "Period": 60,
    "Stat": "p99",
}


def _widget(kind: str, y: int, height: int = 6, **properties: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "x": 0,
        "y": y,
        "width": 24,
        "height": height,
        "properties": properties,
    }


@pytest.fixture
def template() -> dict[str, Any]:
    series = ["AWS/SageMaker", "ModelLatency", "EndpointName", "models"]
    search = "SEARCH('{InferenceModels,EndpointName,ModelName} MetricName=\"Latency\"', 'p99', 60)"
    widgets = [
        _widget("alarm", 0, 4, title="Alarms", alarms=["@@"]),
        _widget("text", 4, 1, markdown="## Endpoint <models>"),
        _widget(
            "metric",
            5,
            title="Latency & more",
            view="timeSeries",
            metrics=[[*series, {"label": "p99", "stat": "p99", "period": 60}]],
            yAxis={"left": {"label": "ms"}},
            annotations={"horizontal": [{"value": 1000, "label": "too slow"}]},
        ),
        _widget("metric", 11, title="By model", metrics=[[{"expression": search}]]),
        _widget("metric", 17, 3, view="singleValue", title="Now", metrics=[[*series]]),
    ]
    before, after = json.dumps({"widgets": widgets}).split("@@")
    arn = {"Fn::GetAtt": ["Slow", "Arn"]}
    return {
        "Resources": {
            "Board": {
                "Type": "AWS::CloudWatch::Dashboard",
                "Properties": {
                    "DashboardName": "t-us-east-1",
                    "DashboardBody": {"Fn::Join": ["", [before, arn, after]]},
                },
            },
            "Slow": {
                "Type": "AWS::CloudWatch::Alarm",
                "Properties": {
                    "AlarmName": "t-us-east-1-slow",
                    "AlarmDescription": "Answers are slow. Runbook: docs/runbooks/slow.md",
                    "ComparisonOperator": "GreaterThanThreshold",
                    "EvaluationPeriods": 10,
                    "DatapointsToAlarm": 8,
                    "Threshold": 1000000,
                    "TreatMissingData": "notBreaching",
                    "Metrics": [{"Id": "m1", "MetricStat": _STAT, "ReturnData": True}],
                },
            },
        }
    }


def _words(picture: str) -> list[str]:
    root = ElementTree.fromstring(picture)
    return [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]


def test_titles_limits_legends_and_alarms_are_drawn(template: dict[str, Any]) -> None:
    words = _words(command.dashboard(template, title="t-monitoring, as synthesized"))

    for wanted in (
        "t-monitoring, as synthesized",
        "Endpoint <models>",
        "Latency & more",
        "ms",
        "p99",
        "too slow 1000",
        "one line a model: Latency",
        "t-us-east-1-slow",
        "ModelLatency p99 > 1 s in 8 of 10 x 1 min",
        "Answers are slow.",
        "slow.md",
    ):
        assert wanted in words, wanted


def test_the_same_template_gives_the_same_picture(template: dict[str, Any]) -> None:
    first = command.dashboard(template, title="t")

    assert command.dashboard(copy.deepcopy(template), title="t") == first


def test_nothing_is_drawn_outside_the_picture(template: dict[str, Any]) -> None:
    root = ElementTree.fromstring(command.dashboard(template, title="t"))
    _, _, width, height = map(float, root.attrib["viewBox"].split())

    for element in root.iter("{http://www.w3.org/2000/svg}rect"):
        x, y = float(element.get("x", 0)), float(element.get("y", 0))
        assert x + float(element.attrib["width"]) <= width
        assert y + float(element.attrib["height"]) <= height


def test_an_alarm_is_told_in_one_line(template: dict[str, Any]) -> None:
    (alarm,) = read_alarms(template)

    assert condition(alarm) == "ModelLatency p99 > 1 s in 8 of 10 x 1 min"
    assert (reason(alarm), runbook(alarm)) == ("Answers are slow.", "slow.md")


def test_an_alarm_on_an_expression_has_the_period_of_its_metrics(template: dict[str, Any]) -> None:
    properties = template["Resources"]["Slow"]["Properties"]
    properties["Metrics"] = [
        {"Id": "m1", "MetricStat": {**_STAT, "Period": 300}, "ReturnData": False},
        {"Id": "e1", "Expression": "m1 * 2", "Label": "twice", "ReturnData": True},
    ]
    properties |= {"DatapointsToAlarm": 10, "TreatMissingData": "breaching", "Threshold": 2.5}

    (alarm,) = read_alarms(template)

    assert condition(alarm) == "twice > 2.5 in all of 10 x 5 min, or no data"


def test_references_are_written_out(template: dict[str, Any]) -> None:
    (alarm,) = read_alarms(template)
    (board,) = read_dashboards(template)

    assert alarm.queries[0].dimensions == (("EndpointName", "${Name}"),)
    assert board.widgets[0].alarms == ("${Slow.Arn}",)
    assert label(board.widgets[2].queries[0]) == "p99"


def test_a_body_that_is_not_json_is_refused(template: dict[str, Any]) -> None:
    template["Resources"]["Board"]["Properties"]["DashboardBody"] = "{"

    with pytest.raises(TemplateError, match="whose body is not JSON"):
        read_dashboards(template)


def _change_widget(template: dict[str, Any], index: int, **properties: Any) -> None:
    """One widget's properties, before the alarm's ARN stands in the body."""
    board = template["Resources"]["Board"]["Properties"]
    before, arn, after = board["DashboardBody"]["Fn::Join"][1]
    body = json.loads(f"{before}@@{after}")
    body["widgets"][index]["properties"] |= properties
    before, after = json.dumps(body).split("@@")
    board["DashboardBody"] = {"Fn::Join": ["", [before, arn, after]]}


def test_a_graph_of_many_lines_keeps_its_legend_in_its_frame(template: dict[str, Any]) -> None:
    many = [["AWS/SageMaker", "Invocations", {"label": f"slot {n:03}"}] for n in range(400)]
    _change_widget(template, 2, metrics=many)

    picture = command.dashboard(template, title="t")

    words = _words(picture)
    assert "slot 000" in words and "slot 399" not in words
    assert sum(word.startswith("slot ") for word in words) + int(
        next(word for word in words if word.startswith("and ")).split()[1]
    ) == len(many)
    root = ElementTree.fromstring(picture)
    elements = list(root.iter("{http://www.w3.org/2000/svg}text"))
    top, below = (
        next(float(e.attrib["y"]) for e in elements if e.text == title)
        for title in ("Latency & more", "By model")
    )
    legend = [float(e.attrib["y"]) for e in elements if (e.text or "").startswith("slot ")]
    assert all(top < y < below for y in legend)


@pytest.mark.parametrize(
    "odd",
    [
        {"title": "a\u0000b\u001b]0;c\ud800"},
        {"yAxis": {"left": {"max": 0}}},
        {"annotations": {"horizontal": [{"value": -1e308}]}},
        {"metrics": []},
        {"metrics": [[{"expression": "SEARCH(", "label": '<&>"'}]]},
    ],
)
def test_an_odd_widget_is_still_a_picture(template: dict[str, Any], odd: dict[str, Any]) -> None:
    _change_widget(template, 2, **odd)

    ElementTree.fromstring(command.dashboard(template, title='a "b" <c>'))


def _run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    parsed = parser.parse_args(["dashboard", *arguments])
    status: int = parsed.run(parsed)
    return status


def test_the_command_writes_the_picture(template: dict[str, Any], tmp_path: Path) -> None:
    source, picture = tmp_path / "t.json", tmp_path / "t.svg"
    source.write_text(json.dumps(template))

    assert _run("t", "--template", str(source), "--output", str(picture)) == 0

    assert "t-monitoring, as synthesized" in _words(picture.read_text())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "Expecting property name"),
        ("{}", "holds 0 dashboards, not one"),
        ("[]", "is not a template of a monitoring stack"),
        ('{"Resources": {"A": {"Type": "AWS::CloudWatch::Dashboard"}}}', "is not a template of"),
    ],
)
def test_an_unusable_template_is_one_line_and_exit_status_two(
    content: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "t.json"
    source.write_text(content)

    assert _run("t", "--template", str(source)) == 2

    said = capsys.readouterr().err
    assert message in said.replace("\n", " ")
    assert "Traceback" not in said


def test_a_template_that_is_not_there_says_how_to_make_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("t", "--template", str(tmp_path / "none.json")) == 2

    assert "make synth PLATFORM=t" in capsys.readouterr().err.replace("\n", " ")
