"""Properties whose change makes CloudFormation create a new resource in place of the old one.

Only of the types that other stacks import from, or whose names are their identities; a test holds
the lists to CloudFormation's own schemas.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CREATE_ONLY: Final[Mapping[str, frozenset[str]]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "AWS::EC2::VPC": "CidrBlock Ipv4IpamPoolId Ipv4NetmaskLength VpcEncryptionControl",
        "AWS::EC2::Subnet": "AvailabilityZone AvailabilityZoneId CidrBlock VpcId Ipv6Native"
        " OutpostArn Ipv4IpamPoolId Ipv4NetmaskLength Ipv6IpamPoolId Ipv6NetmaskLength",
        "AWS::EC2::SecurityGroup": "GroupDescription GroupName VpcId",
        "AWS::ECS::CapacityProvider": "ClusterName Name",
        "AWS::ECS::Cluster": "ClusterName",
        "AWS::ElasticLoadBalancingV2::LoadBalancer": "Name Scheme Type",
        "AWS::ElasticLoadBalancingV2::TargetGroup": "IpAddressType Name Port Protocol"
        " ProtocolVersion TargetType VpcId",
        "AWS::IAM::Role": "Path RoleName",
        "AWS::KMS::Alias": "AliasName",
        "AWS::Logs::LogGroup": "LogGroupName",
        "AWS::S3::Bucket": "BucketName BucketNamePrefix BucketNamespace",
        "AWS::SageMaker::Endpoint": "EndpointName",
        "AWS::SageMaker::EndpointConfig": "AsyncInferenceConfig DataCaptureConfig"
        " EnableNetworkIsolation EndpointConfigName ExecutionRoleArn ExplainerConfig KmsKeyId"
        " MetricsConfig ProductionVariants ShadowProductionVariants VpcConfig",
        "AWS::SageMaker::Model": "Containers EnableNetworkIsolation ExecutionRoleArn"
        " InferenceExecutionConfig ModelName PrimaryContainer VpcConfig",
    }.items()
}
"""Types without an entry count as never replaced."""

NAME_OF: Final[Mapping[str, str]] = {
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::ECS::CapacityProvider": "Name",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "Name",
    "AWS::ElasticLoadBalancingV2::TargetGroup": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::KMS::Alias": "AliasName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SSM::Parameter": "Name",
    "AWS::SageMaker::Endpoint": "EndpointName",
    "AWS::SageMaker::EndpointConfig": "EndpointConfigName",
    "AWS::SageMaker::Model": "ModelName",
}
"""The property that names a resource once in an account and region."""
