"""Reading PyTorch files without PyTorch, and without running what they ask for."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from inferctl.exporters.origin import ExportError
from inferctl.exporters.state_dict import read_state_dict
from tests.support.state_dict_writer import write_pickle, write_state_dict

TENSORS: dict[str, npt.NDArray[np.float32]] = {
    "conv.weight": np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2),
    "bn.bias": np.array([0.5, -1.0], np.float32),
    "count": np.full((), 7, np.float32),
}


class _Command:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.marker}",)


def test_names_shapes_and_values_come_back(tmp_path: Path) -> None:
    tensors = read_state_dict(write_state_dict(tmp_path / "m.pth", TENSORS))

    assert list(tensors) == list(TENSORS)
    for name, tensor in tensors.items():
        np.testing.assert_array_equal(tensor, TENSORS[name])


def test_a_pickle_that_would_run_a_command_is_refused_unrun(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    file = write_pickle(tmp_path / "m.pth", {"a": _Command(marker)})

    with pytest.raises(ExportError, match=r"refused the global (posix|nt)\.system"):
        read_state_dict(file)
    assert not marker.exists()


@pytest.mark.parametrize("value", [np.ones(1), eval, zipfile.ZipFile], ids=str)
def test_every_other_global_is_refused(tmp_path: Path, value: object) -> None:
    with pytest.raises(ExportError, match="refused the global"):
        read_state_dict(write_pickle(tmp_path / "m.pth", value))


@pytest.mark.parametrize("value", [[1], {"a": 1}, 5], ids=str)
def test_what_holds_no_tensors_is_refused(tmp_path: Path, value: object) -> None:
    with pytest.raises(ExportError, match="must hold a mapping of names to tensors"):
        read_state_dict(write_pickle(tmp_path / "m.pth", value))


def test_a_tensor_beyond_its_buffer_is_refused(tmp_path: Path) -> None:
    file = write_state_dict(tmp_path / "m.pth", {"a": TENSORS["bn.bias"]}, shape=(3, 3))

    with pytest.raises(ExportError, match=r"a tensor of size \(3, 3\) reaches beyond its buffer"):
        read_state_dict(file)


def test_a_big_endian_file_is_refused(tmp_path: Path) -> None:
    file = write_state_dict(tmp_path / "m.pth", TENSORS, byte_order=b"big")

    with pytest.raises(ExportError, match="must be little-endian"):
        read_state_dict(file)


def test_a_file_that_is_no_archive_or_has_no_pickle_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.pth").write_text("text")
    with zipfile.ZipFile(tmp_path / "empty.pth", "w") as archive:
        archive.writestr("a", b"")

    with pytest.raises(ExportError, match="must be a zip archive"):
        read_state_dict(tmp_path / "text.pth")
    with pytest.raises(ExportError, match=r"must hold one data\.pkl, got 0"):
        read_state_dict(tmp_path / "empty.pth")
