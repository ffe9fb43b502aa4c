"""What an endpoint's deployment is verified with, turned into the construct's props."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from inference_constructs import EndpointVerificationProps, ModelData
from model_folders import build_golden_sources, model_questions

from .config import EndpointPlan, Platform
from .construct_props import removal_policy


def verification_props(
    platform: Platform, plan: EndpointPlan, *, model_data: ModelData, sources: Path
) -> EndpointVerificationProps | None:
    """Writes the goldens beside the manifest in ``sources``; None where nothing is to be asked.

    Raises ModelFileError for goldens that cannot be sent.
    """
    section = plan.section.verification
    if section is None:
        return None
    questions = model_questions(
        [(model.folder, model.build) for model in platform.models],
        manifest=sources / "manifest.json",
        latency_ms=section.latency_ms,
        attempts=section.attempts,
    )
    if not questions:
        return None
    return EndpointVerificationProps(
        model_data=model_data,
        sources=build_golden_sources(questions, directory=sources),
        parallel_calls=section.parallel_calls,
        timeout_minutes=section.timeout_minutes,
        removal_policy=removal_policy(platform),
    )


def without_verification(platform: Platform) -> Platform:
    """The same platform for a place where nothing can serve its models, nor warm them up."""
    plan = platform.endpoint
    if plan is None:
        return platform
    section = plan.section.model_copy(update={"verification": None, "warm_up": ()})
    return replace(platform, endpoint=replace(plan, section=section))
