"""Sends each model its golden request and says how the answer compares."""

from __future__ import annotations

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from inferctl.endpoint_client import EndpointClient, InvocationError
from inferctl.golden import Comparison, compare
from model_folders import Golden, ModelFolder


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


def golden_of(folder: ModelFolder) -> Golden:
    """The golden section of the model file; raises `NoGoldenRequestError` without one."""
    if folder.file.golden is None:
        text = f"{folder.model_file}: golden is absent, so there is no request to send"
        raise NoGoldenRequestError(f"{text} (add golden: {{request: ..., answer: ...}})")
    return folder.file.golden


def golden_request(folder: ModelFolder) -> bytes:
    """The body of the golden request; raises `NoGoldenRequestError`."""
    return (folder.path / golden_of(folder).request).read_bytes()


def ask(client: EndpointClient, folder: ModelFolder, target_model: str) -> Reply:
    """Two golden requests; raises `InvocationError` naming the model."""
    golden = golden_of(folder)
    body = golden_request(folder)
    expected = json.loads((folder.path / golden.answer).read_bytes())
    try:
        first = client.invoke(target_model, body)
        warm = client.invoke(target_model, body)
        answer = warm.json()
    except InvocationError as error:
        raise InvocationError(f"{folder.name} ({target_model}): {error}") from error
    comparison = compare(
        expected,
        answer,
        max_absolute_error=golden.max_absolute_error,
        minimum_cosine=golden.minimum_cosine,
    )
    return Reply(folder.name, target_model, first.seconds, warm.seconds, comparison)


def ask_all(
    client: EndpointClient, folders: Iterable[ModelFolder]
) -> tuple[list[Reply], list[InvocationError]]:
    """Ask every model at once, as their callers would; failures do not hide the other answers."""
    index = client.index()
    replies: list[Reply] = []
    failures: list[InvocationError] = []
    with ThreadPoolExecutor(max_workers=8) as pool:
        pending = [
            pool.submit(ask, client, folder, client.target_model(folder.name, index))
            for folder in folders
        ]
        for future in pending:
            try:
                replies.append(future.result())
            except InvocationError as error:
                failures.append(error)
    return replies, failures
