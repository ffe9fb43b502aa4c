"""The monitoring stack."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from inference_constructs import ModelFleet, MultiModelEndpoint
from inference_constructs.monitoring import (
    Monitoring,
    MonitoringProps,
    Thresholds,
    WatchedCluster,
    WatchedEndpoint,
)

from .cluster_stack import ClusterStack
from .config import EndpointPlan, Platform
from .construct_props import removal_policy
from .platform.monitoring.file import Monitoring as Section

# There in every account that the CDK deploys to.
_ANY_PARAMETER = f"/cdk-bootstrap/{cdk.DefaultStackSynthesizer.DEFAULT_QUALIFIER}/version"


class MonitoringStack(cdk.Stack):
    """A dashboard and alarms over the other stacks, of which it only knows names.

    Names that CloudFormation made up are read from the outputs of their stacks, not imported: an
    export that is in use may not change, so that a dashboard would forbid to replace a service.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        platform: Platform,
        env: cdk.Environment,
        section: Section,
        fleet: ModelFleet | None,
        cluster: ClusterStack | None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            env=env,
            description=f"Dashboard and alarms of the inference platform {platform.name}",
            tags={"inference-platform": platform.name},
        )
        cdk.CrossStackReferences.of(self).consume(cdk.ReferenceStrength.WEAK)
        self.monitoring = Monitoring(
            self,
            "Monitoring",
            MonitoringProps(
                # Dashboards are one namespace for all regions of an account.
                name=f"{platform.name}-{platform.region}",
                endpoint=None
                if platform.endpoint is None
                else self._endpoint(platform.endpoint, section),
                models=fleet,
                cluster=None if cluster is None else _cluster(platform, cluster),
                thresholds=Thresholds(
                    latency_ms=section.latency_ms,
                    error_percent=section.error_percent,
                    cache_hit_percent=section.cache_hit_percent,
                    evictions_per_hour=section.evictions_per_hour,
                ),
                topic_arn=section.topic_arn,
                emails=section.emails,
                runbooks=section.runbooks,
                removal_policy=removal_policy(platform),
            ),
        )
        self._ask_every_time()
        for name, value in {
            "AlarmTopicArn": self.monitoring.topic_arn,
            "DashboardName": self.monitoring.dashboard_name,
        }.items():
            cdk.CfnOutput(self, name, value=value)

    def _ask_every_time(self) -> None:
        """Makes the CDK CLI deploy this stack though its template is as it was.

        A service that was replaced has another name, and the template still says the same: the CLI
        would skip the stack, and its alarms would watch what is gone. It never skips a stack that
        has a parameter of the Parameter Store, unless its description holds ``[cdk:skip]``.
        CloudFormation then reads the names anew, and changes nothing where all are the same.
        https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html
        """
        parameter = cdk.CfnParameter(
            self,
            "AskEveryTime",
            type="AWS::SSM::Parameter::Value<String>",
            default=_ANY_PARAMETER,
            description="Never skipped by the CDK CLI, as names that other stacks give may change.",
        )
        # cfn-lint asks of a parameter that something reads it
        cdk.CfnOutput(self, "DeployedWithBootstrap", value=parameter.value_as_string)

    def _endpoint(self, plan: EndpointPlan, section: Section) -> WatchedEndpoint:
        return WatchedEndpoint(
            endpoint=MultiModelEndpoint.from_endpoint_name(self, "Endpoint", plan.name),
            gpus=plan.instance.gpu_count,
            vcpus=plan.instance.vcpu,
            caches=plan.section.model_cache == "enabled",
            client_metrics=section.client_metrics,
        )


def _cluster(platform: Platform, stack: ClusterStack) -> WatchedCluster:
    plan = platform.cluster
    return WatchedCluster(
        cluster=stack.cluster,
        pools=[*stack.pools.values()],
        services=[*stack.services.values()],
        chip_errors=plan is not None and plan.section.problem_detector is not None,
    )
