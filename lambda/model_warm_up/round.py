"""One round of calls: each hot model from many callers at once, so that every instance meets it.

SageMaker sends a call to an instance that has the model already, and loads it on a further one
only while that one is busy. Nothing addresses an instance; many calls at once reach most of them.
https://docs.aws.amazon.com/sagemaker/latest/dg/multi-model-endpoints.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from model_warm_up.endpoint import RuntimeClient, call
from model_warm_up.errors import CallLaterError, CallRefusedError
from model_warm_up.hot_models import HotModel

CALLS_PER_INSTANCE: Final = 4
MOST_CALLERS: Final = 32
"""Calls at a time, of all models together; also the size of the clients' connection pool."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Of one model: how its round went. Without a failure, it is warm."""

    model: str
    failure: str | None = None
    passing: bool = False
    """Whether another round may do better."""


def play_round(
    client: RuntimeClient,
    endpoint: str,
    models: Sequence[HotModel],
    *,
    instances: int,
    time_left: Callable[[], bool],
) -> tuple[Outcome, ...]:
    """Call every model ``CALLS_PER_INSTANCE`` times for each instance; no call begins when
    ``time_left`` says no."""
    callers = min(instances * CALLS_PER_INSTANCE, MOST_CALLERS)

    def one(model: HotModel) -> Outcome:
        if model.target is None:
            # the fleet is published before the endpoint is deployed: it will not come later
            return Outcome(model=model.name, failure="the index does not name it")
        if not time_left():
            return Outcome(model=model.name, failure="there was no time to call it", passing=True)
        try:
            call(client, endpoint, model.target, model.body)
        except CallLaterError as error:
            return Outcome(model=model.name, failure=str(error), passing=True)
        except CallRefusedError as error:
            return Outcome(model=model.name, failure=str(error))
        return Outcome(model=model.name)

    with ThreadPoolExecutor(max_workers=MOST_CALLERS) as pool:
        # the calls of one model are neighbours, so that they are under way at one time
        under_way = [(model, [pool.submit(one, model) for _ in range(callers)]) for model in models]
        return tuple(_worst(future.result() for future in futures) for _, futures in under_way)


def _worst(outcomes: Iterable[Outcome]) -> Outcome:
    """A refusal, or else a failure that may pass, or else success."""
    return max(outcomes, key=lambda one: (one.failure is not None, not one.passing))
