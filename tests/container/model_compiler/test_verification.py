"""Requests, distances, and the gate before publication."""

from __future__ import annotations

import base64
import json
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_compiler.engine import Outcome
from model_compiler.errors import CompilerError, InputError, VerificationError
from model_compiler.exchange import read_arrays, write_arrays
from model_compiler.tensors import compare_outputs, read_request, with_rows
from model_compiler.verify import verify

TOLERANCE = {"max_absolute_error": 0.1, "minimum_cosine": 0.999}


def _request(path: Path, **tensor: Any) -> Path:
    path.write_text(json.dumps({"inputs": [{"name": "x", **tensor}]}))
    return path


def _outcome(expected: Any, got: Any) -> Outcome:
    return Outcome(
        versions={},
        compile_seconds=0.0,
        method="executed",
        expected=None if expected is None else {"y": np.array(expected, np.float32)},
        got=None if got is None else {"y": np.array(got, np.float32)},
    )


@pytest.mark.parametrize(
    ("kind", "data", "values"),
    [
        ("FP32", [1.5, 2], np.array([1.5, 2], np.float32)),
        ("INT32", [[1], [2]], np.array([1, 2], np.int32)),
        ("BOOL", [True, False], np.array([True, False])),
        ("BYTES", ["a", "ü"], np.array([b"a", "ü".encode()], object)),
    ],
)
def test_a_request_becomes_arrays(tmp_path: Path, kind: str, data: Any, values: Any) -> None:
    read = read_request(_request(tmp_path / "r", datatype=kind, shape=[2], data=data))

    assert read["x"].dtype == values.dtype
    assert np.array_equal(read["x"], values)


def test_inputs_without_rows_are_refused() -> None:
    for values in (np.array(1.0), np.empty((0, 3))):
        with pytest.raises(InputError, match="must have rows, got shape"):
            with_rows(values, 2)


def test_files_and_big_arrays_may_be_packed(tmp_path: Path) -> None:
    picture = bytes(range(256))
    packed = base64.b64encode(zlib.compress(np.arange(6, dtype="<f4").tobytes())).decode()

    file = read_request(
        _request(
            tmp_path / "f",
            datatype="BYTES",
            shape=[1],
            data=[{"b64": base64.b64encode(picture).decode()}],
        )
    )
    array = read_request(
        _request(tmp_path / "a", datatype="FP32", shape=[2, 3], data={"zlib": packed})
    )

    assert file["x"][0] == picture
    assert array["x"].tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        ({"datatype": "FP32", "shape": [3], "data": [1, 2]}, "cannot reshape"),
        ({"datatype": "FP8", "shape": [1], "data": [1]}, "datatype 'FP8' of x is none of"),
        ({"datatype": "FP32", "shape": [1]}, "KeyError: 'data'"),
        ({"datatype": "BYTES", "shape": [1], "data": [{"b64": "?"}]}, "Error"),
        ({"datatype": "FP32", "shape": [1], "data": {"zlib": "AAAA"}}, "error"),
        (
            {
                "datatype": "FP32",
                "shape": [2],
                "data": {"zlib": base64.b64encode(zlib.compress(bytes(12))).decode()},
            },
            "must be 8 bytes of FP32",
        ),
        ({"datatype": "UINT8", "shape": [1], "data": [300]}, "OverflowError"),
    ],
)
def test_a_wrong_request_is_wrong_input(
    tmp_path: Path, tensor: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=f"must be KServe v2 JSON: .*{message}"):
        read_request(_request(tmp_path / "r", **tensor))


def test_rows_are_repeated_or_left_out() -> None:
    values = np.array([[1], [2], [3]])

    assert with_rows(values, 2).tolist() == [[1], [2]]
    assert with_rows(values, 7).ravel().tolist() == [1, 2, 3, 1, 2, 3, 1]


def test_arrays_pass_through_files_without_a_pickle(tmp_path: Path) -> None:
    arrays = {"x": np.eye(2, dtype=np.float32).T, "s": np.array([b"a", b"bcd"], object)}

    files = write_arrays(tmp_path / "arrays", arrays)
    read = read_arrays(files)

    assert np.array_equal(read["x"], arrays["x"])
    assert read["s"].tolist() == [b"a", b"bcd"]


def test_outputs_that_are_no_arrays_are_a_compiler_error(tmp_path: Path) -> None:
    (tmp_path / "y.npy").write_bytes(b"no array")

    with pytest.raises(CompilerError, match="a worker's outputs cannot be read"):
        read_arrays({"y": str(tmp_path / "y.npy")})


def test_the_distance_is_that_of_the_worst_element() -> None:
    found, problems = compare_outputs(
        {"y": np.array([1.0, 2.0, 3.0], np.float16)}, {"y": np.array([1.0, 2.5, 3.0])}
    )

    assert problems == []
    assert found[0]["max_absolute_error"] == 0.5
    assert 0.98 < found[0]["cosine"] < 1


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_what_is_no_number_is_infinitely_far(wrong: float) -> None:
    with pytest.raises(VerificationError, match="output y differs by inf"):
        verify(_outcome([1.0, 2.0], [1.0, wrong]), {**TOLERANCE, "max_absolute_error": 1e300})


def test_within_the_tolerance_the_worst_is_reported() -> None:
    report = verify(_outcome([1.0, 2.0], [1.0, 2.05]), TOLERANCE)

    assert report["method"] == "executed"
    assert report["max_absolute_error"] == pytest.approx(0.05, rel=1e-5)
    assert report["cosine"] == report["outputs"][0]["cosine"]


@pytest.mark.parametrize(
    ("expected", "got", "message"),
    [
        ([1.0], [1.2], "differs by 0.2 from the uncompiled model, allowed is 0.1"),
        ([0.01, 0.0], [0.0, 0.01], "has cosine 0.000000 to the uncompiled model"),
        ([0.0], [0.01], "has cosine 0.000000"),
        ([1.0, 2.0], [1.0], r"has shape \[1\], uncompiled \[2\]"),
    ],
)
def test_beyond_the_tolerance_nothing_passes(expected: Any, got: Any, message: str) -> None:
    with pytest.raises(VerificationError, match=message):
        verify(_outcome(expected, got), TOLERANCE)


def test_a_missing_output_and_none_at_all_are_failures() -> None:
    nothing = Outcome(versions={}, compile_seconds=0, method="executed", expected={}, got={})
    missing = Outcome(
        versions={},
        compile_seconds=0,
        method="executed",
        expected={"y": np.zeros(1)},
        got={"z": np.zeros(1)},
    )

    with pytest.raises(VerificationError, match="there is no output to compare"):
        verify(nothing, TOLERANCE)
    with pytest.raises(VerificationError, match="output y is missing, got z"):
        verify(missing, TOLERANCE)


def test_zeros_equal_zeros() -> None:
    assert verify(_outcome([0.0], [0.0]), TOLERANCE)["cosine"] == 1.0


def test_what_could_not_run_is_reported_without_numbers() -> None:
    report = verify(_outcome([1.0], None), TOLERANCE)

    assert (report["max_absolute_error"], report["cosine"], report["outputs"]) == (None, None, [])
