"""Lints the platform's models before they become a stack: what would not serve is not built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from model_lint import Finding, ImageKind, lint_fleet
from model_lint.output import as_text

from .config import Platform
from .platform.compile.check import is_neuron


class ModelLintError(ValueError):
    """Models that will not serve as they are; ``str()`` shows every finding with its fix."""

    def __init__(self, findings: Sequence[Finding], *, models: int) -> None:
        super().__init__("\n".join(as_text(findings, models)))
        self.findings = tuple(findings)


def platform_findings(platform: Platform) -> tuple[Finding, ...]:
    """What lint says of every model that the platform publishes, in the platform's own image."""
    kind: ImageKind = "stock"
    environment: Mapping[str, str] = {}
    if platform.endpoint is not None:
        kind = platform.endpoint.section.image.kind
        environment = platform.endpoint.section.environment
    return lint_fleet(
        # what is compiled for a cluster's Neuron hosts is no Triton repository
        [
            (model.folder, model.build, model.target)
            for model in platform.models
            if not is_neuron(model.target)
        ],
        image_tag=platform.serving_image,
        image_kind="laptop" if platform.deploy_to == "embedded" else kind,
        environment=environment,
    )


def lint_models(platform: Platform) -> tuple[Finding, ...]:
    """The warnings about the platform's models. Raises ModelLintError if there is any error."""
    findings = platform_findings(platform)
    if any(finding.is_error for finding in findings):
        raise ModelLintError(findings, models=len(platform.models))
    return findings
