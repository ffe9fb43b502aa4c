"""moto does not spell Batch's members as Batch does, asks twice a second, and never ends a job.

Definitions have ``JobName`` where the API has ``jobName``, and outputs have ``JobId``. AWS ends the
job when the execution is stopped or the state times out. Here the state waits for our own Batch,
without asking.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inferctl.localaws.batch.protocol import service_model
from inferctl.localaws.stepfunctions.batch_jobs import AwaitedJob

from .hooks import hooks
from .patch import Patch

_BATCH = (
    "moto.stepfunctions.parser.asl.component.state.exec.state_task.service"
    ".state_task_service_batch:StateTaskServiceBatch"
)


def _normalise_parameters(_original: Any) -> Callable[..., None]:
    def _normalise_parameters(self: Any, parameters: Any, *_names: Any) -> None:
        shape = service_model().operation_model(_operation(self)).input_shape
        self._to_boto_request(parameters, shape)

    return _normalise_parameters


def _normalise_response(_original: Any) -> Callable[..., None]:
    def _normalise_response(
        self: Any,
        response: Any,
        boto_service_name: str | None = None,
        service_action_name: str | None = None,
    ) -> None:
        del boto_service_name
        name = "DescribeJobs" if service_action_name == "describe_jobs" else _operation(self)
        shape = service_model().operation_model(name).output_shape
        self._from_boto_response(response, shape)

    return _normalise_response


def _operation(task: Any) -> str:
    action: str = task.resource.api_action
    return action[0].upper() + action[1:]


def _build_sync_resolver(original: Any) -> Callable[..., Any]:
    def _build_sync_resolver(
        self: Any,
        env: Any,
        resource_runtime_part: Any,
        normalised_parameters: Any,
        state_credentials: Any,
    ) -> AwaitedJob:
        if hooks.batch is None:
            raise RuntimeError("no Batch is running")
        job_id = env.stack[-1]["JobId"]
        resolve = original(
            self, env, resource_runtime_part, normalised_parameters, state_credentials
        )
        return AwaitedJob(job_id, resolve, part=hooks.batch, region=resource_runtime_part.region)

    return _build_sync_resolver


def _eval_sync(_original: Any) -> Callable[..., Any]:
    def _eval_sync(_self: Any, env: Any, sync_resolver: Any, **_others: Any) -> Any:
        if sync_resolver.wait(env.is_running):
            return sync_resolver()
        execution = env.states.context_object.context_object_data["Execution"]["Id"]
        sync_resolver.terminate(execution)
        # moto would write of the success of a state that has ended otherwise
        env.event_manager = type(env.event_manager)()
        return None

    return _eval_sync


PATCHES = (
    Patch("stepfunctions", _BATCH, "_normalise_parameters", _normalise_parameters),
    Patch("stepfunctions", _BATCH, "_normalise_response", _normalise_response),
    Patch("stepfunctions", _BATCH, "_build_sync_resolver", _build_sync_resolver),
    Patch("stepfunctions", _BATCH, "_eval_sync", _eval_sync),
)
