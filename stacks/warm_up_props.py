"""The hot models of the file turned into the props of their warm-up."""

from __future__ import annotations

from pathlib import Path

from inference_constructs import ModelData, ModelWarmUpProps, MultiModelEndpoint
from model_artifacts import sha256_hex
from model_folders.hot_requests import build_hot_requests

from .config import EndpointPlan, Platform
from .construct_props import removal_policy


def warm_up_props(
    platform: Platform,
    plan: EndpointPlan,
    *,
    endpoint: MultiModelEndpoint,
    model_data: ModelData,
    sources: Path,
) -> ModelWarmUpProps | None:
    """The hot models' requests, written into ``sources`` beside the manifest; None without any."""
    if not plan.section.warm_up:
        return None
    by_name = {model.name: (model.folder, model.build) for model in platform.models}
    return ModelWarmUpProps(
        endpoint=endpoint,
        endpoint_name=plan.name,
        model_data=model_data,
        requests=build_hot_requests([by_name[name] for name in plan.section.warm_up], sources),
        manifest_digest=sha256_hex((sources / "manifest.json").read_bytes()),
        removal_policy=removal_policy(platform),
    )
