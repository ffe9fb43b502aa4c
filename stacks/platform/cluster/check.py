"""Rules of the cluster section, put together: who runs where, with what, and reached how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accelerator_catalog import GpuEc2Instance
from fleet_packing import FETCH_BUDGET, ChipLedger, HostBudget, host_budget
from stacks.platform.cluster.chips import check_service_chips, check_task_chips
from stacks.platform.cluster.images import Reach
from stacks.platform.cluster.metrics import check_scaling_metric
from stacks.platform.cluster.models import check_model
from stacks.platform.cluster.network import check_detector, check_place
from stacks.platform.cluster.plans import ClusterPlan, PoolPlan, ServicePlan, TaskPlan, pascal_case
from stacks.platform.cluster.pools import Pools, check_pools
from stacks.platform.cluster.published import PublishedModels
from stacks.platform.cluster.reach import check_load_balancer, check_ports, check_shared_hosts
from stacks.platform.cluster.rollout import check_rollout
from stacks.platform.cluster.service_file import OneOffTask, Service
from stacks.platform.cluster.services import check_counts, check_deployment
from stacks.platform.cluster.size import check_size
from stacks.platform.cluster.verification import check_service_verification
from stacks.platform.cluster.workload_file import WorkloadPort
from stacks.platform.cluster.workloads import check_workload
from stacks.platform.file import Network
from stacks.platform.findings import Findings
from stacks.platform.messages import did_you_mean
from stacks.platform.sections import TypedCluster


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the rest of the file says; ``network`` is None and ``region`` empty where unreadable."""

    region: str
    network: Network | None
    acknowledged: frozenset[str]
    deploy_to: str
    removal: str
    published: PublishedModels


def check_cluster(typed: TypedCluster, around: Surroundings, findings: Findings) -> ClusterPlan:
    """The cluster as planned, which is of use where ``findings`` stay without problems."""
    section = typed.section
    reach = Reach(
        region="" if "subnets" in typed.broken else around.region,
        isolated=section.subnets == "isolated",
        acknowledged=around.acknowledged,
    )
    if around.network is not None and "subnets" not in typed.broken:
        check_place(section, around.network, findings)
    check_detector(section, reach, findings)
    pools = check_pools(
        typed.pools,
        complete="pools" not in typed.broken,
        region=around.region,
        acknowledged=around.acknowledged,
        findings=findings,
    )
    if around.deploy_to == "embedded":
        _check_embedded(typed, findings)
    _check_names(typed, findings)
    ledgers = {
        name: ChipLedger(name, plan.neuron)
        for name, plan in pools.plans.items()
        if plan.neuron is not None
    }
    services = [
        planned
        for position, service in typed.services
        if (planned := _service(position, service, pools, ledgers, reach, around, findings))
    ]
    tasks = [
        one_off
        for position, task in typed.tasks
        if (one_off := _task(position, task, pools, ledgers, reach, around, findings))
    ]
    check_shared_hosts(services, trunking=section.awsvpc_trunking, findings=findings)
    plan = ClusterPlan(
        section=section,
        pools=tuple(pools.plans.values()),
        services=tuple(service for _, service, _ in services),
        tasks=tuple(tasks),
    )
    if not typed.broken:
        check_size(plan, around.removal, findings)
        _warn_of_idle(plan, findings)
    return plan


def _service(
    position: int,
    service: Service,
    pools: Pools,
    ledgers: dict[str, ChipLedger],
    reach: Reach,
    around: Surroundings,
    findings: Findings,
) -> tuple[str, ServicePlan, Sequence[WorkloadPort]] | None:
    place = f"cluster.services[{position}]"
    pool = _pool(place, service.pool, pools, findings)
    ports = check_workload(place, service, pool, reach, findings)
    model = check_model(place, service, pool, around.published, findings)
    check_counts(place, service, pool, findings)
    if service.scaling is not None:
        check_scaling_metric(f"{place}.scaling", service, service.scaling, ports, pool, findings)
    if service.load_balancer is not None:
        check_load_balancer(
            f"{place}.load_balancer",
            service.load_balancer,
            ports,
            around.region,
            around.network,
            findings,
        )
    if service.verification is not None:
        check_service_verification(
            f"{place}.verification",
            service,
            service.verification,
            ports,
            around.deploy_to,
            findings,
        )
    if pool is None:
        return None
    slots = check_service_chips(place, service, pool, ledgers, findings)
    check_ports(place, service, pool, slots, ports, findings)
    deployment = check_deployment(place, service, pool, findings)
    update = check_rollout(place, service, pool, slots, ports, findings)
    plan = ServicePlan(
        section=service,
        pool=pool,
        slots=slots,
        deployment=deployment,
        update=update,
        model=model,
    )
    return place, plan, ports


def _task(
    position: int,
    task: OneOffTask,
    pools: Pools,
    ledgers: dict[str, ChipLedger],
    reach: Reach,
    around: Surroundings,
    findings: Findings,
) -> TaskPlan | None:
    place = f"cluster.tasks[{position}]"
    pool = _pool(place, task.pool, pools, findings)
    check_workload(place, task, pool, reach, findings)
    model = check_model(place, task, pool, around.published, findings)
    if pool is None:
        return None
    slot = check_task_chips(place, task, pool, ledgers, findings)
    budget = _budget(place, task, pool, findings)
    return TaskPlan(section=task, pool=pool, slot=slot, budget=budget, model=model)


def _pool(place: str, name: str, pools: Pools, findings: Findings) -> PoolPlan | None:
    if not pools.knows(name):
        known = [*pools.plans, *sorted(pools.doubtful)]
        near = did_you_mean(name, known)
        findings.refuse(
            f"{place}.pool",
            name,
            rule="is not a pool of this cluster",
            fix=f"did you mean {near}?" if near else f"the pools are {', '.join(known)}",
        )
    return pools.plans.get(name)


def _budget(place: str, task: OneOffTask, pool: PoolPlan, findings: Findings) -> HostBudget | None:
    """What the task reserves of an ordinary host; None where its chips decide."""
    gpus = pool.instance.gpu_count if isinstance(pool.instance, GpuEc2Instance) else 0
    if task.gpus > gpus:
        findings.refuse(
            f"{place}.gpus",
            task.gpus,
            rule=f"is more than {pool.instance.name} has, {gpus}",
            fix=f"write {gpus} or less" if gpus else "remove it, or name a pool of GPU instances",
        )
    most = host_budget(pool.instance)
    named = task.model is not None and task.model.name is not None
    for key in ("memory_mib", "cpu_units"):
        limit, value = getattr(most, key), getattr(task, key)
        if value is None:
            continue
        least = 2 * getattr(FETCH_BUDGET, key) if named else 1
        if pool.neuron is not None:
            findings.refuse(
                f"{place}.{key}",
                value,
                rule="follows from the chips on a Neuron host, or ECS would count hosts wrongly",
                fix="remove it",
            )
        elif value > limit:
            findings.refuse(
                f"{place}.{key}",
                value,
                rule=f"is more than {pool.instance.name} leaves, {limit:,}",
                fix=f"write {limit} or less",
            )
        elif value < least:
            findings.refuse(
                f"{place}.{key}",
                value,
                rule=f"is less than {least}; the container that fetches the model takes"
                f" {least // 2} of it",
                fix=f"write {least} or more",
            )
    if pool.neuron is not None:
        return None
    return HostBudget(
        memory_mib=most.memory_mib if task.memory_mib is None else task.memory_mib,
        cpu_units=most.cpu_units if task.cpu_units is None else task.cpu_units,
    )


def _check_embedded(typed: TypedCluster, findings: Findings) -> None:
    for position, pool in typed.pools:
        if pool.core_metrics:
            findings.refuse(
                f"cluster.pools[{position}].core_metrics",
                True,
                rule="needs an image built with Docker, and embedded hosts have no NeuronCores",
                fix="remove it, or write deploy_to: aws",
            )


def _check_names(typed: TypedCluster, findings: Findings) -> None:
    """Services and tasks share ledgers, outputs and construct ids."""
    seen: dict[str, str] = {}
    entries = [
        *((f"cluster.services[{position}]", entry.name) for position, entry in typed.services),
        *((f"cluster.tasks[{position}]", entry.name) for position, entry in typed.tasks),
    ]
    for place, name in entries:
        first = seen.setdefault(pascal_case(name), place)
        if first != place:
            findings.refuse(
                f"{place}.name",
                name,
                rule=f"is {pascal_case(name)} among the stack's outputs, and so is {first}",
                fix="give each service and task its own name",
            )


def _warn_of_idle(plan: ClusterPlan, findings: Findings) -> None:
    used = {service.pool.name for service in plan.services}
    used |= {task.pool.name for task in plan.tasks}
    for pool in plan.pools:
        if pool.name not in used:
            findings.warn(pool.place, f"nothing runs on pool {pool.name}")
