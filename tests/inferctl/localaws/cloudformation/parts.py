"""Declarations that the cases of the resource types are made of."""

from __future__ import annotations

import json
from typing import Any

Case = tuple[dict[str, Any], dict[str, Any], dict[str, Any], bool]

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}
OTHER_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}],
}
LIFECYCLE_POLICY = json.dumps(
    {
        "rules": [
            {
                "rulePriority": 1,
                "selection": {
                    "tagStatus": "untagged",
                    "countType": "imageCountMoreThan",
                    "countNumber": 1,
                },
                "action": {"type": "expire"},
            }
        ]
    }
)
DEFINITION = '{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}'
OTHER_DEFINITION = '{"StartAt": "Q", "States": {"Q": {"Type": "Pass", "End": true}}}'


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def ref(name: str, attribute: str | None = None) -> dict[str, Any]:
    return {"Ref": name} if attribute is None else {"Fn::GetAtt": [name, attribute]}


def tags(**tags: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


ROLE = resource("AWS::IAM::Role", AssumeRolePolicyDocument=TRUST)
VPC = resource("AWS::EC2::VPC", CidrBlock="10.0.0.0/16")
SUBNET = resource("AWS::EC2::Subnet", VpcId=ref("Vpc"), CidrBlock="10.0.1.0/24")
TABLE = resource("AWS::EC2::RouteTable", VpcId=ref("Vpc"))
GATEWAY = resource("AWS::EC2::InternetGateway")
GROUP = resource("AWS::EC2::SecurityGroup", GroupDescription="d", VpcId=ref("Vpc"))
FUNCTION = resource(
    "AWS::Lambda::Function",
    Code={"ZipFile": "def handler(event, context): pass"},
    Handler="index.handler",
    Role=ref("Role", "Arn"),
    Runtime="python3.12",
)
BUCKET = resource("AWS::S3::Bucket")
TOPIC = resource("AWS::SNS::Topic")
MODEL = resource(
    "AWS::SageMaker::Model",
    ExecutionRoleArn=ref("Role", "Arn"),
    PrimaryContainer={"Image": "i", "Mode": "MultiModel", "ModelDataUrl": "s3://b/p/"},
)


def config(count: int) -> dict[str, Any]:
    variant = {
        "ModelName": ref("Model", "ModelName"),
        "VariantName": "AllTraffic",
        "InitialInstanceCount": count,
        "InstanceType": "ml.g4dn.4xlarge",
        "InitialVariantWeight": 1,
    }
    return resource("AWS::SageMaker::EndpointConfig", ProductionVariants=[variant])


ENDPOINT = resource(
    "AWS::SageMaker::Endpoint",
    EndpointConfigName=ref("Config", "EndpointConfigName"),
    EndpointName="types-endpoint",
    RetainAllVariantProperties=True,
)
TARGET_KEYS = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/types-endpoint/variant/AllTraffic",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
SERVING = {"Role": ROLE, "Model": MODEL, "Config": config(1), "Endpoint": ENDPOINT}
TARGET = resource(
    "AWS::ApplicationAutoScaling::ScalableTarget",
    MinCapacity=1,
    MaxCapacity=5,
    RoleARN="arn:aws:iam::123456789012:role/x",
    **TARGET_KEYS,
)
TARGET["DependsOn"] = "Endpoint"
SCHEDULE = {
    "ScheduledActionName": "night",
    "Schedule": "cron(0 20 * * ? *)",
    "ScalableTargetAction": {"MinCapacity": 0, "MaxCapacity": "1"},
}


def tracking(value: float) -> dict[str, Any]:
    return {
        "TargetValue": value,
        "ScaleInCooldown": 600,
        "PredefinedMetricSpecification": {
            "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
        },
    }


def alarm(threshold: float) -> dict[str, Any]:
    return resource(
        "AWS::CloudWatch::Alarm",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods="1",
        MetricName="m",
        Namespace="n",
        Period=60,
        Statistic="Sum",
        Threshold=threshold,
        Tags=tags(t=str(threshold)),
    )


def lifecycle(days: int) -> dict[str, Any]:
    return {
        "Rules": [
            {
                "Id": "r",
                "Status": "Enabled",
                "Prefix": "p/",
                "ExpirationInDays": days,
                "NoncurrentVersionExpiration": {"NoncurrentDays": "3"},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 1}],
            }
        ]
    }
