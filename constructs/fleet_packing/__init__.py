"""What fits where in a fleet of accelerator hosts: chips, memory, network interfaces, deployments.

Plain arithmetic over the catalogue. ECS on EC2 does not schedule Neuron devices, so who owns which
chip is decided here, once, for the platform file's checks, the constructs and the tests alike.
"""

from fleet_packing.chip_ledger import ChipLedger
from fleet_packing.chip_slots import LOCK_PORT_BASE, ChipSlot, chip_slots
from fleet_packing.deployments import (
    DeploymentPercents,
    deployment_deadlock,
    safe_deployment,
)
from fleet_packing.errors import ChipConflictError, PackingError
from fleet_packing.host_budget import DAEMON_BUDGET, FETCH_BUDGET, HostBudget, host_budget
from fleet_packing.interfaces import awsvpc_task_limit

__all__ = [
    "DAEMON_BUDGET",
    "FETCH_BUDGET",
    "LOCK_PORT_BASE",
    "ChipConflictError",
    "ChipLedger",
    "ChipSlot",
    "DeploymentPercents",
    "HostBudget",
    "PackingError",
    "awsvpc_task_limit",
    "chip_slots",
    "deployment_deadlock",
    "host_budget",
    "safe_deployment",
]
