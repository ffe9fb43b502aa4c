"""Runs work on a dependency graph: everything that is ready at once, nothing before its needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

# custom resources spend their time waiting for a Lambda, so more threads than cores help
WORKERS = 16


@dataclass
class Outcome:
    """What became of every node; skipped ones were never started."""

    done: list[str] = field(default_factory=list)
    failed: dict[str, Exception] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)


def run_graph(
    needs: Mapping[str, Set[str]], work: Callable[[str], None], *, stop_on_failure: bool
) -> Outcome:
    """Call ``work`` once per node, a node only after all its needs succeeded.

    After a failure ``stop_on_failure`` starts nothing new and waits for what runs; otherwise only
    the nodes behind the failed one are skipped.
    """
    outcome = Outcome()
    waiting = {name: set(needs[name]) & needs.keys() for name in needs}
    running: dict[Future[None], str] = {}
    with ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="cloudformation") as pool:
        while waiting or running:
            if not (stop_on_failure and outcome.failed):
                for name in [name for name, missing in waiting.items() if not missing]:
                    del waiting[name]
                    running[pool.submit(work, name)] = name
            if not running:
                break
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                name = running.pop(future)
                error = future.exception()
                if error is None:
                    outcome.done.append(name)
                    for missing in waiting.values():
                        missing.discard(name)
                elif isinstance(error, Exception):
                    outcome.failed[name] = error
                else:
                    raise error
    outcome.skipped = list(waiting)
    return outcome
