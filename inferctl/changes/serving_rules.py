"""What protects endpoints, functions, jobs and what watches them: one row a setting."""

from __future__ import annotations

from collections.abc import Mapping

from inferctl.changes.safeguard_rule import (
    Row,
    absent,
    below,
    off,
    on,
    one_of,
    other_than,
    there,
    zero,
)

_CAPTURE = "DataCaptureConfig/EnableCapture"
_ROUTING = "DeploymentConfig/BlueGreenUpdatePolicy/TrafficRoutingConfiguration"
_AT_ONCE = one_of("None", "ALL_AT_ONCE")
_JOB = "ContainerProperties"

SERVING_ROWS: Mapping[str, tuple[Row, ...]] = {
    "AWS::SageMaker::Model": (
        ("network", "EnableNetworkIsolation", off, "can make network calls of its own"),
    ),
    "AWS::SageMaker::EndpointConfig": (
        ("protection", "KmsKeyId", absent, "has disks without a key of its own"),
        ("network+", _CAPTURE, on, "stores what callers send and get in a bucket"),
        ("protection", _CAPTURE, off, "records no calls any more"),
        ("interrupt", "ProductionVariants/*/InitialVariantWeight", zero, "gets no calls any more"),
    ),
    "AWS::SageMaker::Endpoint": (
        ("protection", "DeploymentConfig", absent, "is updated all at once, without its guard"),
        (
            *("protection", "DeploymentConfig/AutoRollbackConfiguration/Alarms", absent),
            "does not roll back by alarms any more",
        ),
        ("protection", f"{_ROUTING}/Type", _AT_ONCE, "moves all its traffic at once, not by parts"),
        (
            *("capacity", "RetainAllVariantProperties", off),
            "starts each update with its first number of instances",
        ),
    ),
    "AWS::Lambda::Function": (
        ("protection", "TracingConfig/Mode", other_than("Active"), "is not traced any more"),
        ("interrupt", "ReservedConcurrentExecutions", zero, "never runs again"),
        ("protection", "KmsKeyArn", absent, "has variables without a key of their own"),
        ("protection", "CodeSigningConfigArn", absent, "runs code that nobody signed"),
        ("protection", "DeadLetterConfig", absent, "loses the events that it fails at"),
        ("protection", "LoggingConfig", absent, "logs into a group that keeps logs for ever"),
        ("iam+", "Layers/*", there, "runs the code of a layer"),
    ),
    "AWS::Lambda::Url": (("network+", "AuthType", one_of("NONE"), "answers anyone"),),
    "AWS::Lambda::EventSourceMapping": (
        ("interrupt", "Enabled", one_of("false"), "takes no events any more"),
    ),
    "AWS::StepFunctions::StateMachine": (
        ("protection", "LoggingConfiguration", absent, "logs nothing any more"),
        ("protection", "LoggingConfiguration/Level", one_of("OFF"), "logs nothing any more"),
    ),
    "AWS::ApplicationAutoScaling::ScalableTarget": (
        ("capacity", "SuspendedState/DynamicScalingOutSuspended", on, "does not scale out"),
        ("capacity", "SuspendedState/ScheduledScalingSuspended", on, "keeps no schedule"),
    ),
    "AWS::Batch::JobQueue": (
        ("interrupt", "State", one_of("DISABLED"), "takes no jobs any more"),
        ("capacity", "ComputeEnvironmentOrder", absent, "has nothing that runs its jobs"),
    ),
    "AWS::Batch::ComputeEnvironment": (
        ("interrupt", "State", one_of("DISABLED"), "runs no jobs any more"),
        (
            *("interrupt", "ComputeResources/Type", one_of("SPOT", "FARGATE_SPOT")),
            "runs on Spot: AWS may take its hosts back at any time",
        ),
    ),
    "AWS::Batch::JobDefinition": (
        ("protection+", f"{_JOB}/Privileged", on, "runs a privileged container"),
        ("protection+", f"{_JOB}/User", below("root", "0"), "runs its container as root"),
        ("protection", f"{_JOB}/ReadonlyRootFilesystem", off, "may write to its image"),
        ("protection", "Timeout", absent, "may run for ever"),
    ),
    "AWS::CloudWatch::Alarm": (
        ("protection", "ActionsEnabled", one_of("false"), "tells nobody any more"),
        ("protection", "AlarmActions", absent, "tells nobody any more"),
    ),
    "AWS::Events::Rule": (
        ("protection", "State", one_of("DISABLED"), "is switched off"),
        ("protection", "Targets", absent, "tells nobody any more"),
    ),
}
