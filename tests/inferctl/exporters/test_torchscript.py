"""ResNet-50 as TorchScript, written without PyTorch: its tensors and its code, read back."""

from __future__ import annotations

import ast
import io
import pickle
import re
import zipfile
from collections import Counter, OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inferctl.exporters import resnet50, resnet50_torchscript
from inferctl.exporters.origin import ExportError, Seed
from inferctl.exporters.torchscript import torchscript
from tests.support.state_dict_writer import write_state_dict


class _Module:
    def __setstate__(self, state: dict[str, Any]) -> None:
        self.state = state


class _Reader(pickle.Unpickler):
    """Reads the module as libtorch does: names of classes, and buffers beside the pickle."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        super().__init__(io.BytesIO(archive.read("archive/data.pkl")))
        self._archive = archive

    def find_class(self, module: str, name: str) -> Any:
        known = {
            ("__torch__", "ResNet50"): _Module,
            ("__torch__", "Small"): _Module,
            ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
            ("torch", "FloatStorage"): "<f4",
            ("collections", "OrderedDict"): OrderedDict,
        }
        return known[module, name]

    def persistent_load(self, pid: Any) -> Any:
        kind, dtype, key, place, count = pid
        assert (kind, place) == ("storage", "cpu")
        values = np.frombuffer(self._archive.read(f"archive/data/{key}"), dtype)
        assert values.size == count
        return values


def _rebuild(
    storage: Any, offset: int, size: Any, stride: Any, gradient: bool, hooks: object
) -> Any:
    assert (offset, gradient, hooks) == (0, False, OrderedDict())
    assert stride == tuple(x // 4 for x in np.empty(size, np.float32).strides)
    return storage.reshape(size)


@pytest.fixture(scope="module")
def archive() -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(resnet50_torchscript.export(Seed(0))))


def test_the_tensors_are_those_of_the_network(archive: zipfile.ZipFile) -> None:
    module = _Reader(archive).load()

    wanted = resnet50.read_tensors(Seed(0))
    assert module.state.pop("training") is False
    assert list(module.state) == [name.replace(".", "_") for name in wanted]
    for name, values in wanted.items():
        assert np.array_equal(module.state[name.replace(".", "_")], values)


def test_the_code_uses_each_tensor_once_and_no_other(archive: zipfile.ZipFile) -> None:
    code = archive.read("archive/code/__torch__.py").decode()

    ast.parse(code)
    used = re.findall(r"self\.(\w+)", code)
    declared = re.findall(r"^  (\w+) : Tensor$", code, re.M)
    assert Counter(used) == Counter(declared)
    parameters, buffers = (
        ast.literal_eval(found) for found in re.findall(r"__ = (\[.*\])$", code, re.M)
    )
    assert sorted(parameters + buffers) == sorted(declared)
    assert all("_running_" in name for name in buffers)
    assert len(buffers) == 2 * 53


def test_the_convolutions_are_those_of_the_onnx_file(archive: zipfile.ZipFile) -> None:
    code = archive.read("archive/code/__torch__.py").decode()
    written = {
        name: (stride, padding)
        for name, stride, padding in re.findall(
            r"conv2d\(\w+, self\.(\w+)_weight, None, \[(\d), \d\], \[(\d), \d\]\)", code
        )
    }

    exported = {
        node.name.replace(".", "_"): tuple(
            str(next(x.ints[0] for x in node.attribute if x.name == key))
            for key in ("strides", "pads")
        )
        for node in resnet50.export(Seed(0)).graph.node
        if node.op_type == "Conv"
    }

    assert written == exported


def test_equal_weights_give_equal_bytes() -> None:
    tensors = {"w": np.ones((2, 3), np.float32)}

    one, other = (
        torchscript("Small", tensors, buffers=[], argument="x", body=["return x"]) for _ in range(2)
    )

    assert one == other
    with zipfile.ZipFile(io.BytesIO(one)) as archive:
        assert archive.read("archive/version") == b"3\n"
        assert archive.read("archive/byteorder") == b"little"
        assert pickle.loads(archive.read("archive/constants.pkl")) == ()
        assert {item.compress_type for item in archive.infolist()} == {zipfile.ZIP_STORED}


def test_a_state_dict_of_another_network_is_refused(tmp_path: Path) -> None:
    tensors = {"conv1.weight": np.zeros((64, 3, 3, 3), np.float32)}

    with pytest.raises(ExportError, match=r"'conv1.weight' must be float32 of shape \(64, 3, 7, 7"):
        resnet50_torchscript.export(write_state_dict(tmp_path / "m.pth", tensors))
