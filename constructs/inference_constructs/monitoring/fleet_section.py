"""Publishing and compiling models: the functions and the state machine of a model fleet."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_

from inference_constructs.compile_fleet import CompileFleet
from inference_constructs.model_fleet import ModelFleet
from metric_catalog.functions import FUNCTIONS, STATES

from .alarm import AlarmSpec
from .catalogued import PERIOD, computed, metric
from .section import Panel, Section, graph

_FIVE_MINUTES = Duration.minutes(5)


def fleet_section(fleet: ModelFleet) -> Section:
    """What CloudFormation waits for, and what the state machine does meanwhile."""
    functions = dict(fleet.functions)
    machine = fleet.compile_fleet
    if machine is not None:
        functions |= machine.functions
    return Section(
        heading="Publishing models",
        rows=[[*_function_widgets(functions), *([] if machine is None else _machine(machine))]],
        alarms=[
            AlarmSpec(
                name="publishing-errors",
                metric=_total(functions, "Errors"),
                threshold=0,
                periods=3,
                breaching=1,
                reason="A function that publishes models raised, or ran out of time or memory. A"
                " deployment is waiting for it.",
                runbook="publishing-errors",
            ),
            AlarmSpec(
                name="publishing-throttled",
                metric=_total(functions, "Throttles"),
                threshold=0,
                periods=4,
                breaching=3,
                reason="Functions that publish models were refused in 15 of 20 minutes: the"
                " account's concurrency is used up by others.",
                runbook="publishing-errors",
            ),
            *([] if machine is None else _machine_alarms(machine)),
        ],
    )


def _function_widgets(functions: Mapping[str, lambda_.Function]) -> list[Panel]:
    return [
        graph(
            "Errors of functions",
            [_of(function, "Errors", "Sum", name) for name, function in functions.items()],
            unit="calls",
        ),
        graph(
            "Longest calls of functions",
            [
                computed("{m} / 60000", name, {"m": _of(function, "Duration", "Maximum", name)})
                for name, function in functions.items()
            ],
            unit="minutes",
            limit=(15, "Lambda's limit"),
        ),
    ]


def _machine(fleet: CompileFleet) -> list[Panel]:
    return [
        graph(
            "Executions",
            [
                _executions(fleet, "ExecutionsStarted", "started"),
                _executions(fleet, "ExecutionsSucceeded", "succeeded"),
                _executions(fleet, "ExecutionsFailed", "failed"),
                _executions(fleet, "ExecutionsTimedOut", "timed out"),
            ],
            unit="executions",
        ),
        graph(
            "Longest execution",
            [
                computed(
                    "{m} / 60000",
                    "with its compilations",
                    {"m": _of_machine(fleet, "ExecutionTime", "Maximum")},
                )
            ],
            unit="minutes",
        ),
    ]


def _machine_alarms(fleet: CompileFleet) -> list[AlarmSpec]:
    failed = computed(
        "FILL({failed}, 0) + FILL({late}, 0)",
        "executions",
        {
            "failed": _of_machine(fleet, "ExecutionsFailed", "Sum", period=_FIVE_MINUTES),
            "late": _of_machine(fleet, "ExecutionsTimedOut", "Sum", period=_FIVE_MINUTES),
        },
        period=_FIVE_MINUTES,
    )
    return [
        AlarmSpec(
            name="compile-failed",
            metric=failed,
            threshold=0,
            periods=3,
            breaching=1,
            reason="The state machine that packages and compiles models failed as a whole. Single"
            " models that do not compile are noted and let it succeed.",
            runbook="compile-failed",
        )
    ]


def _total(functions: Mapping[str, lambda_.Function], name: str) -> cloudwatch.MathExpression:
    metrics = {
        f"f{index}": _of(function, name, "Sum", title, period=_FIVE_MINUTES)
        for index, (title, function) in enumerate(functions.items())
    }
    expression = " + ".join(f"FILL({{{key}}}, 0)" for key in metrics)
    return computed(expression, name.lower(), metrics, period=_FIVE_MINUTES)


def _of(
    function: lambda_.Function,
    name: str,
    statistic: str,
    label: str,
    *,
    period: Duration = PERIOD,
) -> cloudwatch.Metric:
    dimensions = {"FunctionName": function.function_name}
    return metric(FUNCTIONS, name, dimensions, statistic, label=label, period=period)


def _executions(fleet: CompileFleet, name: str, label: str) -> cloudwatch.Metric:
    return _of_machine(fleet, name, "Sum", label, period=_FIVE_MINUTES)


def _of_machine(
    fleet: CompileFleet,
    name: str,
    statistic: str,
    label: str | None = None,
    *,
    period: Duration = PERIOD,
) -> cloudwatch.Metric:
    dimensions = {"StateMachineArn": fleet.machine.state_machine_arn}
    return metric(STATES, name, dimensions, statistic, label=label, period=period)
