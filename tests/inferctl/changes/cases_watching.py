"""What rings later, is rolled back less or scales less."""

from __future__ import annotations

from tests.support.change_cases import Case
from tests.support.template_changes import add, both, drop, put

_ENDPOINT = "AWS::SageMaker::Endpoint"
_TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
_SERVICE = "AWS::ECS::Service"
_ALARM, _SCALING = "AWS::CloudWatch::Alarm", "AWS::ApplicationAutoScaling::ScalingPolicy"
_RULE = "AWS::Events::Rule"
_ROUTING = "DeploymentConfig/BlueGreenUpdatePolicy/TrafficRoutingConfiguration"
_GUARD = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {"Type": "CANARY", "WaitIntervalInSeconds": 600},
        "TerminationWaitInSeconds": 600,
    },
    "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}, {"AlarmName": "late"}]},
}
_GUARDED = put("AWS::SageMaker::Endpoint", "DeploymentConfig", _GUARD)
_SHIFT = {
    "Strategy": "CANARY",
    "BakeTimeInMinutes": 10,
    "LifecycleHooks": [{"HookTargetArn": "arn:hook"}],
    "Alarms": {"Enable": True, "Rollback": True, "AlarmNames": ["errors"]},
}
_SHIFTED = put("AWS::ECS::Service", "DeploymentConfiguration", _SHIFT, "Resnet50")
_LISTENS = add(
    "-models", "Rule", _RULE, {"EventPattern": {"source": ["a"]}, "Targets": [{"Arn": "x"}]}
)


CASES = (
    Case(
        "alarm tells nobody", "prod", put(_ALARM, "AlarmActions", []), "protection", "tells nobody"
    ),
    Case(
        "alarm tells another topic",
        "prod",
        put(_ALARM, "AlarmActions", ["arn:other"]),
        "protection",
        "does not tell ${Monitoring",
    ),
    Case(
        "alarm switched off",
        "prod",
        put(_ALARM, "ActionsEnabled", False),
        "protection",
        "tells nobody",
    ),
    Case(
        "threshold raised",
        "prod",
        put(_ALARM, "Threshold", 50, "EndpointErrors"),
        "protection",
        "Threshold: 1 -> 50",
    ),
    Case(
        "threshold of too few lowered",
        "prod",
        put(_ALARM, "Threshold", 1, "EndpointErrors"),
        "protection",
        "Threshold: 5 -> 1",
        both(
            put(_ALARM, "ComparisonOperator", "LessThanThreshold", "EndpointErrors"),
            put(_ALARM, "Threshold", 5, "EndpointErrors"),
        ),
    ),
    Case(
        "alarm later",
        "prod",
        put(_ALARM, "DatapointsToAlarm", 3, "EndpointErrors"),
        "protection",
        "rings after 900 s, not 600",
    ),
    Case(
        "alarm of another metric",
        "prod",
        put(
            _ALARM,
            "Metrics/1/MetricStat/Metric/MetricName",
            "Invocation4XXErrors",
            "EndpointErrors",
        ),
        "protection",
        "watches something else",
    ),
    Case(
        "silence is no alarm",
        "prod",
        put(_ALARM, "TreatMissingData", "notBreaching", "EndpointSilent"),
        "protection",
        "no data any more",
    ),
    Case(
        "rule of other events",
        "prod",
        put(_RULE, "EventPattern/source/0", "b"),
        "protection",
        "reacts to something else",
        _LISTENS,
    ),
    Case(
        "rule without targets",
        "prod",
        put(_RULE, "Targets", []),
        "protection",
        "does not tell x",
        _LISTENS,
    ),
    Case(
        "all traffic at once",
        "prod",
        put(
            _ENDPOINT,
            "DeploymentConfig/BlueGreenUpdatePolicy/TrafficRoutingConfiguration/Type",
            "ALL_AT_ONCE",
        ),
        "protection",
        "all its traffic at once",
        _GUARDED,
    ),
    Case(
        "one alarm less",
        "prod",
        put(
            _ENDPOINT, "DeploymentConfig/AutoRollbackConfiguration/Alarms", [{"AlarmName": "late"}]
        ),
        "protection",
        "roll back by errors",
        _GUARDED,
    ),
    Case(
        "shorter bake",
        "prod",
        put(
            _ENDPOINT,
            "DeploymentConfig/BlueGreenUpdatePolicy/TrafficRoutingConfiguration/WaitIntervalInSeconds",
            1,
        ),
        "protection",
        "for 1 s before it goes on, not 600",
        _GUARDED,
    ),
    Case(
        "old fleet ends at once",
        "prod",
        put(_ENDPOINT, "DeploymentConfig/BlueGreenUpdatePolicy/TerminationWaitInSeconds", 0),
        "protection",
        "keeps the old fleet for 0 s",
        _GUARDED,
    ),
    Case(
        "counts not kept",
        "prod",
        put(
            _ENDPOINT,
            "ExcludeRetainedVariantProperties",
            [{"VariantPropertyType": "DesiredInstanceCount"}],
        ),
        "capacity",
        "sets back DesiredInstanceCount",
        put(_ENDPOINT, "ExcludeRetainedVariantProperties", []),
    ),
    Case(
        "tasks one by one",
        "dev",
        put(_SERVICE, "DeploymentConfiguration/Strategy", "ROLLING", "Resnet50"),
        "protection",
        "without a second set",
        _SHIFTED,
    ),
    Case(
        "tasks all at once",
        "dev",
        put(_SERVICE, "DeploymentConfiguration/Strategy", "BLUE_GREEN", "Resnet50"),
        "protection",
        "not by parts",
        _SHIFTED,
    ),
    Case(
        "no bake",
        "dev",
        put(_SERVICE, "DeploymentConfiguration/BakeTimeInMinutes", 0, "Resnet50"),
        "protection",
        "for 0 minutes after a deployment",
        _SHIFTED,
    ),
    Case(
        "no hooks",
        "dev",
        put(_SERVICE, "DeploymentConfiguration/LifecycleHooks", [], "Resnet50"),
        "protection",
        "lifecycle hooks",
        _SHIFTED,
    ),
    Case(
        "no alarm of a service",
        "dev",
        put(_SERVICE, "DeploymentConfiguration/Alarms/AlarmNames", [], "Resnet50"),
        "protection",
        "roll back by errors",
        _SHIFTED,
    ),
    Case(
        "alarms without way back",
        "dev",
        put(_SERVICE, "DeploymentConfiguration/Alarms/Rollback", False, "Resnet50"),
        "protection",
        "rolled back by alarms",
        _SHIFTED,
    ),
    Case(
        "no room to deploy",
        "dev",
        put(_SERVICE, "DeploymentConfiguration/MaximumPercent", 100, "Resnet50"),
        "refuse",
        "can never be deployed",
    ),
    Case(
        "verification removed",
        "prod",
        drop("Custom::EndpointVerification"),
        "protection",
        "not verified any more",
    ),
    Case(
        "schedule removed", "prod", put(_TARGET, "ScheduledActions", []), "capacity", "office-hours"
    ),
    Case(
        "schedule keeps fewer",
        "prod",
        put(_TARGET, "ScheduledActions/0/ScalableTargetAction/MinCapacity", 2),
        "capacity",
        "sets MinCapacity to 2, not 3",
    ),
    Case(
        "scaling suspended",
        "prod",
        put(_TARGET, "SuspendedState/DynamicScalingOutSuspended", True),
        "capacity",
        "does not scale out",
    ),
    Case(
        "scales later",
        "prod",
        put(_SCALING, "TargetTrackingScalingPolicyConfiguration/TargetValue", 95),
        "capacity",
        "scales out at 95, not at 60",
    ),
    Case(
        "scales by another metric",
        "prod",
        put(
            _SCALING,
            "TargetTrackingScalingPolicyConfiguration/CustomizedMetricSpecification/MetricName",
            "CPUUtilization",
        ),
        "capacity",
        "scales by something else",
    ),
)
