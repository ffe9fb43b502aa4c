"""The comparison stack."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from inference_constructs.tf_serving import ServerComparison

from .comparison_props import comparison_props
from .config import Platform
from .platform.comparison.plans import ComparisonPlan


class TfServingComparison(cdk.Stack):
    """TensorFlow Serving, plain beside accelerated, on one ECS host; a client that measures."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        platform: Platform,
        env: cdk.Environment,
        plan: ComparisonPlan,
        vpc: ec2.IVpc,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            env=env,
            description=f"TF Serving, plain and accelerated, of the platform {platform.name}",
            tags={"inference-platform": platform.name},
        )
        self.comparison = ServerComparison(
            self, "Comparison", comparison_props(platform, plan, vpc=vpc)
        )
        for name, value in {
            "ClusterName": self.comparison.cluster.cluster_name,
            "ClientInstance": self.comparison.client.instance.ref,
            "HostInstance": self.comparison.host.instance.ref,
            "LogGroup": self.comparison.log_group.log_group_name,
            "Reports": self.comparison.report_uri,
        }.items():
            cdk.CfnOutput(self, name, value=value)
