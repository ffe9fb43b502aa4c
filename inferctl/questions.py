"""Sends each model its golden request and says how the answer compares."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from golden_answers import Comparison, compare
from inferctl.endpoint_client import Answer, EndpointClient, InvocationError
from model_artifacts.index import Index
from model_folders import Build, Golden, ModelFolder
from stacks.platform.models import PlatformModel


class NoGoldenRequestError(ValueError):
    """The model's folder holds no golden request; the message names its model.yaml."""


@dataclass(frozen=True)
class Reply:
    """One model's answer: the first call loads the model when it is cold, the second is warm."""

    model: str
    target_model: str
    first_seconds: float
    warm_seconds: float
    comparison: Comparison


def golden_of(folder: ModelFolder, build: Build) -> Golden:
    """What the build should answer; raises `NoGoldenRequestError` without a golden section."""
    golden = folder.golden(build)
    if golden is None:
        text = f"{folder.model_file}: build {build.name} has no golden request to send"
        raise NoGoldenRequestError(f"{text} (add golden: {{request: ..., answer: ...}})")
    return golden


def golden_request(folder: ModelFolder, build: Build) -> bytes:
    """The body of the golden request; raises `NoGoldenRequestError`."""
    return (folder.path / golden_of(folder, build).request).read_bytes()


def ask_all(
    client: EndpointClient, models: Sequence[PlatformModel]
) -> tuple[list[Reply], list[Exception]]:
    """Load all models at once, as their callers would, then time one warm call of each.

    Failures do not hide the other answers; each names its model.
    """
    index = client.index()
    replies: list[Reply] = []
    failures: list[Exception] = []
    with ThreadPoolExecutor(max_workers=8) as pool:
        first = [pool.submit(_first_call, client, index, model) for model in models]
    for model, loaded in zip(models, first, strict=True):
        try:
            target_model, seconds = loaded.result()
            replies.append(_reply(client, model, target_model, seconds))
        except (InvocationError, NoGoldenRequestError) as error:
            failures.append(error)
    return replies, failures


def _first_call(client: EndpointClient, index: Index, model: PlatformModel) -> tuple[str, float]:
    """The model's target and the seconds of a call that may have to load it."""
    target_model = client.target_model(model.name, index)
    body = golden_request(model.folder, model.build)
    return target_model, _ask(client, model, target_model, body).seconds


def _reply(
    client: EndpointClient, model: PlatformModel, target_model: str, first_seconds: float
) -> Reply:
    golden = golden_of(model.folder, model.build)
    body = (model.folder.path / golden.request).read_bytes()
    expected = json.loads((model.folder.path / golden.answer).read_bytes())
    warm = _ask(client, model, target_model, body)
    comparison = compare(
        expected,
        warm.json(),
        max_absolute_error=golden.max_absolute_error,
        minimum_cosine=golden.minimum_cosine,
    )
    return Reply(model.name, target_model, first_seconds, warm.seconds, comparison)


def _ask(client: EndpointClient, model: PlatformModel, target_model: str, body: bytes) -> Answer:
    try:
        return client.invoke(target_model, body)
    except InvocationError as error:
        raise InvocationError(f"{model.name} ({target_model}): {error}") from error
