"""Paths and encodings: what is read, and what is one clear problem."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.config import PlatformFileError, load_platform
from stacks.platform.problems import Problem

_MINIMAL = b"platform: test\nregion: us-east-1\n"


def _problems(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(PlatformFileError) as caught:
        load_platform(path, models_root=Path("models"))
    assert str(caught.value) == "\n\n".join(map(str, caught.value.problems))
    return caught.value.problems


@pytest.mark.parametrize(
    "content",
    [b"\xef\xbb\xbf" + _MINIMAL, _MINIMAL.replace(b"\n", b"\r\n")],
)
def test_byte_order_mark_and_windows_line_ends_are_read(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "there.yaml"
    path.write_bytes(content)
    link = tmp_path / "link.yaml"
    link.symlink_to(path)

    assert load_platform(link, models_root=Path("models")).name == "test"


def test_missing_file_names_those_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "laptop.yaml").touch()
    path = tmp_path / "labtop.yaml"

    assert [str(problem) for problem in _problems(path)] == [
        f"{path}: does not exist; the platform files there are {tmp_path / 'laptop.yaml'}"
    ]


def test_missing_file_in_a_missing_folder_is_one_problem(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "laptop.yaml"

    assert [str(problem) for problem in _problems(path)] == [
        f"{path}: does not exist; check the path"
    ]


def test_folder_is_not_a_platform_file(tmp_path: Path) -> None:
    assert [str(problem) for problem in _problems(tmp_path)] == [
        f"{tmp_path}: is a folder; name a YAML file, such as platforms/laptop.yaml"
    ]


def test_link_that_leads_nowhere_is_one_problem(tmp_path: Path) -> None:
    link, circle = tmp_path / "link.yaml", tmp_path / "circle.yaml"
    link.symlink_to("gone.yaml")
    circle.symlink_to("circle.yaml")

    assert [str(problem) for problem in _problems(link)] == [
        f"{link}: does not exist; check the path"
    ]
    (problem,) = _problems(circle)
    assert problem.rule.startswith("cannot be read: ")


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "file/below-a-file"])
def test_path_that_cannot_be_opened_is_one_problem(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    problems = _problems(tmp_path / name)

    assert len(problems) == 1
    assert problems[0].fix == "check the path and its mode"


def test_unreadable_file_is_one_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "platform.yaml"
    path.touch()

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)

    assert [str(problem) for problem in _problems(path)] == [
        f"{path}: cannot be read: Permission denied; check the path and its mode"
    ]
