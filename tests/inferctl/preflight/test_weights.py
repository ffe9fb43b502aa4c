from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from inferctl.preflight import weights
from inferctl.preflight.account import NobodyToAsk
from inferctl.preflight.finding import Outcome
from inferctl.preflight.subject import Subject
from inferctl.preflight.weights import check
from model_folders import SeedSource

NOBODY = NobodyToAsk(Outcome.TO_DO, "offline")


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "is_cached", lambda _: True)


@pytest.fixture
def prod(prod: Subject) -> Subject:
    """With its first model alone."""
    return replace(prod, platform=replace(prod.platform, models=prod.platform.models[:1]))


def with_weights(prod: Subject, **changes: Any) -> Subject:
    (model,) = prod.platform.models
    file = model.build.weights[0].model_copy(update=changes)
    model = replace(model, build=replace(model.build, weights=(file,)))
    return replace(prod, platform=replace(prod.platform, models=(model,)))


def test_locked_and_made_weights_of_a_known_licence_pass(prod: Subject) -> None:
    licence, file = check(prod, NOBODY)

    assert (licence.outcome, licence.value) == (Outcome.PASSED, "Apache-2.0")
    assert (file.outcome, file.value) == (Outcome.PASSED, "locked, 89,702,839 bytes, made")
    assert file.place == "minilm: encoder/1/model.onnx"


def test_weights_without_a_digest_fail(prod: Subject) -> None:
    _, file = check(with_weights(prod, sha256=None, size=None), NOBODY)

    assert (file.outcome, file.value) == (Outcome.FAILED, "not locked")
    assert file.fix == "inferctl models lock minilm"


def test_random_weights_are_left_to_a_person(prod: Subject) -> None:
    _, file = check(with_weights(prod, source=SeedSource(seed=7)), NOBODY)

    assert (file.outcome, file.value) == (Outcome.TO_DO, "random, from seed 7")


def test_weights_that_are_not_on_this_machine_are_left_to_a_person(
    prod: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weights, "is_cached", lambda _: False)

    _, file = check(prod, NOBODY)
    assert (file.outcome, file.fix) == (
        Outcome.TO_DO,
        "inferctl models prepare minilm --build gpu-onnx",
    )


def test_a_licence_of_ones_own_is_to_be_read(prod: Subject) -> None:
    (model,) = prod.platform.models
    file = model.folder.file.model_copy(update={"licence": "Our own terms"})
    model = replace(model, folder=replace(model.folder, file=file))
    subject = replace(prod, platform=replace(prod.platform, models=(model,)))

    licence, _ = check(subject, NOBODY)
    assert (licence.outcome, licence.value) == (Outcome.TO_DO, "Our own terms")
