"""The network stack."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from inference_constructs import Network, NetworkProps


class NetworkStack(cdk.Stack):
    """A VPC for the platform."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        platform: str,
        env: cdk.Environment,
        network: NetworkProps,
    ) -> None:
        self._zone_count = network.availability_zones
        super().__init__(
            scope,
            construct_id,
            env=env,
            description=f"Network of the inference platform {platform}",
            tags={"inference-platform": platform},
        )
        self.network = Network(self, "Network", network)
        self.vpc: ec2.IVpc = self.network.vpc
        cdk.CfnOutput(self, "VpcId", value=self.vpc.vpc_id)

    @property
    def availability_zones(self) -> list[str]:
        """The first zones of whatever region this is deployed to: no look-up, no account."""
        return [cdk.Fn.select(index, cdk.Fn.get_azs()) for index in range(self._zone_count)]
