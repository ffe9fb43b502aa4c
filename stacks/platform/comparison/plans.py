"""The comparison section with what the catalogue says about it."""

from __future__ import annotations

from dataclasses import dataclass

from accelerator_catalog import Ec2Instance
from accelerator_catalog.elastic_inference import ElasticInferenceAccelerator
from stacks.platform.comparison.file import Comparison


@dataclass(frozen=True, kw_only=True)
class ComparisonPlan:
    """A comparison section without problems; ``attached`` is for Elastic Inference alone."""

    section: Comparison
    instance: Ec2Instance
    attached: ElasticInferenceAccelerator | None

    @property
    def connects(self) -> bool:
        """Whether the network needs the endpoint of Elastic Inference."""
        return self.attached is not None
