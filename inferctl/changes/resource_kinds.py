"""Which types hold data or traffic, and which are only descriptions that CloudFormation renews."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# What is lost with the old one. A key stays 30 days before it is deleted, unless said otherwise.
STATEFUL: Mapping[str, str] = MappingProxyType(
    {
        "AWS::S3::Bucket": "its objects are lost, and while it has any its deletion fails",
        "AWS::KMS::Key": "what it encrypted cannot be read any more once it is deleted",
        "AWS::Logs::LogGroup": "its logs are lost",
        "AWS::EC2::VPC": "everything inside goes with it",
        "AWS::EC2::Subnet": "every interface inside has to move first",
        "AWS::EC2::EIP": "its address is lost: partners that allow it have to be told",
        "AWS::SageMaker::Endpoint": "callers get errors until a new one is in service",
        "AWS::ECR::Repository": "its images are lost",
        "AWS::EFS::FileSystem": "its files are lost",
        "AWS::DynamoDB::Table": "its items are lost",
        "AWS::SQS::Queue": "its messages are lost",
        "AWS::SNS::Topic": "its subscriptions are lost",
        "AWS::SecretsManager::Secret": "its value is lost",
        "AWS::SSM::Parameter": "its value is lost",
        "AWS::EC2::Volume": "its files are lost",
        "AWS::EC2::Instance": "its disks are lost, and what it runs stops",
        "AWS::ECS::Cluster": "every service and task in it stops",
        "AWS::ECS::Service": "its tasks stop",
        "AWS::AutoScaling::AutoScalingGroup": "its hosts are terminated",
        "AWS::ElasticLoadBalancingV2::LoadBalancer": "callers lose its DNS name",
        "Custom::ModelFleet": "its index and archives are deleted, unless it retains them",
    }
)

# Every change makes a new one of these, and what uses it decides what that means.
REVISIONS = frozenset(
    {
        "AWS::ECS::TaskDefinition",
        "AWS::SageMaker::Model",
        "AWS::SageMaker::EndpointConfig",
        "AWS::Lambda::Version",
        "AWS::Lambda::LayerVersion",
        "AWS::Batch::JobDefinition",
    }
)

# Judged by what they allow, or they hold nothing: their end or renewal alone is no danger.
QUIET = frozenset(
    {
        *REVISIONS,
        "AWS::CDK::Metadata",
        "AWS::CloudWatch::Dashboard",
        "AWS::EC2::SecurityGroupEgress",
        "AWS::EC2::SecurityGroupIngress",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::InstanceProfile",
        "AWS::Lambda::Permission",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::CloudFormation::WaitConditionHandle",
    }
)

# Losing one of these loses no data; something is watched or limited less.
SAFEGUARDS: Mapping[str, str] = MappingProxyType(
    {
        "AWS::CloudWatch::Alarm": "nothing watches it any more",
        "AWS::CloudWatch::CompositeAlarm": "nothing watches it any more",
        "AWS::CloudTrail::Trail": "calls are not recorded any more",
        "AWS::EC2::SubnetRouteTableAssociation": "its subnet goes by the network's main table",
        "AWS::EC2::FlowLog": "the network's traffic is not recorded any more",
        "AWS::Config::ConfigRule": "nothing checks it any more",
        "AWS::Events::Rule": "nothing reacts to its events any more",
        "AWS::SNS::Subscription": "the subscriber is not told any more",
        "Custom::EndpointVerification": "deployments are not verified any more",
        "Custom::ServiceVerification": "deployments are not verified any more",
        "Custom::ModelWarmUp": "its models start cold after each deployment",
        "Custom::CapacityPool": "hosts are not drained any more before their group is deleted",
        "Custom::S3AutoDeleteObjects": "the bucket has to be emptied by hand",
    }
)
