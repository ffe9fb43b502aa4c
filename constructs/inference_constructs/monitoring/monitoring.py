"""A dashboard and alarms for both ways of serving, made by one call."""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from .callers_section import callers_section
from .endpoint_section import endpoint_section
from .fleet_section import fleet_section
from .pools_section import pools_section
from .props import MonitoringProps
from .section import ROW_UNITS, Section
from .service_section import service_section
from .topic import AlarmTopic

_SHOWN_HOURS = 12
# Four alarms stand side by side in their widget, which is as tall as it has rows of them.
_ALARMS_A_ROW = 4
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
_ALARMS_A_WIDGET = 100


class Monitoring(Construct):
    """Every metric is held to the catalogue, and every alarm says why it is there and what to do.

    Alarms and dashboard only read names: taking this away changes nothing of what they watch.
    """

    def __init__(self, scope: Construct, construct_id: str, props: MonitoringProps) -> None:
        super().__init__(scope, construct_id)
        self._props = props
        if props.topic_arn is not None:
            self.topic_arn = props.topic_arn
        else:
            topic = AlarmTopic(
                self, "Alarms", emails=props.emails, removal_policy=props.removal_policy
            )
            self.topic_arn = topic.topic.topic_arn
        sections = list(self._sections())
        self.alarms = [
            spec.add(self, prefix=props.name, runbooks=props.runbooks, actions=[self.topic_arn])
            for section in sections
            for spec in section.alarms
        ]
        self.dashboard = self._dashboard(sections)

    @property
    def dashboard_name(self) -> str:
        """Under which CloudWatch shows it."""
        return self._props.name

    def _sections(self) -> Iterator[Section]:
        props = self._props
        if props.endpoint is not None:
            yield endpoint_section(props.endpoint, props.thresholds)
            if props.endpoint.client_metrics:
                yield callers_section(props.endpoint)
        if props.cluster is not None:
            name = props.cluster.cluster.cluster.cluster_name
            for service in props.cluster.services:
                yield service_section(
                    service,
                    cluster_name=name,
                    thresholds=props.thresholds,
                )
            yield pools_section(props.cluster)
        if props.models is not None:
            yield fleet_section(props.models)

    def _dashboard(self, sections: list[Section]) -> cloudwatch.Dashboard:
        dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=self._props.name,
            default_interval=Duration.hours(_SHOWN_HOURS),
        )
        for start in range(0, len(self.alarms), _ALARMS_A_WIDGET):
            shown = self.alarms[start : start + _ALARMS_A_WIDGET]
            rows = -(-len(shown) // _ALARMS_A_ROW)
            dashboard.add_widgets(
                cloudwatch.AlarmStatusWidget(
                    title="Alarms", alarms=shown, width=ROW_UNITS, height=1 + 2 * rows
                )
            )
        for section in sections:
            dashboard.add_widgets(
                cloudwatch.TextWidget(markdown=f"## {section.heading}", width=ROW_UNITS, height=1)
            )
            for row in section.widgets():
                dashboard.add_widgets(*row)
        return dashboard
