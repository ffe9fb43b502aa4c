"""``Custom::ModelWarmUp``: calls hot models of an endpoint before their callers do."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import (
    CustomResource,
    Duration,
    FileAssetLocation,
    FileAssetPackaging,
    RemovalPolicy,
    Stack,
    Stage,
)
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from model_artifacts import INDEX_NAME
from model_folders.hot_requests import HotRequestsFile
from model_warm_up import contract

from .endpoint_role import ModelData
from .handler_function import handler_function
from .multi_model_endpoint import MultiModelEndpoint
from .provider_framework import ProviderFramework

_MEMORY_MIB = 512
# A call may take 70 s and none begins in the last 80.
_TIMEOUT_MINUTES = 5
_QUERY_INTERVAL_SECONDS = 5
# The handler ends the warm-up itself, after a call that began in time.
_MARGIN_MINUTES = 2 * _TIMEOUT_MINUTES
_LOG_RETENTION = logs.RetentionDays.ONE_MONTH
_SOURCE = ["aws.sagemaker"]


@dataclass(frozen=True, kw_only=True)
class ModelWarmUpProps:
    """``endpoint_name``: the endpoint's plain name, which rules match.

    ``requests``: what to call the hot models with.
    ``manifest_digest``: what the fleet publishes; another one warms the models anew.
    """

    endpoint: MultiModelEndpoint
    endpoint_name: str
    model_data: ModelData
    requests: HotRequestsFile
    manifest_digest: str
    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN


class ModelWarmUp(Construct):
    """Warms models after each deployment of the endpoint, while a part of it is watched, and after
    it was scaled; a model that stays cold fails nothing.

    Events of Application Auto Scaling tell of a scale-out to the maximum alone; the endpoint's own
    events tell of each:
    https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
    """

    def __init__(self, scope: Construct, construct_id: str, props: ModelWarmUpProps) -> None:
        super().__init__(scope, construct_id)
        requests = self._add_asset(props.requests)
        role = self._role(props, requests)
        log_group = logs.LogGroup(
            self, "Log", retention=_LOG_RETENTION, removal_policy=props.removal_policy
        )
        log_group.grant_write(role)
        framework = ProviderFramework(
            self,
            "Framework",
            on_event=self._function("OnEvent", contract.ON_EVENT, role, log_group),
            is_complete=self._function("IsComplete", contract.IS_COMPLETE, role, log_group),
            query_interval_seconds=_QUERY_INTERVAL_SECONDS,
            total_timeout_seconds=(contract.MOST_MINUTES + _MARGIN_MINUTES) * 60,
            log_retention=_LOG_RETENTION,
            removal_policy=props.removal_policy,
        )
        described = {
            "ArtifactBucket": props.model_data.bucket.bucket_name,
            "Prefix": props.model_data.prefix,
            "RequestsBucket": requests.bucket_name,
            "RequestsKey": requests.object_key,
        }
        self.resource = CustomResource(
            self,
            "Resource",
            resource_type=contract.RESOURCE_TYPE,
            service_token=framework.service_token,
            properties={
                # The attribute: the models are called when the endpoint is there.
                "EndpointName": props.endpoint.endpoint_name,
                **described,
                "EndpointConfigName": props.endpoint.config_name,
                "Manifest": props.manifest_digest,
            },
        )
        self._watch(
            self._function("OnChange", contract.ON_CHANGE, role, log_group),
            {"EndpointName": props.endpoint_name, **described},
        )

    @property
    def cold(self) -> str:
        """The models that the deployment left cold, each with its failure, known on deploy."""
        return self.resource.get_att_string("Cold")

    def _watch(self, function: lambda_.Function, described: Mapping[str, str]) -> None:
        """Call the function when instances have come, and when those of a new fleet get traffic."""
        baking = {"ProductionVariants": {"VariantStatus": {"Status": ["Baking"]}}}
        for construct_id, event, detail, description in (
            (
                "Changed",
                "SageMaker Endpoint State Change",
                {"EndpointStatus": ["IN_SERVICE"]},
                "Warms hot models when the endpoint was scaled or updated",
            ),
            (
                "Baking",
                "SageMaker Endpoint Deployment State Change",
                {"PendingDeploymentSummary": baking},
                "Warms hot models on the part of a new fleet that is watched",
            ),
        ):
            events.Rule(
                self,
                construct_id,
                description=description,
                event_pattern=events.EventPattern(
                    source=_SOURCE,
                    detail_type=[event],
                    detail={"EndpointName": [described["EndpointName"]], **detail},
                ),
                targets=[
                    targets.LambdaFunction(
                        function,
                        event=events.RuleTargetInput.from_object(dict(described)),
                        # What is late finds the endpoint warmed by its callers.
                        max_event_age=Duration.minutes(15),
                        retry_attempts=2,
                    )
                ],
            )

    def _add_asset(self, requests: HotRequestsFile) -> FileAssetLocation:
        outdir = Stage.of(self).outdir  # type: ignore[union-attr]  # every construct has a stage
        return Stack.of(self).synthesizer.add_file_asset(
            source_hash=requests.digest,
            file_name=os.path.relpath(requests.path, outdir),
            packaging=FileAssetPackaging.FILE,
            display_name="requests of hot models",
        )

    def _role(self, props: ModelWarmUpProps, requests: FileAssetLocation) -> iam.Role:
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description="Lets the warm-up call the hot models of one endpoint",
        )
        data = props.model_data
        read = Stack.of(self).format_arn(
            service="s3",
            region="",
            account="",
            resource=requests.bucket_name,
            resource_name=requests.object_key,
        )
        for sid, actions, resources in (
            ("CallEndpoint", contract.ENDPOINT_ACTIONS, [props.endpoint.endpoint_arn]),
            (
                "ReadIndexAndRequests",
                contract.OBJECT_ACTIONS,
                [data.bucket.arn_for_objects(f"{data.prefix}{INDEX_NAME}"), read],
            ),
        ):
            self._allow(role, sid, actions, resources)
        data.key.grant(role, "kms:Decrypt")
        return role

    def _allow(
        self, role: iam.Role, sid: str, actions: Sequence[str], resources: Sequence[str]
    ) -> None:
        role.add_to_policy(iam.PolicyStatement(sid=sid, actions=[*actions], resources=[*resources]))

    def _function(
        self, construct_id: str, handler: str, role: iam.Role, log_group: logs.LogGroup
    ) -> lambda_.Function:
        return handler_function(
            self,
            construct_id,
            resource_type=contract.RESOURCE_TYPE,
            handler=handler,
            packages=contract.PACKAGES,
            role=role,
            log_group=log_group,
            memory_mib=_MEMORY_MIB,
            timeout_minutes=_TIMEOUT_MINUTES,
        )
