from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from inferctl.localaws.app import LocalAws

pytestmark = pytest.mark.server


def test_object_keys_survive_every_encoding(local_aws: LocalAws) -> None:
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket="keys")
    keys = ["a b/c%2Fd+é", "plain", "tail/", "two//slashes", "ünï/=&?#"]

    for key in keys:
        s3.put_object(Bucket="keys", Key=key, Body=key.encode())

    listed = [item["Key"] for item in s3.list_objects_v2(Bucket="keys")["Contents"]]
    assert sorted(listed) == sorted(keys)
    for key in keys:
        assert s3.get_object(Bucket="keys", Key=key)["Body"].read() == key.encode()


def test_metadata_names_keep_their_underscores(local_aws: LocalAws) -> None:
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket="metadata")
    s3.put_object(Bucket="metadata", Key="k", Metadata={"my_key": "1", "other-key": "2"})

    metadata = s3.head_object(Bucket="metadata", Key="k")["Metadata"]
    assert metadata == {"my_key": "1", "other-key": "2"}


def test_multipart_uploads_and_ranges_work(local_aws: LocalAws) -> None:
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket="parts")
    part = bytes(range(256)) * 32_768
    upload = s3.create_multipart_upload(Bucket="parts", Key="k")["UploadId"]
    where = {"Bucket": "parts", "Key": "k", "UploadId": upload}

    tags = [s3.upload_part(**where, PartNumber=n, Body=part)["ETag"] for n in (1, 2)]
    parts = [{"PartNumber": n, "ETag": tag} for n, tag in enumerate(tags, 1)]
    s3.complete_multipart_upload(**where, MultipartUpload={"Parts": parts})

    assert s3.head_object(Bucket="parts", Key="k")["ContentLength"] == 2 * len(part)
    ranged = s3.get_object(Bucket="parts", Key="k", Range=f"bytes={len(part)}-{len(part) + 3}")
    assert ranged["Body"].read() == part[:4]


def test_a_conditional_write_is_refused_with_412(local_aws: LocalAws) -> None:
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket="conditional")
    s3.put_object(Bucket="conditional", Key="index", Body=b"1", IfNoneMatch="*")

    with pytest.raises(ClientError) as error:
        s3.put_object(Bucket="conditional", Key="index", Body=b"2", IfNoneMatch="*")

    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        (
            "sagemaker",
            "create_edge_deployment_stage",
            {"EdgeDeploymentPlanName": "p", "Stages": []},
        ),
        ("ec2", "describe_mac_hosts", {}),
        (
            "iam",
            "simulate_custom_policy",
            {"PolicyInputList": ["{}"], "ActionNames": ["s3:GetObject"]},
        ),
    ],
)
def test_what_moto_lacks_is_refused_once_and_by_name(
    local_aws: LocalAws, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    with pytest.raises(ClientError) as error:
        getattr(local_aws.client(service), operation)(**arguments)

    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert error.value.response["Error"]["Code"] == "NotImplemented"
    assert "the embedded AWS does not emulate" in error.value.response["Error"]["Message"]


def test_the_account_and_any_region_are_there(local_aws: LocalAws) -> None:
    assert local_aws.client("sts").get_caller_identity()["Account"] == "123456789012"
    zones = local_aws.client("ec2", "ap-southeast-2").describe_availability_zones()
    assert {zone["RegionName"] for zone in zones["AvailabilityZones"]} == {"ap-southeast-2"}
