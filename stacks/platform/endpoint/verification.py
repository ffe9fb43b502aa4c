"""Rules of the endpoint's verification."""

from __future__ import annotations

from collections.abc import Sequence

from stacks.platform.endpoint.verification_file import EndpointVerification
from stacks.platform.file import Endpoint
from stacks.platform.findings import Findings
from stacks.platform.models import PlatformModel

_CACHING = (
    "https://docs.aws.amazon.com/sagemaker/latest/dg/create-multi-model-endpoint.html"
    "#multi-model-caching"
)
_PLACE = "endpoint.verification"
_NAMED = 3


def check_verification(
    endpoint: Endpoint,
    verification: EndpointVerification,
    models: Sequence[PlatformModel],
    findings: Findings,
) -> None:
    """Adds a bound that no call can keep, and models that nothing verifies."""
    if verification.latency_ms is not None and endpoint.model_cache == "disabled":
        findings.refuse(
            f"{_PLACE}.latency_ms",
            verification.latency_ms,
            rule="is for loaded models, and model_cache: disabled unloads each after its call",
            fix="write latency_ms: off, or model_cache: enabled",
            source=_CACHING,
        )
    # golden: null in a build is somebody's decision, and says why beside it
    silent = [
        model
        for model in models
        if model.folder.golden(model.build) is None and not model.build.has_own_golden
    ]
    if silent:
        named = ", ".join(f"{model.name} ({model.build.name})" for model in silent[:_NAMED])
        more = f" and {len(silent) - _NAMED} more" if len(silent) > _NAMED else ""
        findings.warn(
            _PLACE,
            f"nothing verifies {named}{more}: no golden request (add golden:"
            " {request: ..., answer: ...} to the build, or to the model)",
        )
