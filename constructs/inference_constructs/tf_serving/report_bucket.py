"""Where the client's reports go."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct

from inference_constructs.nag import acknowledge

_KEPT_DAYS = 365


def report_bucket(scope: Construct, construct_id: str, removal_policy: RemovalPolicy) -> s3.Bucket:
    """Encrypted, TLS only, nothing public; a report stays a year.

    It is not emptied by force: one that holds a report refuses to go, which is what one wants.
    """
    bucket = s3.Bucket(
        scope,
        construct_id,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        lifecycle_rules=[
            s3.LifecycleRule(id="old-reports", expiration=Duration.days(_KEPT_DAYS)),
            s3.LifecycleRule(
                id="broken-uploads", abort_incomplete_multipart_upload_after=Duration.days(1)
            ),
        ],
        removal_policy=removal_policy,
    )
    acknowledge(
        bucket,
        {
            "AwsSolutions-S1": "Reports hold latencies and no data of anybody; one role writes"
            " them, and CloudTrail tells who reads the bucket's configuration."
        },
    )
    return bucket
