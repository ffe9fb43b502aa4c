"""The model artifacts stack."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from inference_constructs import (
    CompileFleetProps,
    ModelFleet,
    ModelFleetProps,
    ModelStore,
    ModelStoreProps,
)
from model_folders import FleetSources

from .published_fleet import published_fleet


class ModelsStack(cdk.Stack):
    """A model store, the fleet of models published into it, and what compiles them."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        platform: str,
        env: cdk.Environment,
        fleet: str,
        prefix: str,
        sources: FleetSources,
        removal_policy: cdk.RemovalPolicy,
        compile_fleet: CompileFleetProps | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            env=env,
            description=f"Models of the inference platform {platform}",
            tags={"inference-platform": platform},
        )
        self.store = ModelStore(
            self,
            "Store",
            ModelStoreProps(alias=f"alias/{construct_id}", removal_policy=removal_policy),
        )
        self.fleet = ModelFleet(
            self,
            "Fleet",
            ModelFleetProps(
                fleet=fleet,
                prefix=prefix,
                sources=sources,
                store=self.store,
                removal_policy=removal_policy,
                compile=compile_fleet,
            ),
        )
        self.published = published_fleet(self.store, prefix, sources)
        for name, value in {
            "ArtifactBucket": self.store.bucket.bucket_name,
            "FleetName": fleet,
            "IndexVersion": self.fleet.index_version,
            "ModelCount": self.fleet.model_count,
            "Prefix": prefix,
        }.items():
            cdk.CfnOutput(self, name, value=value)
