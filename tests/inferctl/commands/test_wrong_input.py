"""Bad input to any command: one clear message, exit status 2, nothing done."""

from __future__ import annotations

from pathlib import Path

import pytest

from inferctl.cli import main
from inferctl.commands import _target, down

BIG = b'{"inputs": "' + b"x" * 6_291_456 + b'"}'


@pytest.fixture(autouse=True)
def no_embedded_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_target, "running_url", lambda: None)
    monkeypatch.setattr(down, "running_url", lambda: None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["invoke", "minilm", "--text", "a"], "the embedded AWS is not running; run `make up`"),
        (["bench", "minilm"], "the embedded AWS is not running; run `make up`"),
        (["bench"], "name either a MODEL of the platform or a --server"),
        (
            ["bench", "minilm", "--seconds", "0"],
            "seconds must be above 0 and at most 1000000, got 0.0",
        ),
        (["invoke", "bert"], "no 'bert' among them (there are: minilm, resnet50, inception)"),
        (["bench", "bert"], "no 'bert' among them"),
        (["invoke", "minilm", "--request", "absent.json"], "absent.json"),
        (["invoke", "minilm", "--platform", "absent.yaml"], "absent.yaml"),
        (["up", "--platform", "absent.yaml"], "absent.yaml"),
        (["up", "--platform", "platforms/prod.yaml"], "deploys embedded platforms only"),
    ],
)
def test_bad_input_is_refused_with_status_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2

    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said


def test_oversized_request_names_the_limit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    request = tmp_path / "big.json"
    request.write_bytes(BIG)

    assert main(["invoke", "minilm", "--request", str(request)]) == 2
    assert "6,291,456 bytes" in capsys.readouterr().err


def test_down_without_an_embedded_aws_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["down"]) == 0
    assert "nothing to destroy" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["invoke"]])
def test_unknown_usage_exits_with_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)

    assert stopped.value.code == 2
