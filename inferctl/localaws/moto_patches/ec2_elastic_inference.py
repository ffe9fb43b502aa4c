"""moto drops ElasticInferenceAccelerators of RunInstances without a word.

They are kept on the instance, each with an id and an ARN, and DescribeInstances shows the
associations as AWS did until the service ended in April 2024
(docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ElasticInferenceAcceleratorAssociation.html).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from .patch import Patch


def _run_instances(original: Any) -> Callable[[Any], Any]:
    def run_instances(self: Any) -> Any:
        answer = original(self)
        asked = self._get_param("ElasticInferenceAccelerators", [])
        for instance in answer.result.instances if asked else []:
            instance.elastic_inference_accelerators = [dict(item) for item in asked]
            instance.elastic_inference_accelerator_associations = [
                _association(self, instance) for item in asked for _ in range(item.get("Count", 1))
            ]
        return answer

    return run_instances


def _association(response: Any, instance: Any) -> dict[str, Any]:
    accelerator = f"eia-{uuid.uuid4().hex}"
    scope = f"{response.partition}:elastic-inference:{response.region}:{response.current_account}"
    return {
        "ElasticInferenceAcceleratorArn": (
            f"arn:{scope}:elastic-inference-accelerator/{accelerator}"
        ),
        "ElasticInferenceAcceleratorAssociationId": f"eia-assoc-{uuid.uuid4().hex[:17]}",
        "ElasticInferenceAcceleratorAssociationState": "associated",
        "ElasticInferenceAcceleratorAssociationTime": instance.launch_time,
    }


PATCHES = (
    Patch("ec2", "moto.ec2.responses.instances:InstanceResponse", "run_instances", _run_instances),
)
