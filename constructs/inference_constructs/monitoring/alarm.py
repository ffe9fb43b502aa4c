"""An alarm as a section describes it: what is wrong, from where on, why, and what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
_LONGEST_DESCRIPTION = 1024


@dataclass(frozen=True, kw_only=True)
class AlarmSpec:
    """``name``: in Pascal case, unique in its dashboard; ``below``: too little is wrong.

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
        """The alarm, which tells the topics ``actions`` when it goes off and when it is over."""
        description = f"{self.reason} Runbook: {runbooks}{self.runbook}.md"
        if len(description) > _LONGEST_DESCRIPTION:
            raise ValueError(
                f"the reason of alarm {self.name} and its link must be at most"
                f" {_LONGEST_DESCRIPTION} characters, got {len(description)}"
            )
        operator = cloudwatch.ComparisonOperator
        alarm = cloudwatch.Alarm(
            scope,
            self.name,
            alarm_name=f"{prefix}-{_WORD.sub('-', self.name).lower()}",
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
