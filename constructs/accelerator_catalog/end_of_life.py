"""Services and parts that ended or are ending, each with its dates and its replacement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Literal

from accelerator_catalog.fact import Fact


@dataclass(frozen=True, kw_only=True)
class EndOfLife(Fact):
    """``dead`` is built only where the platform file acknowledges ``id``; ``legacy`` warns.

    ``closed`` is the day it closed to new customers and ``ended`` the day (or first day of the
    month) support ended; None where no date was published.
    """

    id: str
    status: Literal["dead", "legacy"]
    what: str
    closed: date | None
    ended: date | None
    replacement: str

    @property
    def notice(self) -> str:
        """One sentence: what ended, when, and what to use now."""
        dates = [
            f"{event} {day.isoformat()}"
            for event, day in (
                ("closed to new customers on", self.closed),
                ("ended on", self.ended),
            )
            if day is not None
        ]
        return f"{self.what} {' and '.join(dates) or 'is legacy'}; use {self.replacement}"


_ANNOUNCEMENTS = (
    "https://github.com/aws-neuron/aws-neuron-sdk/blob/master/about-neuron/announcements/neuron2.x"
)
_ROWS = (
    EndOfLife(
        id="elastic-inference",
        status="dead",
        what="Amazon Elastic Inference",
        closed=date(2023, 4, 15),
        ended=date(2024, 4, 1),
        replacement="a shared GPU (NVIDIA MPS) or an Inferentia2 instance",
        source="https://docs.aws.amazon.com/elastic-inference/latest/developerguide/",
    ),
    EndOfLife(
        id="inf1",
        status="legacy",
        what="Inferentia1 (Inf1), whose last Neuron SDK line is 2.20",
        closed=None,
        ended=None,
        replacement="Inf2 or Trn1",
        source="https://awsdocs-neuron.readthedocs-hosted.com/en/latest/release-notes/",
    ),
    EndOfLife(
        id="triton-tensorflow",
        status="dead",
        what="Triton's TensorFlow backend (last SageMaker image: 24.09-py3)",
        closed=None,
        ended=date(2025, 3, 1),
        replacement="ONNX Runtime on a converted model (tf2onnx)",
        source="https://github.com/triton-inference-server/server/pull/8068",
    ),
    EndOfLife(
        id="p2",
        status="legacy",
        what="ml.p2 (K80), which no region lists for hosting any more,",
        closed=None,
        ended=None,
        replacement="ml.g4dn",
        source="cfn-lint 1.58.0, aws_sagemaker_hosting/instancetype_enum.json",
    ),
    EndOfLife(
        id="p3",
        status="legacy",
        what="ml.p3 (V100), which no region lists for hosting any more,",
        closed=None,
        ended=None,
        replacement="ml.g5",
        source="cfn-lint 1.58.0, aws_sagemaker_hosting/instancetype_enum.json",
    ),
    EndOfLife(
        id="al2-ecs-ami",
        status="dead",
        what="The ECS-optimized Amazon Linux 2 images",
        closed=None,
        ended=date(2026, 6, 30),
        replacement="al2023-neuron, al2023-gpu or al2023",
        source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-optimized_AMI.html",
    ),
    EndOfLife(
        id="neuron-runtime-1",
        status="dead",
        what="Neuron Runtime 1.x (neuron-rtd, in images with an SDK below 1.16)",
        closed=None,
        ended=date(2022, 10, 10),
        replacement="tensorflow-inference-neuron 1.15.5 with SDK 2.8.0",
        source=f"{_ANNOUNCEMENTS}/neuron-rtd-eol.rst",
    ),
    EndOfLife(
        id="tensorflow-neuron",
        status="legacy",
        what="TensorFlow 1 on Inferentia (tensorflow-neuron 1.x and its images)",
        closed=None,
        ended=date(2024, 9, 16),
        replacement="pytorch-inference-neuron, or PyTorch on Inf2",
        source=f"{_ANNOUNCEMENTS}/announce-no-support-tensorflow1-x.rst",
    ),
    EndOfLife(
        id="tensorflow-neuronx",
        status="legacy",
        what="TensorFlow on Inferentia2 (tensorflow-neuronx and its images)",
        closed=None,
        ended=date(2026, 4, 9),
        replacement="pytorch-inference-neuronx",
        source=f"{_ANNOUNCEMENTS}/announce-no-longer-support-tensorflow-inf2.rst",
    ),
    EndOfLife(
        id="pytorch-inference-neuronx",
        status="legacy",
        what="pytorch-inference-neuronx (last image: SDK 2.31.1)",
        closed=None,
        ended=date(2026, 8, 17),
        replacement="a copy of its last image in a repository of your own",
        source="https://github.com/aws-neuron/deep-learning-containers (2026-08-17)",
    ),
)

END_OF_LIFE: Mapping[str, EndOfLife] = MappingProxyType({row.id: row for row in _ROWS})
