"""Identities, buckets, keys, logs, topics, parameters and repositories."""

from __future__ import annotations

from .parts import (
    BUCKET,
    LIFECYCLE_POLICY,
    OTHER_POLICY,
    POLICY,
    ROLE,
    TOPIC,
    TRUST,
    Case,
    lifecycle,
    ref,
    resource,
    tags,
)

# what is under test, what it needs, the changed properties, whether they replace it
CASES: list[Case] = [
    (
        resource(
            "AWS::IAM::Role",
            AssumeRolePolicyDocument=TRUST,
            Policies=[{"PolicyName": "a", "PolicyDocument": POLICY}],
            Tags=tags(old="1"),
        ),
        {},
        {
            "Policies": [{"PolicyName": "b", "PolicyDocument": POLICY}],
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
            "Description": "new",
            "MaxSessionDuration": 7200,
            "Tags": tags(new="1"),
        },
        False,
    ),
    (
        resource("AWS::IAM::Policy", PolicyName="p", PolicyDocument=POLICY, Roles=[ref("Role")]),
        {"Role": ROLE},
        {"PolicyName": "q", "PolicyDocument": OTHER_POLICY},
        False,
    ),
    (
        resource("AWS::IAM::ManagedPolicy", PolicyDocument=POLICY, Roles=[ref("Role")]),
        {"Role": ROLE},
        {"PolicyDocument": OTHER_POLICY, "Roles": []},
        False,
    ),
    (
        BUCKET,
        {},
        {
            "VersioningConfiguration": {"Status": "Enabled"},
            "LifecycleConfiguration": lifecycle(9),
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [
                    {
                        "BucketKeyEnabled": True,
                        "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"},
                    }
                ]
            },
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": "true"},
            "Tags": tags(a="b"),
        },
        False,
    ),
    (
        resource("AWS::S3::BucketPolicy", Bucket=ref("Bucket"), PolicyDocument=POLICY),
        {"Bucket": BUCKET},
        {"PolicyDocument": OTHER_POLICY},
        False,
    ),
    (
        resource("AWS::KMS::Key", Description="a", EnableKeyRotation=True),
        {},
        {"Description": "b", "EnableKeyRotation": False, "Tags": tags(a="b"), "Enabled": False},
        False,
    ),
    (
        resource("AWS::KMS::Alias", AliasName="alias/types", TargetKeyId=ref("Key")),
        {"Key": resource("AWS::KMS::Key"), "Other": resource("AWS::KMS::Key")},
        {"TargetKeyId": ref("Other")},
        False,
    ),
    (resource("AWS::Logs::LogGroup", RetentionInDays=7), {}, {"RetentionInDays": 14}, False),
    (resource("AWS::Logs::LogGroup", LogGroupName="a1"), {}, {"LogGroupName": "a2"}, True),
    (TOPIC, {}, {"DisplayName": "d", "Tags": tags(a="b")}, False),
    (
        resource(
            "AWS::SNS::Subscription",
            TopicArn=ref("Topic"),
            Protocol="email",
            Endpoint="a@b.example",
        ),
        {"Topic": TOPIC},
        {"Endpoint": "c@d.example"},
        True,
    ),
    (
        resource("AWS::SNS::TopicPolicy", Topics=[ref("Topic")], PolicyDocument=POLICY),
        {"Topic": TOPIC},
        {"PolicyDocument": OTHER_POLICY},
        False,
    ),
    (
        resource("AWS::SSM::Parameter", Type="String", Value="1"),
        {},
        {"Value": "2", "Tags": {"a": "b"}},
        False,
    ),
    (
        resource("AWS::ECR::Repository", ImageTagMutability="IMMUTABLE"),
        {},
        {
            "ImageTagMutability": "MUTABLE",
            "ImageScanningConfiguration": {"ScanOnPush": True},
            "RepositoryPolicyText": POLICY,
            "LifecyclePolicy": {"LifecyclePolicyText": LIFECYCLE_POLICY},
            "Tags": tags(a="b"),
        },
        False,
    ),
    (
        resource(
            "AWS::Events::Rule",
            EventPattern={"source": ["aws.sagemaker"]},
            State="ENABLED",
            Targets=[
                {"Id": "a", "Arn": ref("Topic")},
                {"Id": "b", "Arn": ref("Topic"), "Input": "{}"},
            ],
        ),
        {"Topic": TOPIC},
        {
            "EventPattern": {"source": ["aws.ecs"]},
            "Description": "new",
            "Targets": [
                {"Id": "b", "Arn": ref("Topic"), "RetryPolicy": {"MaximumRetryAttempts": 2}}
            ],
        },
        False,
    ),
    (resource("AWS::CDK::Metadata", Analytics="v2:a"), {}, {"Analytics": "v2:b"}, False),
    (resource("AWS::CloudFormation::WaitConditionHandle"), {}, {}, False),
]
