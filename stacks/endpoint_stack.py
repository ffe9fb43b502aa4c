"""The endpoint stack."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from inference_constructs import EndpointScalingProps, MultiModelEndpoint, MultiModelEndpointProps


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
        for name, value in {
            "EndpointArn": self.endpoint.endpoint_arn,
            "EndpointName": self.endpoint.endpoint_name,
            "VariantName": self.endpoint.variant_name,
        }.items():
            cdk.CfnOutput(self, name, value=value)
