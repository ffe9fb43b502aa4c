"""Whatever the dependencies, needs come first and are deleted last."""

from __future__ import annotations

import threading

from hypothesis import given, settings
from hypothesis import strategies as st

from inferctl.localaws.cloudformation.callbacks import Callbacks
from inferctl.localaws.cloudformation.model import LiveResource, Stack
from inferctl.localaws.cloudformation.removal import remove_resources
from inferctl.localaws.cloudformation.scheduler import run_graph
from inferctl.localaws.cloudformation.store import Store
from inferctl.localaws.cloudformation.worker import Worker

Graph = dict[str, frozenset[str]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Random acyclic graphs: a node needs only nodes of smaller number."""
    size = draw(st.integers(1, 12))
    return {
        f"n{index}": frozenset(
            f"n{need}" for need in draw(st.sets(st.integers(0, index - 1), max_size=4))
        )
        if index
        else frozenset()
        for index in range(size)
    }


@settings(deadline=None, max_examples=150)
@given(graphs())
def test_work_starts_only_after_all_needs_are_done(graph: Graph) -> None:
    done: list[str] = []

    def work(name: str) -> None:
        assert graph[name] <= set(done)
        done.append(name)

    outcome = run_graph(graph, work, stop_on_failure=True)

    assert not outcome.failed
    assert sorted(done) == sorted(graph) == sorted(outcome.done)


@settings(deadline=None, max_examples=150)
@given(graphs(), st.data())
def test_nothing_behind_a_failure_starts_and_the_rest_is_done(
    graph: Graph, data: st.DataObject
) -> None:
    broken = data.draw(st.sampled_from(sorted(graph)))
    behind = {broken}
    for name in graph:
        if graph[name] & behind:
            behind.add(name)

    def work(name: str) -> None:
        if name == broken:
            raise ValueError(name)

    outcome = run_graph(graph, work, stop_on_failure=False)

    assert set(outcome.failed) == {broken}
    assert set(outcome.done) == graph.keys() - behind
    assert set(outcome.skipped) == behind - {broken}


class _RecordingWorker(Worker):
    def __init__(self) -> None:
        super().__init__(Callbacks())
        self.deleted: list[str] = []

    def delete(self, _stack: Stack, resource: LiveResource) -> None:
        self.deleted.append(resource.logical_id)


@settings(deadline=None, max_examples=150)
@given(graphs())
def test_dependants_are_deleted_before_what_they_need(graph: Graph) -> None:
    store, worker = Store("123456789012"), _RecordingWorker()
    stack = store.new("s", "us-east-1")
    resources = [LiveResource(name, "T", name, {}, dependencies=graph[name]) for name in graph]
    stack.resources = {resource.logical_id: resource for resource in resources}

    failed = remove_resources(stack, resources, worker, store, is_retained=lambda _: False)

    assert not failed
    assert stack.resources == {}
    position = {name: index for index, name in enumerate(worker.deleted)}
    for name, needs in graph.items():
        assert all(position[name] < position[need] for need in needs)


def test_independent_work_runs_at_the_same_time() -> None:
    together = threading.Barrier(4, timeout=10)

    outcome = run_graph(
        {f"n{index}": frozenset() for index in range(4)},
        lambda _name: (together.wait(), None)[1],
        stop_on_failure=True,
    )

    assert not outcome.failed
