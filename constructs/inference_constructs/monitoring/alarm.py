"""An alarm as a section describes it: what is wrong, from where on, why, and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
_LONGEST_NAME = 255
_LONGEST_DESCRIPTION = 1024
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-limits.html
_MOST_METRICS = 10


@dataclass(frozen=True, kw_only=True)
class AlarmSpec:
    """``name``: as the alarm's own ends, unique in its dashboard; ``below``: too little is wrong.

    ``periods``: of the metric's own, of which ``breaching`` (all, when absent) must be wrong.
    ``silence``: what no data at all means.
    ``runbook``: name of a file of ``docs/runbooks`` without its ending.
    """

    name: str
    metric: cloudwatch.IMetric
    threshold: float
    periods: int
    reason: str
    runbook: str
    breaching: int | None = None
    below: bool = False
    silence: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING

    def add(
        self, scope: Construct, *, prefix: str, runbooks: str, actions: Sequence[str]
    ) -> cloudwatch.Alarm:
        """The alarm, which tells the topics ``actions`` when it goes off and when it is over.

        ValueError for one that CloudWatch would refuse, or that could never go off.
        """
        name = f"{prefix}-{self.name}"
        description = f"{self.reason} Runbook: {runbooks}{self.runbook}.md"
        problems = list(self._problems(name, description))
        if problems:
            raise ValueError(f"invalid alarm {self.name}: {'; '.join(problems)}")
        operator = cloudwatch.ComparisonOperator
        alarm = cloudwatch.Alarm(
            scope,
            self.name.title(),
            alarm_name=name,
            alarm_description=description,
            metric=self.metric,
            threshold=self.threshold,
            comparison_operator=operator.LESS_THAN_THRESHOLD
            if self.below
            else operator.GREATER_THAN_THRESHOLD,
            evaluation_periods=self.periods,
            datapoints_to_alarm=self.breaching,
            treat_missing_data=self.silence,
        )
        resource = alarm.node.default_child
        assert isinstance(resource, cloudwatch.CfnAlarm)
        resource.alarm_actions = list(actions)
        resource.ok_actions = list(actions)
        return alarm

    def _problems(self, name: str, description: str) -> Iterator[str]:
        if len(name) > _LONGEST_NAME:
            yield f"its name must be at most {_LONGEST_NAME} characters, got {len(name)}"
        if len(description) > _LONGEST_DESCRIPTION:
            yield (
                f"its reason and link must be at most {_LONGEST_DESCRIPTION} characters, got"
                f" {len(description)}"
            )
        if not isinstance(self.metric, cloudwatch.MathExpression):
            return
        metrics = len(self.metric.using_metrics)
        if metrics > _MOST_METRICS:
            yield f"its expression must have at most {_MOST_METRICS} metrics, got {metrics}"
        if "FILL(" in self.metric.expression and (self.breaching or self.periods) == self.periods:
            # The newest minute is often not published yet, and FILL makes it look well.
            # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
            yield "with FILL fewer periods must breach than are looked at, or it never goes off"
