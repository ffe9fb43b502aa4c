"""What the stack and the handlers of ``Custom::CapacityPool`` agree on; imports nothing of ours."""

from typing import Final, NotRequired, TypedDict

RESOURCE_TYPE: Final = "Custom::CapacityPool"
ON_EVENT: Final = "capacity_pool.handler.on_event"
IS_COMPLETE: Final = "capacity_pool.handler.is_complete"

PACKAGES: Final = ("capacity_pool", "cfn_resource")
"""Packages of ``lambda/`` that the handlers' asset must hold."""

# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html
READ_ACTIONS: Final = ("autoscaling:DescribeAutoScalingGroups",)
"""On ``*``: no Describe action takes a resource."""
GROUP_ACTIONS: Final = ("autoscaling:SetInstanceProtection", "autoscaling:UpdateAutoScalingGroup")
"""On the ARN of the pool's Auto Scaling group."""
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
LIST_ACTIONS: Final = ("ecs:ListTasks",)
"""On the ARNs of the cluster's container instances, whether the call names one or not."""
TASK_ACTIONS: Final = ("ecs:DescribeTasks", "ecs:StopTask")
"""On the ARNs of the cluster's tasks."""


class PoolProperties(TypedDict):
    """Properties of ``Custom::CapacityPool``; CloudFormation delivers every value as a string."""

    ServiceToken: str
    Pool: str
    """The pool's name, for messages."""
    Cluster: str
    """The cluster's name, whose waiting tasks are stopped."""
    CapacityProvider: NotRequired[str]
    """The capacity provider's name; without it no task is stopped, as in earlier releases."""
    GroupName: str
    """Name of the Auto Scaling group, also the physical id."""
    DrainMinutes: str
    """How long Delete waits for the last instance, 1 to 55."""
