"""Inputs from the command line, and batches made of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from load_client.errors import InputError
from load_client.inputs import read_inputs
from load_client.plan import batch_of
from load_client.tensors import text_array, with_batch


def test_made_up_numbers_are_the_same_each_time() -> None:
    first = read_inputs(None, ["X=FP32:1,2,3", "N=INT64:2", "B=BOOL:4", "T=BYTES:1,1", "S=FP64:"])
    again = read_inputs(None, ["X=FP32:1,2,3"])

    assert {name: (array.dtype.name, array.shape) for name, array in first.items()} == {
        "X": ("float32", (1, 2, 3)),
        "N": ("int64", (2,)),
        "B": ("bool", (4,)),
        "T": ("object", (1, 1)),
        "S": ("float64", ()),
    }
    assert np.array_equal(first["X"], again["X"])


def test_files_become_strings_and_arrays(tmp_path: Path) -> None:
    (tmp_path / "3giraffes.jpg").write_bytes(b"\xff\xd8\0")
    np.save(tmp_path / "image.npy", np.ones((1, 2), np.uint8))

    found = read_inputs(None, [f"image=@{tmp_path}/3giraffes.jpg", f"x={tmp_path}/image.npy"])

    assert found["image"].tolist() == [b"\xff\xd8\0"]
    assert found["x"].tolist() == [[1, 1]]


def test_a_request_file_gives_inputs_and_options_add_more(tmp_path: Path) -> None:
    request = {"inputs": [{"name": "X", "datatype": "INT32", "shape": [1, 2], "data": [[1, 2]]}]}
    (tmp_path / "request.json").write_text(json.dumps(request))

    found = read_inputs(tmp_path / "request.json", ["Y=FP32:1"])

    assert found["X"].tolist() == [[1, 2]]
    assert set(found) == {"X", "Y"}


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"inputs": [{"name": "X"}]}')

    with pytest.raises(InputError) as caught:
        read_inputs(
            tmp_path / "bad.json",
            ["nothing", "X=FP31:1", "Y=FP32:a", f"Z=@{tmp_path}/none", f"W={tmp_path}/none.npy"],
        )

    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        f"--request {tmp_path}/bad.json",
        "--input 'nothing' must be NAME=TYPE",
        "--input X",
        "--input Y",
        "--input Z",
        "--input W",
    ]


def test_no_inputs_at_all_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no inputs"):
        read_inputs(None, [])
    with pytest.raises(InputError, match="No such file"):
        read_inputs(tmp_path / "none.json", [])


def test_a_pickle_is_not_loaded(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.array([{}], dtype=object), allow_pickle=True)

    with pytest.raises(InputError, match="--input x: Object arrays cannot be loaded"):
        read_inputs(None, [f"x={tmp_path}/x.npy"])


def test_a_batch_repeats_the_first_element() -> None:
    inputs = {"X": np.arange(4).reshape(2, 2), "T": text_array([b"a"], (1,))}

    found = with_batch(inputs, 3)

    assert found["X"].tolist() == [[0, 1]] * 3
    assert found["T"].tolist() == [b"a"] * 3


def test_what_has_no_first_element_is_named() -> None:
    with pytest.raises(InputError) as caught:
        with_batch({"S": np.array(1), "E": np.zeros((0, 2))}, 0)

    assert len(caught.value.problems) == 3


def test_the_batch_of_inputs_is_their_common_first_axis() -> None:
    assert batch_of({"X": np.zeros((4, 2)), "Y": np.zeros(4)}) == 4
    assert batch_of({"X": np.zeros((4, 2)), "Y": np.zeros(2)}) == 1
    assert batch_of({"S": np.array(1.0)}) == 1
    assert batch_of({"E": np.zeros((0, 2))}) == 1


@pytest.mark.parametrize(
    "value", ["FP32:99999999999", "BYTES:99999999999", "FP32:0,99999999999999999999"]
)
def test_inputs_that_no_memory_holds_are_refused(value: str) -> None:
    with pytest.raises(InputError, match="--input X: "):
        read_inputs(None, [f"X={value}"])


def test_a_batch_that_no_memory_holds_is_refused() -> None:
    with pytest.raises(InputError, match="batch 99999999999 of input X"):
        with_batch({"X": np.zeros((1, 4))}, 99_999_999_999)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04junk", b"junk"], ids=["empty", "zip", "junk"])
def test_a_broken_array_file_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.npy").write_bytes(data)

    with pytest.raises(InputError, match="--input X: "):
        read_inputs(None, [f"X={tmp_path}/x.npy"])


def test_an_archive_of_arrays_is_no_array(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", a=np.zeros(1))
    (tmp_path / "x.npz").rename(tmp_path / "x.npy")

    with pytest.raises(InputError, match=r"--input X: .* holds several arrays"):
        read_inputs(None, [f"X={tmp_path}/x.npy"])


@pytest.mark.parametrize(
    "text",
    [
        "[" * 200_000,
        '{"inputs": [{"name": 5, "shape": [1], "datatype": "FP32", "data": [1]}]}',
        '{"inputs": [{"name": "X", "shape": [-1], "datatype": "FP32", "data": [1]}]}',
    ],
    ids=["deep", "name", "shape"],
)
def test_a_request_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.json").write_text(text)

    with pytest.raises(InputError, match="is no KServe v2 JSON request"):
        read_inputs(tmp_path / "r.json", [])
