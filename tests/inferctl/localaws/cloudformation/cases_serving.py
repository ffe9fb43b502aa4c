"""Functions, state machines, SageMaker, scaling and monitoring."""

from __future__ import annotations

from .parts import (
    DEFINITION,
    ENDPOINT,
    FUNCTION,
    MODEL,
    OTHER_DEFINITION,
    ROLE,
    SCHEDULE,
    SERVING,
    TARGET,
    Case,
    alarm,
    config,
    ref,
    resource,
    tags,
    tracking,
)

# what is under test, what it needs, the changed properties, whether they replace it
CASES: list[Case] = [
    (
        FUNCTION,
        {"Role": ROLE},
        {
            "Code": {"ZipFile": "def handler(event, context): return 1"},
            "Timeout": "30",
            "Environment": {"Variables": {"A": "b"}},
            "ReservedConcurrentExecutions": 1,
            "Tags": tags(a="b"),
        },
        False,
    ),
    (
        resource(
            "AWS::Lambda::Permission",
            Action="lambda:InvokeFunction",
            FunctionName=ref("Function"),
            Principal="events.amazonaws.com",
        ),
        {"Role": ROLE, "Function": FUNCTION},
        {"Principal": "s3.amazonaws.com"},
        True,
    ),
    (
        resource("AWS::Lambda::Version", FunctionName=ref("Function")),
        {"Role": ROLE, "Function": FUNCTION},
        {},
        False,
    ),
    (
        resource(
            "AWS::Lambda::Alias",
            FunctionName=ref("Function"),
            FunctionVersion="$LATEST",
            Name="live",
        ),
        {"Role": ROLE, "Function": FUNCTION},
        {"Description": "new"},
        False,
    ),
    (
        resource(
            "AWS::StepFunctions::StateMachine",
            DefinitionString=DEFINITION,
            RoleArn="arn:aws:iam::123456789012:role/x",
        ),
        {},
        {"DefinitionString": OTHER_DEFINITION, "Tags": tags(a="b")},
        False,
    ),
    (MODEL, {"Role": ROLE}, {"EnableNetworkIsolation": True}, True),
    (config(1), {"Role": ROLE, "Model": MODEL}, config(2)["Properties"], True),
    (
        ENDPOINT,
        {k: v for k, v in SERVING.items() if k != "Endpoint"} | {"Other": config(2)},
        {"EndpointConfigName": ref("Other"), "Tags": tags(a="b")},
        False,
    ),
    (
        TARGET,
        SERVING,
        {"MaxCapacity": 7, "ScheduledActions": [SCHEDULE]},
        False,
    ),
    (
        resource(
            "AWS::ApplicationAutoScaling::ScalingPolicy",
            PolicyName="p",
            PolicyType="TargetTrackingScaling",
            ScalingTargetId=ref("Target"),
            TargetTrackingScalingPolicyConfiguration=tracking(60),
        ),
        {**SERVING, "Target": TARGET},
        {"TargetTrackingScalingPolicyConfiguration": tracking(50.5)},
        False,
    ),
    (alarm(1), {}, alarm(2.5)["Properties"], False),
    (
        resource("AWS::CloudWatch::Dashboard", DashboardBody='{"widgets": []}'),
        {},
        {"DashboardBody": '{"widgets": [], "start": "-PT1H"}'},
        False,
    ),
]
