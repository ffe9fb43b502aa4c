"""A platform's stacks, composed. ``app.py`` and the tests build the same application here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from inference_constructs import ModelData
from model_folders import build_fleet_sources

from .cluster_stack import ClusterStack
from .comparison_stack import TfServingComparison
from .compile_props import compile_props
from .config import EndpointPlan, Platform
from .construct_props import (
    deployment_props,
    endpoint_props,
    network_props,
    removal_policy,
    scaling_props,
)
from .endpoint_stack import EndpointStack
from .model_checks import lint_models
from .models_stack import ModelsStack
from .monitoring_stack import MonitoringStack
from .network_stack import NetworkStack
from .verification_props import verification_props
from .warm_up_props import warm_up_props


def build_app(
    platform: Platform,
    *,
    context: Mapping[str, Any],
    outdir: Path,
    builtin_validation: bool = False,
) -> cdk.App:
    """An application with every stack of ``platform``, not yet synthesized into ``outdir``.

    ``context`` is that of ``cdk.json``; only the CLI passes it by itself, and without its feature
    flags other templates come out. ``builtin_validation`` runs the CDK's own linter on synthesis,
    which takes longer than all the rest.
    """
    app = cdk.App(
        context=dict(context),
        outdir=str(outdir),
        auto_synth=False,
        builtin_cloud_formation_validation=builtin_validation,
    )
    add_platform(app, platform)
    return app


def add_platform(app: cdk.App, platform: Platform) -> None:
    """Define every stack of ``platform`` in ``app`` and check them with cdk-nag on synthesis.

    Raises ModelLintError for models that will not serve, ModelFileError for sources that changed
    since the platform was read.
    """
    warnings = [*platform.warnings]
    for finding in lint_models(platform):
        warnings.append(f"{finding.place}: {finding.rule.id}: {finding.message}")
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    network = NetworkStack(
        app,
        f"{platform.name}-network",
        platform=platform.name,
        env=_environment(platform),
        network=network_props(platform),
    )
    models: ModelsStack | None = None
    endpoint: EndpointStack | None = None
    cluster: ClusterStack | None = None
    if platform.endpoint is not None or platform.models:
        models = _add_models(app, platform, network)
        if platform.endpoint is not None:
            endpoint = _add_endpoint(
                app, platform, platform.endpoint, network=network, models=models
            )
    if platform.cluster is not None:
        cluster = ClusterStack(
            app,
            f"{platform.name}-cluster",
            platform=platform,
            env=_environment(platform),
            plan=platform.cluster,
            vpc=network.vpc,
            fleet=None if models is None else models.published,
        )
        if models is not None and platform.cluster.serves_published_models:
            # Its tasks fetch archives, by keys that are known before they are published.
            cluster.add_stack_dependency(models)
    if platform.comparison is not None:
        TfServingComparison(
            app,
            f"{platform.name}-comparison",
            platform=platform,
            env=_environment(platform),
            plan=platform.comparison,
            vpc=network.vpc,
        )
    if platform.monitoring is not None:
        monitoring = MonitoringStack(
            app,
            f"{platform.name}-monitoring",
            platform=platform,
            env=_environment(platform),
            section=platform.monitoring,
            fleet=None if models is None else models.fleet,
            cluster=cluster,
        )
        for watched in (models, endpoint, cluster):
            # References by name alone do not say that what they name has to be there.
            if watched is not None:
                monitoring.add_stack_dependency(watched)
    for index, warning in enumerate(warnings):
        cdk.Annotations.of(network).add_warning_v2(f"platform:{platform.name}:{index}", warning)


def _add_models(app: cdk.App, platform: Platform, network: NetworkStack) -> ModelsStack:
    sources = build_fleet_sources(
        fleet=platform.fleet,
        prefix=platform.prefix,
        serving_image=platform.serving_image,
        models=[(model.folder, model.build, model.target) for model in platform.models],
        directory=_sources(app, platform),
        compiler_images=platform.compiler_images,
    )
    return ModelsStack(
        app,
        f"{platform.name}-models",
        platform=platform.name,
        env=_environment(platform),
        fleet=platform.fleet,
        prefix=platform.prefix,
        sources=sources,
        removal_policy=removal_policy(platform),
        compile_fleet=None
        if platform.compile is None
        else compile_props(platform, platform.compile, vpc=network.vpc),
    )


def _add_endpoint(
    app: cdk.App,
    platform: Platform,
    plan: EndpointPlan,
    *,
    network: NetworkStack,
    models: ModelsStack,
) -> EndpointStack:
    data = ModelData(bucket=models.store.bucket, prefix=platform.prefix, key=models.store.key)
    stack = EndpointStack(
        app,
        f"{platform.name}-endpoint",
        platform=platform.name,
        env=_environment(platform),
        endpoint=endpoint_props(platform, plan, vpc=network.vpc, model_data=data),
        scaling=scaling_props(plan),
        deployment=deployment_props(plan),
        verification=verification_props(
            platform, plan, model_data=data, sources=_sources(app, platform)
        ),
    )
    hot = warm_up_props(
        platform, plan, endpoint=stack.endpoint, model_data=data, sources=_sources(app, platform)
    )
    if hot is not None:
        stack.warm_up(hot)
    return stack


def _sources(app: cdk.App, platform: Platform) -> Path:
    return Path(app.outdir) / f"sources.{platform.fleet}"


def _environment(platform: Platform) -> cdk.Environment:
    return cdk.Environment(account=platform.account, region=platform.region)
