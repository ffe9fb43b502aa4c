"""Elastic Inference, as in 2019: a slice of a GPU over the network. The service is dead."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_ec2 as ec2

from accelerator_catalog import Ec2Instance
from accelerator_catalog.elastic_inference import ElasticInferenceAccelerator
from tf_serving_images import (
    ELASTIC_INFERENCE_IMAGE,
    HIDDEN_FROM_ELASTIC_INFERENCE,
    TfServingImage,
)
from tf_serving_images.contract import ENTRY_POINT

from .accelerator import Accelerator
from .server import ModelServer


class ElasticInference(Accelerator):
    """An accelerator attached to the container instance itself, whose containers share it.

    On the instance, because launch templates have lost the property: CloudFormation refuses it
    there. ECS's own ``InferenceAccelerators`` would reserve it for one task.
    """

    def __init__(self, instance: Ec2Instance, accelerator: ElasticInferenceAccelerator) -> None:
        super().__init__(instance)
        self._accelerator = accelerator

    @property
    def id(self) -> str:
        """See `Accelerator`."""
        return "elastic-inference"

    @property
    def short_name(self) -> str:
        """See `Accelerator`."""
        return "ei"

    @property
    def image(self) -> TfServingImage:
        """See `Accelerator`."""
        return ELASTIC_INFERENCE_IMAGE

    @property
    def servers(self) -> Sequence[ModelServer]:
        """The article's ``ubuntu-tfs-ei``, which must not see the task's metadata.

        With it the server asks there for its accelerator, which only the instance's metadata knows.
        """
        hidden = [word for name in HIDDEN_FROM_ELASTIC_INFERENCE for word in ("-u", name)]
        return [
            ModelServer(
                name="ubuntu-tfs-ei",
                label="elastic-inference",
                image=self.image,
                entry_point=("/usr/bin/env", *hidden, *ENTRY_POINT),
            )
        ]

    @property
    def attachments(self) -> Sequence[ec2.CfnInstance.ElasticInferenceAcceleratorProperty]:
        """See `Accelerator`."""
        return [
            ec2.CfnInstance.ElasticInferenceAcceleratorProperty(
                type=self._accelerator.name, count=1
            )
        ]

    @property
    def metadata_hop_limit(self) -> int:
        """The server finds its accelerator in the instance's metadata, and an answer there may
        cross as many hosts as the limit says: with 1 it does not get behind Docker's bridge.
        docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html
        """
        return 2

    @property
    def connects(self) -> bool:
        """See `Accelerator`."""
        return True
