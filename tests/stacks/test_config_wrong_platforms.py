"""Every wrong platform file gets its exact messages, all of them, and nothing but the error.

``wrong_platforms/NAME.yaml`` starts with the messages it must get, one ``#!`` line each.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.config import PlatformFileError, load_platform
from stacks.platform.problems import Problem

_FOLDER = Path(__file__).parent / "wrong_platforms"
_CASES = sorted(path.name for path in _FOLDER.glob("*.yaml"))


def _problems(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(PlatformFileError) as caught:
        load_platform(path, models_root=Path("models"))
    assert str(caught.value) == "\n\n".join(map(str, caught.value.problems))
    return caught.value.problems


def test_there_are_enough_wrong_platforms() -> None:
    assert len(_CASES) >= 100


@pytest.mark.parametrize("case", _CASES)
def test_wrong_platform_gets_its_exact_messages(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(_FOLDER)
    text = Path(case).read_text(encoding="utf-8")
    expected = [line[3:] for line in text.splitlines() if line.startswith("#! ")]

    problems = _problems(Path(case))

    assert expected
    assert [str(problem) for problem in problems] == expected
    for problem in problems:
        assert problem.file == Path(case)
        assert problem.rule and problem.fix


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "holds nothing, not a mapping"),
        (b"\xff\xfe\x00binary", "is not UTF-8 text (byte 0); name a YAML file, saved as UTF-8"),
        (b"platform: a\x00b\n", "is not valid YAML"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "is not UTF-8 text (byte 0)"),
        (b"a: " + b"x" * 1_048_576, "is larger than 1,048,576 bytes"),
        (b"[" * 200_000, "is nested deeper than 20 levels at line 1"),
        (b"- " * 200_000, "is nested deeper than 20 levels at line 1"),
        (b"a: " + b"9" * 5000, "platform: is missing"),
        (
            b"a: \x07b\n",
            "is not valid YAML: control characters are not allowed; remove them",
        ),
        ("platform: a\nregion: b\n".encode("utf-16"), "is not UTF-8 text (byte 0)"),
        (b"%YAML 9.9\n---\nplatform: a\n", "is not valid YAML"),
    ],
)
def test_unreadable_content_is_one_clear_problem(
    content: bytes, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "platform.yaml"
    path.write_bytes(content)

    assert str(_problems(path)[0]).startswith(f"{path}: {message}")
