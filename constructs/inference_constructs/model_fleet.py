"""``Custom::ModelFleet``: publishes the models of a platform, however many, as one resource."""

from __future__ import annotations

import os
from dataclasses import dataclass

from aws_cdk import (
    CustomResource,
    Duration,
    FileAssetLocation,
    FileAssetPackaging,
    RemovalPolicy,
    Stack,
    Stage,
    Token,
)
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from model_fleet import contract
from model_folders import FleetSources

from .compile_fleet import CompileFleet
from .compile_props import CompileFleetProps
from .handler_function import handler_function
from .model_fleet_role import add_machine_statements, model_fleet_role
from .model_store import ModelStore
from .provider_framework import ProviderFramework

# 1,769 MiB is one whole vCPU, and packing is one thread's work:
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
_MEMORY_MIB = 1769
# The framework's functions run 15 minutes and have to outlive the handlers they call.
_TIMEOUT_MINUTES = 14
_LOG_RETENTION = logs.RetentionDays.ONE_MONTH
# Lists of work are read while their execution runs, failures when it has ended.
_WORK_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class ModelFleetProps:
    """``fleet``: who owns the prefix; another fleet's index is never touched.

    ``prefix``: where in the store, ending in ``/``.
    ``query_interval_seconds``: pause between two looks at the work.
    ``total_timeout_seconds``: how long CloudFormation waits, one hour at most; what is published by
    then stays, and the next deployment goes on from there.
    ``compile``: what makes archives that need a compiler, and those of large fleets; without it
    one function packages all, and recipes are refused.
    """

    fleet: str
    prefix: str
    sources: FleetSources
    store: ModelStore
    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN
    query_interval_seconds: int = 2
    total_timeout_seconds: int = 3600
    compile: CompileFleetProps | None = None

    def __post_init__(self) -> None:
        problems: list[str] = []
        if not Token.is_unresolved(self.fleet) and not self.fleet:
            problems.append("fleet must not be empty")
        if not Token.is_unresolved(self.prefix) and not (
            self.prefix.endswith("/") and len(self.prefix) > 1 and not self.prefix.startswith("/")
        ):
            problems.append(
                f"prefix must end, but not start, with '/' and not be empty, got {self.prefix!r}"
            )
        if problems:
            raise ValueError("invalid ModelFleetProps: " + "; ".join(problems))


class ModelFleet(Construct):
    """Publishes what the manifest names, and removes it again with the stack.

    The manifest, the small files (packed into one) and each weights file travel as file assets of
    the stack, content-addressed and uploaded by the CLI from where they lie. The template names
    the manifest and the pack only: it is as long for 1,000 models as for three.
    """

    def __init__(self, scope: Construct, construct_id: str, props: ModelFleetProps) -> None:
        super().__init__(scope, construct_id)
        manifest, pack = self._add_assets(props.sources)
        role = model_fleet_role(
            self,
            "Role",
            store=props.store,
            prefix=props.prefix,
            source_bucket=manifest.bucket_name,
        )
        log_group = logs.LogGroup(
            self, "Log", retention=_LOG_RETENTION, removal_policy=props.removal_policy
        )
        log_group.grant_write(role)
        self.compile_fleet = self._add_compile_fleet(props, role, manifest.bucket_name)
        on_event = self._function("OnEvent", contract.ON_EVENT, role, log_group)
        is_complete = self._function("IsComplete", contract.IS_COMPLETE, role, log_group)
        self.functions = {"on event": on_event, "is complete": is_complete}
        provider = ProviderFramework(
            self,
            "Framework",
            on_event=on_event,
            is_complete=is_complete,
            query_interval_seconds=props.query_interval_seconds,
            total_timeout_seconds=props.total_timeout_seconds,
            log_retention=_LOG_RETENTION,
            removal_policy=props.removal_policy,
        )
        self._resource = CustomResource(
            self,
            "Resource",
            resource_type=contract.RESOURCE_TYPE,
            service_token=provider.service_token,
            properties={
                "ArtifactBucket": props.store.bucket.bucket_name,
                "Prefix": props.prefix,
                "Fleet": props.fleet,
                "SourceBucket": manifest.bucket_name,
                "ManifestKey": manifest.object_key,
                "ManifestDigest": props.sources.manifest_digest,
                "SourcePackKey": pack.object_key,
                "Retain": "true" if props.removal_policy is RemovalPolicy.RETAIN else "false",
                "TimeLimitSeconds": str(props.total_timeout_seconds),
                **self._compile_properties(),
            },
        )
        if self.compile_fleet is not None:
            self._resource.node.add_dependency(self.compile_fleet.ready)

    @property
    def index_version(self) -> str:
        """Serial number of the index that names exactly this fleet's models, known on deploy."""
        return self._resource.get_att_string("IndexVersion")

    @property
    def model_count(self) -> str:
        """How many models the index names, known on deploy."""
        return self._resource.get_att_string("ModelCount")

    def _add_assets(self, sources: FleetSources) -> tuple[FileAssetLocation, FileAssetLocation]:
        """Upload manifest, pack and weights beside the template; the weights need not exist yet."""
        outdir = Stage.of(self).outdir  # type: ignore[union-attr]  # every construct has a stage
        synthesizer = Stack.of(self).synthesizer

        def add(digest: str, path: os.PathLike[str], name: str) -> FileAssetLocation:
            return synthesizer.add_file_asset(
                source_hash=digest,
                file_name=os.path.relpath(path, outdir),
                packaging=FileAssetPackaging.FILE,
                display_name=name,
            )

        manifest = add(sources.manifest_digest, sources.manifest_path, "model manifest")
        pack = add(sources.pack_digest, sources.pack_path, "model source files")
        for blob in sources.blobs:
            add(blob.sha256, blob.location, f"weights {blob.path}")
        return manifest, pack

    def _add_compile_fleet(
        self, props: ModelFleetProps, role: iam.Role, source_bucket: str
    ) -> CompileFleet | None:
        if props.compile is None:
            return None
        fleet = CompileFleet(
            self,
            "Compile",
            props.compile,
            store=props.store,
            prefix=props.prefix,
            source_bucket=source_bucket,
            log_retention=_LOG_RETENTION,
            removal_policy=props.removal_policy,
        )
        add_machine_statements(role, fleet)
        props.store.bucket.add_lifecycle_rule(
            id="old-work",
            prefix=f"{props.prefix}{contract.WORK_FOLDER}",
            expiration=Duration.days(_WORK_DAYS),
        )
        return fleet

    def _compile_properties(self) -> dict[str, str]:
        fleet = self.compile_fleet
        if fleet is None:
            return {}
        return {
            "StateMachineArn": fleet.machine.state_machine_arn,
            "Compilers": Stack.of(self).to_json_string(
                {name: dict(compiler) for name, compiler in fleet.compilers.items()}
            ),
        }

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
