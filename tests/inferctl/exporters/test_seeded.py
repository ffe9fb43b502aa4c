"""Seeded weights are the same numbers everywhere."""

from __future__ import annotations

import hashlib

from inferctl.exporters.seeded import seeded_tensors

SHAPES = {"conv.weight": (4, 3, 2, 2), "bn.weight": (4,), "bn.running_var": (4,), "fc.bias": (4,)}


def test_the_drawn_bytes_are_pinned() -> None:
    tensors = seeded_tensors(SHAPES, seed=7, gain=2.0)

    body = b"".join(tensor.tobytes() for tensor in tensors.values())
    assert (
        hashlib.sha256(body).hexdigest()
        == "041af490f28e545425d244ac9ab876a79426c248d054d41e70b1217c0a314eb6"
    )


def test_kernels_stay_within_their_bound_and_variances_positive() -> None:
    tensors = seeded_tensors(SHAPES, seed=1, gain=2.0)

    bound = (3 * 2.0 / 12) ** 0.5
    assert 0.5 * bound < abs(tensors["conv.weight"]).max() <= bound
    assert tensors["bn.running_var"].min() >= 0.8
    assert {str(tensor.dtype) for tensor in tensors.values()} == {"float32"}


def test_another_seed_draws_other_numbers() -> None:
    one, other = (seeded_tensors(SHAPES, seed=seed, gain=1.0) for seed in (1, 2))

    assert (one["conv.weight"] != other["conv.weight"]).all()
