"""Models one by one, as their callers see them: SageMaker itself tells none apart."""

from __future__ import annotations

from model_metrics import contract

from .catalogued import computed
from .props import WatchedEndpoint
from .section import Panel, Section, graph

# A graph with a line for each of thousands of models shows nothing, and CloudWatch refuses it.
_MOST_MODELS = 10


def callers_section(watched: WatchedEndpoint) -> Section:
    """The ten models that stand out in each respect. An alarm cannot search, so there is none."""
    name = watched.endpoint.endpoint_name
    return Section(
        heading=f"Models of {name}, measured by their callers",
        rows=[
            [
                _ranked("Slowest models, p99", name, contract.LATENCY, "p99", "ms"),
                _ranked("Most called models", name, contract.CALLS, "Sum", "calls a minute"),
                _ranked("Models with errors", name, contract.ERRORS, "Sum", "calls a minute"),
                _ranked("Models called cold", name, contract.COLD_CALLS, "Sum", "calls a minute"),
            ]
        ],
    )


def _ranked(title: str, endpoint: str, name: str, statistic: str, unit: str) -> Panel:
    schema = ",".join((contract.NAMESPACE, *contract.DIMENSION_SETS[0]))
    search = (
        f'SEARCH(\'{{{schema}}} MetricName="{name}"'
        f" {contract.ENDPOINT_DIMENSION}=\"{endpoint}\"', '{statistic}', 60)"
    )
    expression = f"SORT({search}, MAX, DESC, {_MOST_MODELS})"
    return graph(title, [computed(expression, "")], unit=unit)
