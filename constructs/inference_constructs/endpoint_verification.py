"""``Custom::EndpointVerification``: a deployment whose models answer wrong or late fails."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import CustomResource, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from endpoint_verification import contract
from model_artifacts.index import INDEX_NAME, VERIFICATION_FOLDER
from model_folders import GoldenSources

from .endpoint_role import ModelData
from .multi_model_endpoint import MultiModelEndpoint
from .nag import acknowledge, wildcard_resource
from .provider_framework import LONGEST_TOTAL_TIMEOUT_SECONDS, ProviderFramework
from .verification_functions import (
    LOG_RETENTION,
    golden_assets,
    grant_goldens,
    verification_function,
    verification_role,
)

_QUERY_INTERVAL_SECONDS = 5
LONGEST_TIMEOUT_MINUTES = 50
"""Less than the hour of CloudFormation by what one round may take, so that the message is ours."""


@dataclass(frozen=True, kw_only=True)
class EndpointVerificationProps:
    """``sources``: what to ask, with tolerances and bounds.

    ``parallel_calls``: how many models are asked at once.
    ``timeout_minutes``: time for all of them; what is not verified by then fails the deployment,
    and the next one goes on from there.
    """

    model_data: ModelData
    sources: GoldenSources
    parallel_calls: int = 8
    timeout_minutes: int = LONGEST_TIMEOUT_MINUTES
    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN

    def __post_init__(self) -> None:
        problems: list[str] = []
        if not 1 <= self.parallel_calls <= 64:
            problems.append(f"parallel_calls must be 1 to 64, got {self.parallel_calls}")
        if not 1 <= self.timeout_minutes <= LONGEST_TIMEOUT_MINUTES:
            problems.append(
                f"timeout_minutes must be 1 to {LONGEST_TIMEOUT_MINUTES}, which leaves a rest of"
                f" CloudFormation's hour for the last calls, got {self.timeout_minutes}"
            )
        if problems:
            raise ValueError("invalid EndpointVerificationProps: " + "; ".join(problems))


class EndpointVerification(Construct):
    """Asks every model with a golden request after the endpoint was made or updated.

    A new model that answers wrong is served by the artifact before it again, and CloudFormation
    takes the endpoint back. It runs when the goldens, an artifact, the image or the host change,
    and asks only what those changes touch.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        props: EndpointVerificationProps,
        *,
        endpoint: MultiModelEndpoint,
    ) -> None:
        super().__init__(scope, construct_id)
        goldens, pack = golden_assets(self, props.sources)
        log_group = logs.LogGroup(
            self, "Log", retention=LOG_RETENTION, removal_policy=props.removal_policy
        )
        role = self._role(props, log_group, endpoint, source_bucket=goldens.bucket_name)
        on_event, is_complete = (
            verification_function(
                self,
                name,
                resource_type=contract.RESOURCE_TYPE,
                handler=handler,
                role=role,
                log_group=log_group,
            )
            for name, handler in (
                ("OnEvent", contract.ON_EVENT),
                ("IsComplete", contract.IS_COMPLETE),
            )
        )
        provider = ProviderFramework(
            self,
            "Framework",
            on_event=on_event,
            is_complete=is_complete,
            query_interval_seconds=_QUERY_INTERVAL_SECONDS,
            total_timeout_seconds=LONGEST_TOTAL_TIMEOUT_SECONDS,
            log_retention=LOG_RETENTION,
            removal_policy=props.removal_policy,
        )
        self.resource = CustomResource(
            self,
            "Resource",
            resource_type=contract.RESOURCE_TYPE,
            service_token=provider.service_token,
            properties={
                "EndpointName": endpoint.endpoint_name,
                "Serving": endpoint.serving_digest,
                "ArtifactBucket": props.model_data.bucket.bucket_name,
                "Prefix": props.model_data.prefix,
                "SourceBucket": goldens.bucket_name,
                "GoldensKey": goldens.object_key,
                "GoldensDigest": props.sources.goldens_digest,
                "GoldenPackKey": pack.object_key,
                "ParallelCalls": str(props.parallel_calls),
                "TimeoutMinutes": str(props.timeout_minutes),
            },
        )

    @property
    def verified_count(self) -> str:
        """How many models are known to answer right, known on deploy."""
        return self.resource.get_att_string("VerifiedCount")

    def _role(
        self,
        props: EndpointVerificationProps,
        log_group: logs.ILogGroup,
        endpoint: MultiModelEndpoint,
        *,
        source_bucket: str,
    ) -> iam.Role:
        role = verification_role(
            self, "Role", description="Lets the verification ask the endpoint and judge its models"
        )
        log_group.grant_write(role)
        grant_goldens(role, source_bucket)
        endpoint.grant_invoke(role)
        data = props.model_data
        bucket, prefix = data.bucket, data.prefix
        for statement in (
            iam.PolicyStatement(
                sid="ReadOwnPrefix",
                actions=[*contract.READ_ACTIONS],
                resources=[bucket.arn_for_objects(f"{prefix}*")],
            ),
            iam.PolicyStatement(
                sid="WriteVerdicts",
                actions=[*contract.WRITE_ACTIONS],
                resources=[
                    bucket.arn_for_objects(f"{prefix}{INDEX_NAME}"),
                    bucket.arn_for_objects(f"{prefix}{VERIFICATION_FOLDER}*"),
                ],
            ),
            # 403 instead of 404 without it, for what is not there, and HEAD has no prefix to hold
            iam.PolicyStatement(
                sid="TellWhatIsMissing",
                actions=["s3:ListBucket"],
                resources=[bucket.bucket_arn],
                conditions={"StringLikeIfExists": {"s3:prefix": [f"{prefix}*"]}},
            ),
        ):
            role.add_to_policy(statement)
        data.key.grant(role, "kms:Decrypt", "kms:GenerateDataKey")
        owner = Stack.of(bucket)
        arn = (
            bucket.bucket_arn
            if owner is Stack.of(self)
            else str(owner.export_value(bucket.bucket_arn))
        )
        acknowledge(
            role,
            {
                wildcard_resource(self, f"{arn}/{prefix}*"): "Archives are named by their content;"
                " it looks whether an older one is still there before a model goes back to it.",
                wildcard_resource(
                    self, f"{arn}/{prefix}{VERIFICATION_FOLDER}*"
                ): "One object for the endpoint, in the folder that holds nothing else.",
            },
        )
        return role
