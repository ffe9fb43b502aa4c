"""How tasks of a service share the chips of a host, and how they are reached."""

from __future__ import annotations

from enum import Enum


class Packing(Enum):
    """Which tasks own which chips.

    ECS on EC2 places tasks by memory, CPU and ports and knows nothing of chips: two tasks that map
    one device are both placed, and the second fails at run time.
    """

    CHIP_SLOTS = "chip-slots"
    """A service for each slot of chips, at most one of its tasks a host: slot k always means the
    same devices. Every host of the pool carries every slot."""
    WHOLE_INSTANCE = "whole-instance"
    """One task a host owns all of its chips."""
    MANAGED_INSTANCES = "managed-instances"
    """ECS Managed Instances: ECS hands out all chips of a host to one task, and the hosts too."""


class NetworkMode(Enum):
    """How a task is reached."""

    BRIDGE = "bridge"
    """Host ports that Docker picks, so that many tasks of one service share a host."""
    HOST = "host"
    """The workload's own ports on the host: one task a host, without Docker's bridge between."""
    AWSVPC = "awsvpc"
    """An interface of its own for each task; a host has few of them."""
