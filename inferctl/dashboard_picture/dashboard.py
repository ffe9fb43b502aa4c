"""What a dashboard and its alarms show, read from the template of a ``<platform>-monitoring``
stack."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Template = Mapping[str, Any]


class TemplateError(ValueError):
    """The template holds no dashboard that could be drawn."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """A series, or metric math with an ``expression`` over the ``id`` of others.

    Values that only a deployment knows are written ``${stack.output}``.
    """

    id: str = ""
    label: str = ""
    namespace: str = ""
    name: str = ""
    dimensions: tuple[tuple[str, str], ...] = ()
    statistic: str = "Average"
    period_seconds: int = 300
    expression: str = ""
    visible: bool = True


@dataclass(frozen=True, kw_only=True)
class Widget:
    """One rectangle of the dashboard's grid, 24 units wide. ``limits`` are values with names."""

    kind: str
    x: int
    y: int
    width: int
    height: int
    title: str = ""
    text: str = ""
    unit: str = ""
    view: str = ""
    queries: tuple[Query, ...] = ()
    limits: tuple[tuple[float, str], ...] = ()
    most: float | None = None
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AlarmView:
    """One alarm; ``queries`` hold one that is visible, which is compared with ``threshold``."""

    logical_id: str
    name: str
    description: str
    queries: tuple[Query, ...]
    sign: str
    threshold: float
    breaching: int
    periods: int
    silence: str


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """A dashboard's own name and its widgets in the order of the template."""

    name: str
    widgets: tuple[Widget, ...]


_SIGNS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": "≥",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "≤",
}


def read_dashboards(template: Template) -> tuple[Dashboard, ...]:
    """Every dashboard. Raises TemplateError for a body that is not JSON."""
    return tuple(
        Dashboard(
            name=_flat(properties.get("DashboardName", logical_id)),
            widgets=tuple(map(_widget, _body(properties)["widgets"])),
        )
        for logical_id, properties in _of_type(template, "AWS::CloudWatch::Dashboard")
    )


def read_alarms(template: Template) -> tuple[AlarmView, ...]:
    """Every alarm on a metric."""
    return tuple(
        _alarm(logical_id, properties)
        for logical_id, properties in _of_type(template, "AWS::CloudWatch::Alarm")
    )


def _of_type(template: Template, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for logical_id, resource in template.get("Resources", {}).items():
        if resource["Type"] == kind:
            yield logical_id, resource["Properties"]


def _flat(node: Any) -> str:
    """Text with its references written out, as ``Fn::Sub`` would have them."""
    if not isinstance(node, Mapping):
        return str(node)
    ((function, argument),) = node.items()
    if function == "Fn::Join":
        delimiter, items = argument
        return str(delimiter).join(map(_flat, items))
    if function == "Fn::GetStackOutput":
        return f"${{{argument['StackName']}.{argument['OutputName']}}}"
    if function == "Fn::GetAtt":
        return f"${{{'.'.join(map(_flat, argument))}}}"
    if function == "Ref":
        return f"${{{argument}}}"
    if function == "Fn::Select":
        index, items = argument
        return f"{_flat(items) if isinstance(items, Mapping) else _flat(items[index])}[{index}]"
    if function == "Fn::Split":
        return _flat(argument[1])
    raise TemplateError(f"uses {function}, which has no place in a dashboard")


def _body(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        body: Mapping[str, Any] = json.loads(_flat(properties["DashboardBody"]))
    except json.JSONDecodeError as error:
        raise TemplateError(f"holds a dashboard whose body is not JSON ({error})") from error
    return body


def _widget(widget: Mapping[str, Any]) -> Widget:
    properties = widget["properties"]
    axis = properties.get("yAxis", {}).get("left", {})
    limits = properties.get("annotations", {}).get("horizontal", [])
    return Widget(
        kind=widget["type"],
        x=widget["x"],
        y=widget["y"],
        width=widget["width"],
        height=widget["height"],
        title=properties.get("title", ""),
        text=properties.get("markdown", ""),
        unit=axis.get("label", ""),
        view=properties.get("view", ""),
        queries=tuple(_query(entry) for entry in properties.get("metrics", [])),
        limits=tuple((limit["value"], limit.get("label", "")) for limit in limits),
        most=axis.get("max"),
        alarms=tuple(properties.get("alarms", ())),
    )


def _query(entry: Sequence[Any]) -> Query:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html"""
    words = [word for word in entry if not isinstance(word, Mapping)]
    options: Mapping[str, Any] = next((o for o in entry if isinstance(o, Mapping)), {})
    pairs = tuple(zip(words[2::2], words[3::2], strict=True))
    return Query(
        id=options.get("id", ""),
        label=options.get("label", ""),
        namespace=words[0] if words else "",
        name=words[1] if words else "",
        dimensions=pairs,
        statistic=options.get("stat", "Average"),
        period_seconds=options.get("period", 300),
        expression=options.get("expression", ""),
        visible=options.get("visible", True),
    )


def _alarm(logical_id: str, properties: Mapping[str, Any]) -> AlarmView:
    periods = int(properties["EvaluationPeriods"])
    return AlarmView(
        logical_id=logical_id,
        name=_flat(properties.get("AlarmName", logical_id)),
        description=properties.get("AlarmDescription", ""),
        queries=tuple(_alarm_queries(properties)),
        sign=_SIGNS.get(properties["ComparisonOperator"], properties["ComparisonOperator"]),
        threshold=float(properties["Threshold"]),
        breaching=int(properties.get("DatapointsToAlarm", periods)),
        periods=periods,
        silence=properties.get("TreatMissingData", "missing"),
    )


def _alarm_queries(properties: Mapping[str, Any]) -> Iterator[Query]:
    if "MetricName" in properties:
        statistic = properties.get("Statistic") or properties["ExtendedStatistic"]
        yield _series(properties, statistic, properties["Period"])
    entries = properties.get("Metrics", [])
    # An expression is evaluated as often as what it is made of.
    longest = max((e["MetricStat"]["Period"] for e in entries if "MetricStat" in e), default=300)
    for entry in entries:
        shown = {
            "id": entry["Id"],
            "label": entry.get("Label", ""),
            "visible": entry.get("ReturnData", True),
        }
        if "Expression" in entry:
            period = int(entry.get("Period", longest))
            yield Query(expression=entry["Expression"], period_seconds=period, **shown)
        else:
            stat = entry["MetricStat"]
            yield _series(stat["Metric"], stat["Stat"], stat["Period"], **shown)


def _series(metric: Mapping[str, Any], statistic: str, period: int, **shown: Any) -> Query:
    return Query(
        namespace=metric["Namespace"],
        name=metric["MetricName"],
        dimensions=tuple(
            (_flat(one["Name"]), _flat(one["Value"])) for one in metric.get("Dimensions", [])
        ),
        statistic=statistic,
        period_seconds=int(period),
        **shown,
    )
