"""One part of a dashboard with the alarms that belong to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch

from .alarm import AlarmSpec

ROW_UNITS = 24
_MOST_IN_A_ROW = 4
"""Width of a dashboard in its own units."""
_HEIGHT = 6
Panel = Callable[[int], cloudwatch.IWidget]
"""A widget that still has to be told its width, as a row shares it out."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """``heading`` is Markdown, one line; ``rows`` are read from left to right, and each fills the
    whole width."""

    heading: str
    rows: Sequence[Sequence[Panel]]
    alarms: Sequence[AlarmSpec] = ()

    def widgets(self) -> list[list[cloudwatch.IWidget]]:
        """The rows, laid out."""
        return [[panel(ROW_UNITS // len(row)) for panel in row] for row in self.rows]


def in_rows(panels: Sequence[Panel]) -> list[Sequence[Panel]]:
    """As few rows as there have to be of four, equally long."""
    rows = -(-len(panels) // _MOST_IN_A_ROW)
    length = -(-len(panels) // rows)
    return [panels[start : start + length] for start in range(0, len(panels), length)]


def graph(
    title: str,
    left: Sequence[cloudwatch.IMetric],
    *,
    unit: str,
    limit: tuple[float, str] | None = None,
    most: float | None = None,
) -> Panel:
    """Lines over time. ``limit``: where an alarm goes off, and its name; ``most``: the axis."""
    return lambda width: cloudwatch.GraphWidget(
        title=title,
        left=list(left),
        width=width,
        height=_HEIGHT,
        left_y_axis=cloudwatch.YAxisProps(label=unit, min=0, max=most, show_units=False),
        left_annotations=None
        if limit is None
        else [
            cloudwatch.HorizontalAnnotation(
                value=limit[0], label=limit[1], color=cloudwatch.Color.RED
            )
        ],
    )


def numbers(title: str, metrics: Sequence[cloudwatch.IMetric]) -> Panel:
    """The newest values."""
    return lambda width: cloudwatch.SingleValueWidget(
        title=title, metrics=list(metrics), width=width, height=3, sparkline=True
    )
