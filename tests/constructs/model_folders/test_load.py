"""What a model folder must be besides its model file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from model_folders import ModelFileError, load_model_folder

VALID = """\
description: d
licence: MIT
builds: {laptop: {targets: [cpu], overlays: [repository], precision: fp32}}
"""
GOLDEN = "golden: {request: r.json, answer: a.json, max_absolute_error: 1.0e-3}\n"


def test_golden_files_that_are_missing_are_named(write_model: Callable[..., Path]) -> None:
    folder = write_model(yaml=VALID + GOLDEN)

    with pytest.raises(ModelFileError) as caught:
        load_model_folder(folder)

    assert [problem.split(" must ")[0] for problem in caught.value.problems] == [
        f"{folder / 'model.yaml'}: golden.request",
        f"{folder / 'model.yaml'}: golden.answer",
    ]


@pytest.mark.parametrize("name", ["-x", "a b", "ä", "x" * 129])
def test_a_name_that_does_not_fit_into_a_key_is_refused(
    name: str, write_model: Callable[..., Path]
) -> None:
    folder = write_model(name)

    with pytest.raises(ModelFileError, match="the folder's name must be 1 to 128 letters"):
        load_model_folder(folder)


def test_a_folder_without_a_model_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"model\.yaml: must be a readable file, got No such"):
        load_model_folder(tmp_path)

    with pytest.raises(ModelFileError, match=r"nowhere: must be a folder with a model\.yaml"):
        load_model_folder(tmp_path / "nowhere")


def test_the_smallest_model_file_is_accepted(write_model: Callable[..., Path]) -> None:
    folder = load_model_folder(write_model(yaml=VALID))

    assert (folder.name, list(folder.builds)) == ("small", ["laptop"])
