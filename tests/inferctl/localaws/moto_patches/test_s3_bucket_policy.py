import json

import pytest
from botocore.exceptions import ClientError

from inferctl.localaws.app import LocalAws
from inferctl.localaws.moto_patches.patch import reverted
from inferctl.localaws.moto_patches.s3_bucket_policy import PATCHES

pytestmark = pytest.mark.server

TLS_ONLY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": "arn:aws:s3:::tls-only/*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
)


@pytest.fixture(scope="module", autouse=True)
def bucket(local_aws: LocalAws) -> None:
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket="tls-only")
    s3.put_bucket_policy(Bucket="tls-only", Policy=TLS_ONLY)


def test_moto_still_ignores_conditions(local_aws: LocalAws) -> None:
    with reverted(*PATCHES), pytest.raises(ClientError, match="403"):
        local_aws.client("s3").put_object(Bucket="tls-only", Key="k", Body=b"1")


def test_patched_the_policy_is_stored_and_enforces_nothing(local_aws: LocalAws) -> None:
    s3 = local_aws.client("s3")

    s3.put_object(Bucket="tls-only", Key="k", Body=b"1")

    assert s3.get_object(Bucket="tls-only", Key="k")["Body"].read() == b"1"
    assert s3.get_bucket_policy(Bucket="tls-only")["Policy"] == TLS_ONLY
