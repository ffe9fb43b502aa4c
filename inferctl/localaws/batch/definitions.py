"""Job definitions: what is accepted, and the container that a job makes of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .errors import not_emulated, refused

_KINDS = ("nodeProperties", "eksProperties", "ecsProperties", "consumableResourceProperties")
# what a process of this machine cannot be given, and a job would miss
_CONTAINER = (
    "secrets",
    "volumes",
    "mountPoints",
    "networkConfiguration",
    "fargatePlatformConfiguration",
    "ephemeralStorage",
    "repositoryCredentials",
)
_LEAST_SECONDS = 60
_LOG_DRIVERS = ("awslogs",)
_DEFAULT_RETRY = {"attempts": 1, "evaluateOnExit": []}
Body = Mapping[str, Any]


def check(call: Body) -> None:
    """Raises `BatchError` for a definition that AWS, or this machine, does not take."""
    if call["type"] != "container":
        raise not_emulated(f"batch job definitions of type {call['type']}")
    for name in _KINDS:
        if call.get(name):
            raise not_emulated(f"batch job definitions with {name}")
    if call.get("platformCapabilities", ["EC2"]) != ["EC2"]:
        raise not_emulated("batch jobs on FARGATE")
    container = call.get("containerProperties")
    if container is None:
        raise refused("containerProperties is required for container jobs")
    for name in _CONTAINER:
        if container.get(name):
            raise not_emulated(f"batch containers with {name}")
    driver = container.get("logConfiguration", {}).get("logDriver", "awslogs")
    if driver not in _LOG_DRIVERS:
        raise not_emulated(f"batch containers with the log driver {driver}")
    problems = [
        *_container_problems(container),
        *retry_problems(call.get("retryStrategy", {})),
        *timeout_problems(call.get("timeout", {})),
    ]
    if problems:
        raise refused("; ".join(problems))


def _container_problems(container: Body) -> Iterator[str]:
    if not container.get("image"):
        yield "Container properties image must not be empty"
    asked = {one["type"] for one in container.get("resourceRequirements", [])}
    for kind, old in (("MEMORY", "memory"), ("VCPU", "vcpus")):
        if kind not in asked and old not in container:
            yield f"Container properties should have the resource requirement {kind}"
        if kind in asked and old in container:
            yield f"Container properties cannot have both {old} and the requirement {kind}"
    yield from _requirement_problems(container.get("resourceRequirements", []))
    for variable in container.get("environment", []):
        if variable.get("name", "").startswith("AWS_BATCH"):
            # docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html
            yield f"Environment variables cannot start with AWS_BATCH, got {variable['name']}"


def _requirement_problems(requirements: list[Body]) -> Iterator[str]:
    kinds = [one["type"] for one in requirements]
    for kind in sorted({kind for kind in kinds if kinds.count(kind) > 1}):
        yield f"resource requirement {kind} is given more than once"
    for one in requirements:
        value = one["value"]
        if not value.isdigit() or int(value) < (4 if one["type"] == "MEMORY" else 1):
            least = "4 MiB" if one["type"] == "MEMORY" else "1"
            yield f"{one['type']} must be a whole number of at least {least}, got {value!r}"


def retry_problems(strategy: Body) -> Iterator[str]:
    """What is wrong with a retry strategy."""
    if not 1 <= strategy.get("attempts", 1) <= 10:
        yield f"retryStrategy attempts must be 1 to 10, got {strategy['attempts']}"
    conditions = strategy.get("evaluateOnExit", [])
    if len(conditions) > 5:
        yield f"evaluateOnExit may have 5 entries, got {len(conditions)}"
    for index, one in enumerate(conditions):
        path = f"evaluateOnExit[{index}]"
        if one["action"].upper() not in ("RETRY", "EXIT"):
            yield f"{path}.action must be RETRY or EXIT, got {one['action']}"
        if not one.keys() - {"action"}:
            yield f"{path} needs one of onStatusReason, onReason and onExitCode"
        for name in one.keys() - {"action"}:
            if "*" in one[name][:-1]:
                yield f"{path}.{name} may have an asterisk at its end only, got {one[name]!r}"


def timeout_problems(timeout: Body) -> Iterator[str]:
    """What is wrong with a time limit; AWS takes no shorter one than a minute."""
    seconds = timeout.get("attemptDurationSeconds")
    if seconds is not None and seconds < _LEAST_SECONDS:
        yield f"attemptDurationSeconds must be at least {_LEAST_SECONDS}, got {seconds}"


def overridden(container: Body, overrides: Body, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The container of a job: the overrides win, one by one where there are many of a kind."""
    result = dict(container)
    requirements = {one["type"]: one for one in modern_requirements(container)}
    requirements |= {one["type"]: one for one in modern_requirements(overrides)}
    problems = list(_requirement_problems(list(requirements.values())))
    if problems:
        raise refused("; ".join(problems))
    result["resourceRequirements"] = list(requirements.values())
    variables = {one["name"]: one for one in container.get("environment", [])}
    variables |= {one["name"]: one for one in overrides.get("environment", [])}
    result["environment"] = list(variables.values())
    command = overrides.get("command", container.get("command", []))
    result["command"] = [_substituted(word, parameters) for word in command]
    for name in ("vcpus", "memory"):
        result.pop(name, None)
    if "instanceType" in overrides:
        result["instanceType"] = overrides["instanceType"]
    return result


def modern_requirements(container: Body) -> list[dict[str, str]]:
    """The resource requirements, with those in the members that AWS no longer recommends."""
    old = {"VCPU": container.get("vcpus"), "MEMORY": container.get("memory")}
    given = [{"type": kind, "value": str(value)} for kind, value in old.items() if value]
    return [*given, *container.get("resourceRequirements", [])]


def _substituted(word: str, parameters: Mapping[str, str]) -> str:
    """``Ref::name`` is the parameter of that name, or stays when there is none."""
    if not word.startswith("Ref::"):
        return word
    return parameters.get(word.removeprefix("Ref::"), word)


def completed_retry(strategy: Body) -> dict[str, Any]:
    """A retry strategy with what Batch adds."""
    return {**_DEFAULT_RETRY, **strategy}
