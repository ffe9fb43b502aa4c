"""The endpoint stack."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from inference_constructs import (
    EndpointDeploymentProps,
    EndpointScalingProps,
    EndpointVerification,
    EndpointVerificationProps,
    ModelWarmUp,
    ModelWarmUpProps,
    MultiModelEndpoint,
    MultiModelEndpointProps,
)


class EndpointStack(cdk.Stack):
    """A multi-model endpoint, scaled if asked for."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        platform: str,
        env: cdk.Environment,
        endpoint: MultiModelEndpointProps,
        scaling: EndpointScalingProps | None,
        deployment: EndpointDeploymentProps | None = None,
        verification: EndpointVerificationProps | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            env=env,
            description=f"Endpoint of the inference platform {platform}",
            tags={"inference-platform": platform},
        )
        self.endpoint = MultiModelEndpoint(self, "Endpoint", endpoint)
        if scaling is not None:
            self.endpoint.auto_scale(scaling)
        if deployment is not None:
            self.endpoint.deploy_gradually(deployment)
        outputs: dict[str, str] = {}
        self.verification: EndpointVerification | None = None
        if verification is not None:
            self.verification = EndpointVerification(
                self, "Verification", verification, endpoint=self.endpoint
            )
            outputs["VerifiedModels"] = self.verification.verified_count
        for name, value in {
            **outputs,
            "EndpointArn": self.endpoint.endpoint_arn,
            "EndpointName": self.endpoint.endpoint_name,
            "VariantName": self.endpoint.variant_name,
        }.items():
            cdk.CfnOutput(self, name, value=value)

    def warm_up(self, props: ModelWarmUpProps) -> None:
        """Call hot models after each deployment and scale-out."""
        warm_up = ModelWarmUp(self, "WarmUp", props)
        if self.verification is not None:
            # Its many calls at once would make the answers that are timed late.
            warm_up.resource.node.add_dependency(self.verification.resource)
