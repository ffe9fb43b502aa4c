from __future__ import annotations

from inferctl.localaws.app import LocalAws
from inferctl.localaws.clients import ACCOUNT
from inferctl.localaws.moto_patches.iam_account_lookup import PATCHES
from inferctl.localaws.moto_patches.patch import reverted


def partitions() -> set[str]:
    from moto.iam.models import iam_backends

    return set(iam_backends[ACCOUNT])


def test_moto_still_makes_every_partition_and_patched_only_the_one_in_use(
    local_aws: LocalAws,
) -> None:
    sts = local_aws.client("sts")

    assert sts.get_caller_identity()["Account"] == ACCOUNT
    assert partitions() == {"aws"}

    with reverted(*PATCHES):
        sts.get_caller_identity()
        assert {"aws", "aws-cn", "aws-us-gov"} < partitions()


def test_the_key_of_a_user_belongs_to_the_account(local_aws: LocalAws) -> None:
    import boto3

    iam = local_aws.client("iam")
    iam.create_user(UserName="someone")
    key = iam.create_access_key(UserName="someone")["AccessKey"]

    session = boto3.session.Session(key["AccessKeyId"], key["SecretAccessKey"])
    sts = session.client("sts", endpoint_url=local_aws.url, region_name="us-east-1")

    assert sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/someone"


def test_managed_policies_are_there(local_aws: LocalAws) -> None:
    arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"

    assert local_aws.client("iam").get_policy(PolicyArn=arn)["Policy"]["Arn"] == arn
