"""How many tasks with an interface of their own (``awsvpc``) a host takes."""

from __future__ import annotations

from accelerator_catalog import Ec2Instance


def awsvpc_task_limit(instance: Ec2Instance, *, trunking: bool) -> int:
    """Tasks in ``awsvpc`` mode on one ``instance``.

    The host keeps one interface for itself; with trunking (an account setting) branch interfaces
    come on top, where the catalogue knows how many.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-instance-eni.html
    """
    if trunking and instance.trunk_tasks is not None:
        return instance.trunk_tasks
    return instance.enis - 1
