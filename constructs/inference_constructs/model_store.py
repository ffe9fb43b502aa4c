"""Where published models live: one encrypted, versioned bucket and its key."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from .nag import acknowledge


@dataclass(frozen=True, kw_only=True)
class ModelStoreProps:
    """``noncurrent_version_days``: how long a superseded index or deleted archive can be restored.

    ``removal_policy``: with ``RETAIN`` the bucket, the key and the access log outlive the stack.
    """

    alias: str
    noncurrent_version_days: int = 30
    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN

    def __post_init__(self) -> None:
        problems: list[str] = []
        if not self.alias.startswith("alias/") or self.alias.startswith("alias/aws/"):
            problems.append(
                f"alias must start with 'alias/' and not with 'alias/aws/', got {self.alias!r}"
            )
        if self.noncurrent_version_days < 1:
            problems.append(
                f"noncurrent_version_days must be at least 1, got {self.noncurrent_version_days}"
            )
        if problems:
            raise ValueError("invalid ModelStoreProps: " + "; ".join(problems))


class ModelStore(Construct):
    """A bucket for model archives: KMS key of its own, versions, TLS only, nothing public.

    It is not emptied by force: ``ModelFleet`` removes what it published, and a bucket that holds
    anything else refuses to go, which is what one wants.
    """

    def __init__(self, scope: Construct, construct_id: str, props: ModelStoreProps) -> None:
        super().__init__(scope, construct_id)
        self.key = kms.Key(
            self,
            "Key",
            alias=props.alias,
            description="Encrypts the published models",
            enable_key_rotation=True,
            removal_policy=props.removal_policy,
        )
        access_log = self._access_log(props)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.key,
            bucket_key_enabled=True,
            versioned=True,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="superseded-versions",
                    noncurrent_version_expiration=Duration.days(props.noncurrent_version_days),
                    expired_object_delete_marker=True,
                ),
                s3.LifecycleRule(
                    id="broken-uploads", abort_incomplete_multipart_upload_after=Duration.days(1)
                ),
            ],
            removal_policy=props.removal_policy,
            server_access_logs_bucket=access_log,
            server_access_logs_prefix="artifacts/" if access_log else None,
        )
        if access_log is None:
            acknowledge(
                self.bucket,
                {
                    "AwsSolutions-S1": "This platform is made to be destroyed whole. An access log"
                    " would fill a second bucket that CloudFormation cannot delete; platforms that"
                    " retain their data keep one."
                },
            )

    def _access_log(self, props: ModelStoreProps) -> s3.Bucket | None:
        if props.removal_policy is RemovalPolicy.DESTROY:
            return None
        log = s3.Bucket(
            self,
            "AccessLog",
            # S3 delivers access logs to buckets with its own keys only:
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[s3.LifecycleRule(id="old-logs", expiration=Duration.days(365))],
            removal_policy=props.removal_policy,
        )
        acknowledge(
            log,
            {"AwsSolutions-S1": "This bucket is the access log: it would log itself."},
        )
        return log
