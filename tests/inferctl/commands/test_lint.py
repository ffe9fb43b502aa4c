"""``inferctl lint``: exit statuses, forms of output, and unusable input."""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inferctl.commands import lint
from model_folders import models_root

MODEL = """\
description: a plain model
licence: Apache-2.0
golden: {request: request.json, answer: answer.json, max_absolute_error: 0.1}
builds:
  laptop: {targets: [cpu], overlays: [repository], precision: fp32}
"""
CONFIG = """\
backend: "python"
input [ { name: "X" data_type: TYPE_FP32 dims: [ 1 ] } ]
output [ { name: "Y" data_type: TYPE_FP32 dims: [ 1 ] } ]
"""
CODE = "class TritonPythonModel:\n    def execute(self, requests):\n        return requests\n"
TENSOR = '"shape": [1], "datatype": "FP32", "data": [0.5]'
FILES = {
    "model.yaml": MODEL,
    "request.json": f'{{"inputs": [{{"name": "X", {TENSOR}}}]}}',
    "answer.json": f'{{"outputs": [{{"name": "Y", {TENSOR}}}]}}',
    "repository/plain/config.pbtxt": CONFIG,
    "repository/plain/1/model.py": CODE,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path, text in FILES.items():
        (tmp_path / "plain" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "plain" / path).write_text(text)
    return tmp_path / "plain"


def run(*arguments: object) -> int:
    """The command as the command line runs it."""
    parser = argparse.ArgumentParser()
    lint.add_parser(parser.add_subparsers())
    parsed = parser.parse_args(["lint", *map(str, arguments)])
    return int(parsed.run(parsed))


def _warn(folder: Path) -> Path:
    """Adds a directory that draws a warning."""
    (folder / "repository/notes").mkdir()
    (folder / "repository/notes/README").write_text("x")
    return folder / "repository/notes"


def test_clean_folder_exits_0_with_a_summary(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder) == 0
    assert capsys.readouterr() == ("1 model: 0 errors, 0 warnings\n", "")


def test_error_exits_1_and_names_the_place(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = folder / "repository/plain/config.pbtxt"
    config.write_text(CONFIG.replace("[ 1 ]", "[ 0 ]", 1))

    assert run(folder) == 1
    assert capsys.readouterr().out.splitlines()[:3] == [
        "plain",
        f"  {config}:2:50",
        "    error CFG012: dims[0] of input 'X' is 0 (1 or more, or -1)",
    ]


@pytest.mark.parametrize(("arguments", "status"), [((), 0), (("--strict",), 1)])
def test_warning_exits_1_only_when_strict(
    arguments: tuple[str, ...], status: int, folder: Path
) -> None:
    _warn(folder)

    assert run(folder, *arguments) == status


def test_json_and_github_show_the_same_finding(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stray = _warn(folder)

    assert run(folder, "--format", "json") == 0
    finding = json.loads(capsys.readouterr().out)["findings"][0]
    assert run(folder, "--format", "github") == 0
    shown = capsys.readouterr().out

    assert (finding["rule"], finding["file"]) == ("LAY004", str(stray))
    assert shown.startswith(f"::warning file={stray},title=LAY004 directory without config.pbtxt::")


def test_finding_of_several_targets_is_shown_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "model.yaml").write_text(MODEL.replace("[cpu]", "[cpu, g4dn, g5]"))
    _warn(folder)

    assert run(folder) == 0
    assert capsys.readouterr().out.endswith("1 model: 0 errors, 1 warning\n")


def test_terminal_gets_colours_and_the_same_words(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _warn(folder)
    assert run(folder) == 0
    plain = capsys.readouterr().out
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)

    assert run(folder) == 0
    coloured = capsys.readouterr().out

    assert "\x1b[1;33m    warning LAY004" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured).startswith(plain)


def _missing(folder: Path) -> None:
    shutil.rmtree(folder)


def _empty(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


def _a_file(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_bytes(b"\x7fELF")


def _junk(folder: Path) -> None:
    (folder / "model.yaml").write_bytes(b"\x00\xff\xfe junk")


def _no_overlay(folder: Path) -> None:
    shutil.rmtree(folder / "repository")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_missing, "must be a folder with a model.yaml"),
        (_empty, "model.yaml"),
        (_a_file, "must be a folder with a model.yaml"),
        (_junk, "model.yaml"),
        (_no_overlay, "overlays[0] must be a folder"),
    ],
)
def test_unusable_folder_exits_2_with_one_message(
    spoil: Callable[[Path], None],
    said: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spoil(folder)

    assert run(folder) == 2
    out, err = capsys.readouterr()
    assert out == "" and len(err.splitlines()) == 1
    assert said in err and str(folder) in err


def test_all_unusable_folders_are_named_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path / "a", tmp_path / "b") == 2
    assert [line.split(":")[0] for line in capsys.readouterr().err.splitlines()] == [
        str(tmp_path / "a"),
        str(tmp_path / "b"),
    ]


def test_platform_and_folders_exclude_each_other(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, "--platform", "x.yaml") == 2
    assert capsys.readouterr().err == "name MODEL_DIRs or --platform, not both\n"


def test_missing_platform_file_exits_2_with_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--platform", tmp_path / "none.yaml") == 2
    assert "none.yaml" in capsys.readouterr().err


@pytest.mark.parametrize("platform", ["laptop", "dev", "prod"])
def test_platforms_of_this_repository_have_no_errors(platform: str) -> None:
    assert run("--platform", models_root().parent / "platforms" / f"{platform}.yaml") == 0


def test_models_of_this_repository_have_no_errors_in_any_build() -> None:
    assert run() == 0


@given(seed=st.integers(0, 2**32))
@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_no_mutation_of_a_folder_makes_a_traceback(seed: int, folder: Path) -> None:
    generator = random.Random(seed)
    for path, text in FILES.items():
        (folder / path).write_text(text)
    path = generator.choice(sorted(FILES))
    content = bytearray(FILES[path].encode())
    for _ in range(generator.randint(1, 8)):
        content[generator.randrange(len(content))] = generator.choice(b'{}[]":\x00\xff\n #0aX')
    (folder / path).write_bytes(content[: generator.randint(0, len(content))])

    assert run(folder) in (0, 1, 2)
