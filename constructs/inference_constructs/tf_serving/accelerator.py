"""What accelerates the second server of the comparison: the interface, and the plain server."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from aws_cdk import aws_ec2 as ec2

from accelerator_catalog import Ec2Instance, EcsAmi, ecs_ami_for
from tf_serving_images import PLAIN_IMAGE, TfServingImage

from .server import ModelServer

# The article's family, whose first word says which accelerator.
_FAMILY = "{}-ecs-ubuntu-tfs-bridge-s3"
PLAIN_SERVER = ModelServer(name="ubuntu-tfs", label="plain", image=PLAIN_IMAGE)
"""The article's server without an accelerator, the same beside each of them."""


class Accelerator(ABC):
    """``instance`` is the type of the container instance that both servers run on."""

    def __init__(self, instance: Ec2Instance) -> None:
        self.instance = instance

    @property
    @abstractmethod
    def id(self) -> str:
        """As the platform file names it."""

    @property
    @abstractmethod
    def short_name(self) -> str:
        """The first word of the task's family."""

    @property
    @abstractmethod
    def image(self) -> TfServingImage:
        """What the accelerated servers run."""

    @property
    @abstractmethod
    def servers(self) -> Sequence[ModelServer]:
        """The accelerated servers, at least one."""

    @property
    def family(self) -> str:
        """Of the task definition."""
        return _FAMILY.format(self.short_name)

    @property
    def ami(self) -> EcsAmi:
        """What the container instance boots from: the image with its drivers."""
        return ecs_ami_for(self.instance)

    @property
    def attachments(self) -> Sequence[ec2.CfnInstance.ElasticInferenceAcceleratorProperty]:
        """What EC2 attaches to the container instance."""
        return ()

    @property
    def metadata_hop_limit(self) -> int:
        """1 keeps the instance's role from containers, which are a hop away in bridge mode."""
        return 1

    @property
    def connects(self) -> bool:
        """Whether servers reach the accelerator through the service of Elastic Inference."""
        return False
