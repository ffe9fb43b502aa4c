"""What the services of a cluster are verified with, turned into the construct's arguments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aws_cdk import Stack, Stage

from golden_answers import request_path
from inference_constructs import VerifiedService
from inference_constructs.ecs import NeuronService
from model_folders import GoldenQuestion, GoldenSources, build_golden_sources

from .config import Platform
from .platform.cluster.plans import ServicePlan


def service_golden_sources(
    platform: Platform, plans: Sequence[ServicePlan], *, stack: Stack
) -> GoldenSources:
    """Writes the goldens of ``plans`` beside the templates.

    Raises ModelFileError for goldens that cannot be sent.
    """
    outdir = Stage.of(stack).outdir  # type: ignore[union-attr]  # every construct has a stage
    questions = [_question(platform, plan) for plan in plans]
    return build_golden_sources(
        questions, directory=Path(outdir) / f"goldens.{platform.name}-services"
    )


def verified_service(plan: ServicePlan, service: NeuronService) -> VerifiedService:
    """Where a service is asked, and what has to be there before."""
    section, balancer = plan.section.verification, service.load_balancer
    assert section is not None and balancer is not None
    return VerifiedService(
        url=balancer.url if section.port is None else balancer.urls[section.port],
        load_balancer=balancer.security_group,
        services=service.services,
        revisions=[definition.task_definition_arn for definition in service.task_definitions],
    )


def _question(platform: Platform, plan: ServicePlan) -> GoldenQuestion:
    section = plan.section.verification
    assert section is not None
    folder = platform.path.parent
    model = section.model_name or plan.section.workload.model_name or plan.name
    return GoldenQuestion(
        name=plan.name,
        place=f"{platform.path}: cluster.services {plan.name}: verification",
        protocol=section.protocol,
        request=folder / section.request,
        answer=folder / section.answer,
        max_absolute_error=section.max_absolute_error,
        minimum_cosine=section.minimum_cosine,
        latency_ms=section.latency_ms,
        attempts=section.attempts,
        path=request_path(section.protocol, model),
    )
