"""moto ignores the DeploymentConfig of CreateEndpoint and UpdateEndpoint.

Rules: docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeploymentConfig.html. No time passes
here: an alarm that is in ALARM when the update comes is one that fires during it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .patch import Patch

Config = Mapping[str, Any]
# percent of a fleet that one step may be, by the policy's own name for it
_STEPS = {
    "CanarySize": range(1, 51),
    "LinearStepSize": range(10, 51),
    "MaximumBatchSize": range(5, 51),
}
_SIZE_OF = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}
_BLUE_GREEN, _ROLLING = "BlueGreenUpdatePolicy", "RollingUpdatePolicy"


def check_deployment_config(config: Config, instances: int, backend: Any) -> None:
    """Raises what AWS refuses of ``config`` for a fleet of ``instances``."""
    from moto.sagemaker.exceptions import ValidationError

    problems = _policy_problems(config, instances)
    known = {alarm.name for alarm in _alarms(backend)}
    missing = [name for name in _names(config) if name not in known]
    if missing:
        problems.append(f"alarms {', '.join(missing)} do not exist")
    if problems:
        raise ValidationError(message=f"Invalid DeploymentConfig: {'; '.join(problems)}")


def tripped_alarms(config: Config, backend: Any) -> list[str]:
    """The alarms of ``config`` that roll an update back."""
    states = {alarm.name: alarm.state_value for alarm in _alarms(backend)}
    return [name for name in _names(config) if states.get(name) == "ALARM"]


def _policy_problems(config: Config, instances: int) -> list[str]:
    if _BLUE_GREEN in config and _ROLLING in config:
        return ["only one update policy can be used"]
    if _ROLLING in config:
        return _size_problems("MaximumBatchSize", config[_ROLLING], instances)
    routing = config.get(_BLUE_GREEN, {}).get("TrafficRoutingConfiguration", {})
    wanted = _SIZE_OF.get(routing.get("Type", "ALL_AT_ONCE"))
    others = [key for key in _SIZE_OF.values() if key in routing and key != wanted]
    problems = [f"{key} does not go with {routing['Type']}" for key in others]
    return problems if wanted is None else problems + _size_problems(wanted, routing, instances)


def _size_problems(key: str, policy: Config, instances: int) -> list[str]:
    if key not in policy:
        return [f"{key} is required"]
    value, allowed = policy[key]["Value"], _STEPS[key]
    if policy[key]["Type"] == "INSTANCE_COUNT":
        value = value * 100 / max(instances, 1)
    if not allowed[0] <= value <= allowed[-1] or instances < 2:
        return [
            f"{key} must be {allowed[0]} to {allowed[-1]} percent of the variant's total instance"
            f" count, {instances}, got {policy[key]['Value']} {policy[key]['Type']}"
        ]
    return []


def _names(config: Config) -> Sequence[str]:
    alarms = config.get("AutoRollbackConfiguration", {}).get("Alarms", [])
    return [alarm["AlarmName"] for alarm in alarms]


def _alarms(backend: Any) -> Sequence[Any]:
    from moto.cloudwatch.models import cloudwatch_backends

    return list(cloudwatch_backends[backend.account_id][backend.region_name].describe_alarms())


def _create_endpoint(original: Any) -> Callable[[Any], Any]:
    def create_endpoint(self: Any) -> Any:
        backend = self.sagemaker_backend
        config = self._get_param("DeploymentConfig")
        if config:
            named = self._get_param("EndpointConfigName")
            variants = backend.describe_endpoint_config(named)["ProductionVariants"]
            check_deployment_config(config, variants[0].get("InitialInstanceCount", 1), backend)
        answer = original(self)
        if config:
            backend.endpoints[self._get_param("EndpointName")].last_deployment_config = config
        return answer

    return create_endpoint


PATCHES = (
    Patch(
        "sagemaker",
        "moto.sagemaker.responses:SageMakerResponse",
        "create_endpoint",
        _create_endpoint,
    ),
)
