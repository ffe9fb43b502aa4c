"""What may not lie in an overlay."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from model_folders import ModelFileError, load_model_folder

WriteModel = Callable[..., Path]
MODEL_YAML = """\
description: d
licence: MIT
builds: {laptop: {targets: [cpu], overlays: [repository], precision: fp32}}
"""


def _problems(path: Path) -> list[str]:
    folder = load_model_folder(path)
    with pytest.raises(ModelFileError) as caught:
        folder.source_files(folder.builds["laptop"])
    return [problem.replace(f"{path}/", "") for problem in caught.value.problems]


def test_links_out_of_the_folder_and_to_nowhere_are_refused_together(
    write_model: WriteModel, tmp_path: Path
) -> None:
    path = write_model()
    (tmp_path / "secret").write_text("s")
    (path / "repository/a").symlink_to(tmp_path / "secret")
    (path / "repository/b").symlink_to("nowhere")
    (path / "repository/c").symlink_to("m")

    assert sorted(_problems(path)) == [
        f"repository/a must not link out of the model folder, got '{tmp_path}/secret'"
        " (copy the file)",
        "repository/b must link to an existing file, got 'repository/nowhere'"
        " (copy it, or remove the link)",
        "repository/c must link to an existing file, got 'repository/m'"
        " (copy it, or remove the link)",
    ]


def test_a_link_to_a_file_of_the_same_model_is_read_as_that_file(write_model: WriteModel) -> None:
    path = write_model(files={"repository/a": b"a", "shared/b": b"shared"})
    (path / "repository/b").symlink_to("../shared/b")

    folder = load_model_folder(path)

    files = folder.source_files(folder.builds["laptop"])
    assert [(file.path, file.size) for file in files] == [("a", 1), ("b", 6)]


def test_an_overlay_behind_a_link_is_refused(write_model: WriteModel, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "inner").mkdir(parents=True)
    (elsewhere / "inner/secret").write_text("s")
    whole = write_model("whole", files={})
    (whole / "repository").symlink_to(elsewhere)
    part = write_model("part", yaml=MODEL_YAML.replace("repository", "repository/inner"), files={})
    (part / "repository").symlink_to(elsewhere)

    for path, overlay in ((whole, "repository"), (part, "repository/inner")):
        problem = "model.yaml: builds.laptop.overlays[0] must be a folder below"
        assert _problems(path) == [
            f"{problem} {path}, not a link, got {overlay!r} (create it, or correct the path)"
        ]


def test_a_pipe_is_refused(write_model: WriteModel) -> None:
    path = write_model()
    os.mkfifo(path / "repository/pipe")

    assert _problems(path) == [
        "repository/pipe must be a file, a folder or a link to a file (remove it)"
    ]


def test_a_name_that_cannot_be_printed_is_refused(write_model: WriteModel) -> None:
    path = write_model(files={"repository/a\nb": b""})

    assert _problems(path) == ["repository/a\nb must be printable text (rename the file)"]


def test_names_that_differ_in_case_only_are_refused(write_model: WriteModel) -> None:
    path = write_model(files={"repository/M/x": b"", "repository/m/y": b""})

    assert len(_problems(path)) == 1
    assert "must differ from" in _problems(path)[0]


def test_a_file_in_one_overlay_may_not_be_a_folder_in_another(write_model: WriteModel) -> None:
    yaml = (
        "description: d\nlicence: MIT\nbuilds: {laptop: {targets: [cpu], precision: fp32,"
        " overlays: [one, two]}}\n"
    )
    path = write_model(yaml=yaml, files={"one/m": b"", "two/m/x": b""})

    assert _problems(path) == [
        "model.yaml: builds.laptop: m must be either a file or a folder in all overlays"
        " (rename one)"
    ]


def test_missing_and_empty_overlays_are_refused(write_model: WriteModel) -> None:
    missing = write_model("missing", files={})
    empty = write_model("empty", files={})
    (empty / "repository").mkdir()

    assert "overlays[0] must be a folder below" in _problems(missing)[0]
    assert _problems(empty) == [
        "model.yaml: builds.laptop.overlays must hold at least one file (add the Triton repository)"
    ]
