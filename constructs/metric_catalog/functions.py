"""Metrics of Lambda functions and of Step Functions, which publish and compile the models.

AWS Batch has no metrics of its own: what becomes of a job is what becomes of its execution.
"""

from __future__ import annotations

from metric_catalog.metric import EVERY, PLAIN, CatalogMetric, Statistic, Unit, sets

FUNCTIONS = "AWS/Lambda"
STATES = "AWS/States"
_LAMBDA = "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"
_STEP_FUNCTIONS = "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html"


def _function(
    name: str, unit: Unit, statistics: tuple[Statistic, ...], meaning: str
) -> CatalogMetric:
    return CatalogMetric(
        namespace=FUNCTIONS,
        name=name,
        dimensions=sets("FunctionName", "FunctionName Resource", ""),
        unit=unit,
        statistics=statistics,
        meaning=meaning,
        source=_LAMBDA,
    )


def _machine(
    name: str, unit: Unit, statistics: tuple[Statistic, ...], meaning: str
) -> CatalogMetric:
    return CatalogMetric(
        namespace=STATES,
        name=name,
        dimensions=sets("StateMachineArn"),
        unit=unit,
        statistics=statistics,
        meaning=meaning,
        source=_STEP_FUNCTIONS,
    )


LAMBDA = (
    _function("Invocations", "Count", PLAIN, "calls that ran, with or without success"),
    _function("Errors", "Count", PLAIN, "calls that raised or ran out of time or memory"),
    _function("Throttles", "Count", PLAIN, "calls refused for want of concurrency"),
    _function("Duration", "Milliseconds", EVERY, "how long the handler ran"),
    _function("ConcurrentExecutions", "Count", ("Maximum", "Sum"), "calls at once"),
)
STEP_FUNCTIONS = (
    _machine("ExecutionsStarted", "Count", PLAIN, "executions that began"),
    _machine("ExecutionsSucceeded", "Count", PLAIN, "executions that ended well"),
    _machine("ExecutionsFailed", "Count", PLAIN, "executions that failed"),
    _machine("ExecutionsTimedOut", "Count", PLAIN, "executions past their time limit"),
    _machine("ExecutionsAborted", "Count", PLAIN, "executions that were stopped"),
    _machine("ExecutionTime", "Milliseconds", EVERY, "how long executions took"),
)
