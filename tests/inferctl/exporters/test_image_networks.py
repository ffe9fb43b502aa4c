"""ResNet-50 and Inception-v3: their sizes are those of the published networks."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import pytest

from inferctl.exporters import inception_v3, resnet50
from inferctl.exporters.origin import ExportError, Seed
from inferctl.exporters.seeded import Shape, seeded_tensors
from tests.support.state_dict_writer import write_state_dict


def _parameters(shapes: Mapping[str, Shape]) -> int:
    return sum(math.prod(shape) for name, shape in shapes.items() if ".running_" not in name)


def test_the_parameter_counts_are_those_of_torchvision() -> None:
    assert _parameters(resnet50.parameter_shapes()) == 25_557_032
    # 23,834,568 with 1,000 classes and no auxiliary head, and 2,049 for one class more.
    assert _parameters(inception_v3.parameter_shapes(1000)) == 23_834_568
    assert _parameters(inception_v3.parameter_shapes(1001)) == 23_836_617


def test_resnet50_from_a_state_dict_equals_the_one_from_the_same_tensors(tmp_path: Path) -> None:
    shapes = resnet50.parameter_shapes()
    tensors = seeded_tensors(shapes, seed=5, gain=resnet50.SEEDED_GAIN)
    counter = {"bn1.num_batches_tracked": np.zeros((), np.float32)}

    read = resnet50.export(write_state_dict(tmp_path / "m.pth", tensors | counter))

    digests = [
        hashlib.sha256(model.SerializeToString(deterministic=True)).hexdigest()
        for model in (read, resnet50.export(Seed(5)))
    ]
    assert digests[0] == digests[1]


def test_a_state_dict_of_another_network_is_refused_by_the_first_difference(
    tmp_path: Path,
) -> None:
    tensors = {"conv1.weight": np.zeros((64, 3, 3, 3), np.float32)}

    with pytest.raises(ExportError, match=r"'conv1.weight' must be float32 of shape \(64, 3, 7, 7"):
        resnet50.export(write_state_dict(tmp_path / "m.pth", tensors))


def test_inception_takes_a_seed_only(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"inception_v3 needs source \{seed\}"):
        inception_v3.export(tmp_path)


def test_normalisation_stays_in_the_graph_and_shapes_infer() -> None:
    tensors = seeded_tensors(inception_v3.parameter_shapes(10), seed=0, gain=2.0)

    model = inception_v3.network(tensors, classes=10)

    onnx.checker.check_model(model, full_check=True)
    operators = [node.op_type for node in model.graph.node]
    assert operators.count("Conv") == operators.count("BatchNormalization") == 94
