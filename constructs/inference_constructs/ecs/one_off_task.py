"""Tasks that someone starts, as ``inferctl run-task`` does: a definition without a service."""

from __future__ import annotations

from dataclasses import dataclass, field

from constructs import Construct

from fleet_packing import ChipSlot, PackingError, chip_slots

from .neuron_pool import NeuronCapacityPool
from .packing import NetworkMode
from .task_definition_neuron import NeuronTaskDefinition, NeuronTaskDefinitionProps, owner_problems
from .task_resources import TaskLogs
from .workload import Workload


@dataclass(frozen=True, kw_only=True)
class NeuronTaskProps:
    """``task_name``: under which the pool's ledger has the chips.

    ``chips_per_task``, ``first_chip``: which chips the task owns on the host where it runs.
    """

    task_name: str
    pool: NeuronCapacityPool
    workload: Workload
    chips_per_task: int = 1
    first_chip: int = 0
    network_mode: NetworkMode = NetworkMode.BRIDGE
    task_logs: TaskLogs = field(default_factory=TaskLogs)

    def __post_init__(self) -> None:
        problems = owner_problems("task_name", self.task_name)
        try:
            _ = self.slot
        except PackingError as error:
            problems.append(str(error))
        if problems:
            raise ValueError("invalid NeuronTaskProps: " + "; ".join(problems))

    @property
    def slot(self) -> ChipSlot:
        """The only slot of each host."""
        (slot,) = chip_slots(
            self.pool.instance,
            chips_per_task=self.chips_per_task,
            first_chip=self.first_chip,
            chips=self.chips_per_task,
        )
        return slot


class NeuronTask(NeuronTaskDefinition):
    """Owns its chips on every host of the pool whether it runs or not: it can always be started.

    Start it with the pool's capacity provider strategy. A host's chips that another run of the same
    task still owns are not given out again: ECS places the second run on another host, or waits.
    """

    def __init__(self, scope: Construct, construct_id: str, props: NeuronTaskProps) -> None:
        props.pool.chips.claim(
            props.task_name, first_chip=props.first_chip, chips=props.chips_per_task
        )
        super().__init__(
            scope,
            construct_id,
            NeuronTaskDefinitionProps(
                pool=props.pool,
                slot=props.slot,
                workload=props.workload,
                network_mode=props.network_mode,
                task_logs=props.task_logs,
            ),
        )
