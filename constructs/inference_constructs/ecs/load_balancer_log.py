"""The bucket of a load balancer's access log."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_s3 as s3
from constructs import Construct

from inference_constructs.nag import acknowledge

_KEPT_DAYS = 90


def access_log_bucket(scope: Construct, removal_policy: RemovalPolicy) -> s3.Bucket | None:
    """A bucket for ``scope``; None where nothing may stay, since it would never be empty."""
    if removal_policy is RemovalPolicy.DESTROY:
        return None
    bucket = s3.Bucket(
        scope,
        "AccessLog",
        # Load balancers deliver to buckets with S3's own keys only:
        # https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        lifecycle_rules=[s3.LifecycleRule(id="old-logs", expiration=Duration.days(_KEPT_DAYS))],
        removal_policy=removal_policy,
    )
    acknowledge(bucket, {"AwsSolutions-S1": "This bucket is an access log: it would log itself."})
    return bucket
