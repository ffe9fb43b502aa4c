"""Who may do more."""

from __future__ import annotations

from tests.support.change_cases import Case
from tests.support.template_changes import GONE, add, both, drop, put

_KEY = "AWS::KMS::Key"
_TASK = "AWS::ECS::TaskDefinition"
_LAUNCH = "AWS::EC2::LaunchTemplate"
_ROLE = "AWS::IAM::Role"
_POLICY = "AWS::IAM::Policy"
_BUCKET_POLICY = "AWS::S3::BucketPolicy"
_STATEMENTS = "PolicyDocument/Statement"
_ALLOW = {"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::else/*"}
_TRUST = "AssumeRolePolicyDocument/Statement"
_ANYONE = {
    "Effect": "Allow",
    "Action": "s3:GetObject",
    "Principal": "*",
    "Resource": "arn:aws:s3:::x/*",
}
_OTHER_ACCOUNT = {
    "Effect": "Allow",
    "Action": "kms:Decrypt",
    "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
    "Resource": "*",
}
_ADMIN = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
_FOR_ALL = {"Statement": [{**_ANYONE, "Action": "*"}]}
_ACCOUNT = {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}
_POLICY_AS_TEXT = (
    '{"Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*", "Principal": "*"}]}'
)


CASES = (
    Case(
        "statement added",
        "prod",
        put(_POLICY, f"{_STATEMENTS}/0", _ALLOW, "EndpointRole"),
        "iam",
        "may s3:DeleteObject on arn:aws:s3:::else/*",
    ),
    Case(
        "action widened",
        "prod",
        put(_POLICY, f"{_STATEMENTS}/0/Action", "s3:*", "EndpointRole"),
        "iam",
        "wildcard: may s3:*",
    ),
    Case(
        "resource widened",
        "prod",
        put(_POLICY, f"{_STATEMENTS}/0/Resource", "*", "EndpointRole"),
        "iam",
        "wildcard: may s3:GetObject on *",
    ),
    Case(
        "condition removed",
        "prod",
        put(_POLICY, f"{_STATEMENTS}/1/Condition", GONE, "EndpointRole"),
        "iam",
        "may s3:ListBucket",
    ),
    Case(
        "trust widened",
        "prod",
        put(
            _ROLE,
            f"{_TRUST}/0/Principal",
            {"AWS": "arn:aws:iam::999999999999:root"},
            "EndpointRole",
        ),
        "iam",
        "assumed by AWS arn:aws:iam::999999999999:root",
    ),
    Case(
        "anyone trusted",
        "prod",
        put(_ROLE, f"{_TRUST}/0/Principal", {"AWS": "*"}, "EndpointRole"),
        "iam",
        "wildcard: may be assumed by *",
    ),
    Case(
        "managed policy",
        "prod",
        put(
            _ROLE, "ManagedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"], "Endpoint"
        ),
        "iam",
        "AdministratorAccess",
    ),
    Case(
        "new role",
        "prod",
        both(
            add(
                "-endpoint",
                "R",
                _ROLE,
                {
                    "AssumeRolePolicyDocument": {
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Action": "sts:AssumeRole",
                                "Principal": {"Service": "x.amazonaws.com"},
                            }
                        ]
                    }
                },
            ),
            add(
                "-endpoint",
                "P",
                _POLICY,
                {"Roles": [{"Ref": "R"}], "PolicyDocument": {"Statement": [_ALLOW]}},
            ),
        ),
        "iam",
        "is new and may s3:DeleteObject",
    ),
    Case(
        "deny of plain text removed",
        "prod",
        put(_BUCKET_POLICY, f"{_STATEMENTS}/0", GONE, "AccessLog"),
        "iam",
        "denied no more",
    ),
    Case(
        "bucket policy removed", "prod", drop(_BUCKET_POLICY, "AccessLog"), "iam", "denied no more"
    ),
    Case(
        "bucket open to anyone",
        "prod",
        put(_BUCKET_POLICY, f"{_STATEMENTS}/3", _ANYONE, "AccessLog"),
        "iam",
        "wildcard: * may s3:GetObject",
    ),
    Case(
        "key for another account",
        "prod",
        put(_KEY, "KeyPolicy/Statement/1", _OTHER_ACCOUNT),
        "iam",
        "999999999999",
    ),
    Case(
        "negation",
        "prod",
        put(
            _POLICY,
            f"{_STATEMENTS}/0",
            {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
            "EndpointRole",
        ),
        "iam",
        "all but",
    ),
    Case(
        "another identity",
        "dev",
        put(_TASK, "TaskRoleArn", {"Fn::GetAtt": ["MinilmServiceRole", "Arn"]}, "Resnet50"),
        "iam",
        "runs under another identity",
    ),
    Case(
        "the account's own users trusted",
        "prod",
        put(_ROLE, "AssumeRolePolicyDocument/Statement/0/Principal", _ACCOUNT, "EndpointRole"),
        "iam",
        "may be assumed by AWS arn:aws:iam::${AWS::AccountId}:root",
    ),
    Case(
        "policy of one role",
        "prod",
        add(
            "-endpoint", "Own", "AWS::IAM::RolePolicy", {"RoleName": "r", "PolicyDocument": _ADMIN}
        ),
        "iam",
        "wildcard: may * on *",
    ),
    Case(
        "policy of an access point",
        "prod",
        add("-models", "Point", "AWS::S3::AccessPoint", {"Bucket": "b", "Policy": _FOR_ALL}),
        "iam",
        "wildcard: * may",
    ),
    Case(
        "policy of files",
        "prod",
        add("-models", "Files", "AWS::EFS::FileSystem", {"FileSystemPolicy": _FOR_ALL}),
        "iam",
        "wildcard: * may",
    ),
    Case(
        "policy written as text",
        "prod",
        add("-models", "Logs", "AWS::Logs::ResourcePolicy", {"PolicyDocument": _POLICY_AS_TEXT}),
        "iam",
        "wildcard: * may logs:*",
    ),
    Case(
        "key of a user",
        "prod",
        add("-models", "Key", "AWS::IAM::AccessKey", {"UserName": "u"}),
        "iam",
        "adds an access key",
    ),
    Case(
        "longer sessions",
        "prod",
        put(_ROLE, "MaxSessionDuration", 43200, "EndpointRole"),
        "iam",
        "43200 s at a time",
    ),
    Case(
        "profile of hosts",
        "dev",
        put(_LAUNCH, "LaunchTemplateData/IamInstanceProfile/Arn", "arn:other", "inf1"),
        "iam",
        "runs under another identity",
    ),
    Case(
        "layer of a function",
        "prod",
        put("AWS::Lambda::Function", "Layers", ["arn:layer"], "OnEvent"),
        "iam",
        "the code of a layer",
    ),
    Case(
        "one character more",
        "prod",
        put(_POLICY, "PolicyDocument/Statement/0/Action", "s3:GetObject*", "EndpointRole"),
        "iam",
        "s3:GetObject*",
        put(_POLICY, "PolicyDocument/Statement/0/Action", "s3:GetObject?", "EndpointRole"),
    ),
    Case(
        "account's own policies end",
        "prod",
        put(
            _KEY,
            "KeyPolicy/Statement/0/Principal",
            {"AWS": "arn:aws:iam::999999999999:root"},
            "StoreKey",
        ),
        "interrupt",
        "nobody may correct it",
    ),
)
