"""What is watched, and where good ends."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import RemovalPolicy, Token

from inference_constructs.ecs import CapacityPool, EcsCluster, ManagedNeuronCapacity, NeuronService
from inference_constructs.invocable_endpoint import InvocableEndpoint
from inference_constructs.model_fleet import ModelFleet

# InvokeEndpoint gives up after that long, so that nothing can be slower:
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
LONGEST_ANSWER_SECONDS = 60
# Parts of alarms' and the dashboard's own names.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Where good ends. ``latency_ms``: of 99 answers in 100; ``error_percent`` and
    ``cache_hit_percent``: of the calls; ``evictions_per_hour``: of the whole endpoint.
    """

    latency_ms: float = 1000
    error_percent: float = 1
    cache_hit_percent: float = 90
    evictions_per_hour: float = 60
    load_wait_seconds: float = 20
    gpu_percent: float = 90
    disk_percent: float = 85

    def __post_init__(self) -> None:
        most = {
            "latency_ms": LONGEST_ANSWER_SECONDS * 1000,
            "error_percent": 100,
            "cache_hit_percent": 100,
            "evictions_per_hour": math.inf,
            "load_wait_seconds": LONGEST_ANSWER_SECONDS,
            "gpu_percent": 100,
            "disk_percent": 100,
        }
        problems = [
            f"{name} must be more than 0 and at most {limit:g}, got {getattr(self, name):g}"
            for name, limit in most.items()
            if not (0 < getattr(self, name) <= limit and math.isfinite(getattr(self, name)))
        ]
        if problems:
            raise ValueError("invalid Thresholds: " + "; ".join(problems))


@dataclass(frozen=True, kw_only=True)
class WatchedEndpoint:
    """A multi-model endpoint. ``gpus`` and ``vcpus``: of one instance, which its metrics count up.

    ``caches``: whether models stay in memory; without it every call is cold, by choice.
    ``client_metrics``: whether callers write the records of ``model_metrics``.
    """

    endpoint: InvocableEndpoint
    gpus: int
    vcpus: int
    caches: bool = True
    client_metrics: bool = False


@dataclass(frozen=True, kw_only=True)
class WatchedCluster:
    """A cluster with its pools and services. ``chip_errors``: whether a problem detector runs."""

    cluster: EcsCluster
    pools: Sequence[CapacityPool | ManagedNeuronCapacity] = ()
    services: Sequence[NeuronService] = ()
    chip_errors: bool = False


@dataclass(frozen=True, kw_only=True)
class MonitoringProps:
    """``name``: of the dashboard and the beginning of every alarm's; one account has one dashboard
    of a name, whatever the region.

    ``topic_arn``: an SNS topic that is told of alarms; without it there is one of its own.
    ``emails``: who is told by the topic made here; each has to confirm by a link.
    ``runbooks``: what stands before a runbook's file name in links, ending in ``/``.
    """

    name: str
    endpoint: WatchedEndpoint | None = None
    models: ModelFleet | None = None
    cluster: WatchedCluster | None = None
    thresholds: Thresholds = Thresholds()
    topic_arn: str | None = None
    emails: Sequence[str] = ()
    runbooks: str = "docs/runbooks/"
    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN

    def __post_init__(self) -> None:
        problems: list[str] = []
        if not Token.is_unresolved(self.name) and not _NAME.fullmatch(self.name):
            problems.append(
                f"name must be 1 to 100 letters, digits, hyphens and underscores, got {self.name!r}"
            )
        if self.endpoint is None and self.models is None and self.cluster is None:
            problems.append("one of endpoint, models and cluster must be given, got none")
        if self.topic_arn is not None and self.emails:
            problems.append(
                "emails belong to the topic made here, got a topic_arn too (subscribe them to"
                " that topic)"
            )
        if not self.runbooks.endswith("/"):
            problems.append(f"runbooks must end with '/', got {self.runbooks!r}")
        if problems:
            raise ValueError("invalid MonitoringProps: " + "; ".join(problems))
