"""The YAML that a model file may be written in, and what is said about other YAML."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from model_folders import ModelFileError, load_model_folder
from model_folders.yaml_file import parse_yaml

WRONG: dict[str, tuple[str, list[str]]] = {
    "bad yaml": (
        "a: [1",
        [" line 2 column 1 must be valid YAML, got: did not find expected ',' or ']'"],
    ),
    "repeated key": (
        "a: 1\na: 2\n",
        [" line 2 column 1 must be valid YAML, got: key 'a' is given twice (remove one)"],
    ),
    "python tag": (
        "- !!python/object:os.system x",
        [
            " line 1 column 3 must be valid YAML, got: tags have no meaning here, got"
            " tag:yaml.org,2002:python/object:os.system (remove it)"
        ],
    ),
    "nested lists": (
        "[" * 100_000,
        [
            " line 1 column 21 must be valid YAML, got: nested deeper than 20 levels (check"
            " indentation, brackets)"
        ],
    ),
    "nested mappings": (
        "\n".join(" " * depth + "a:" for depth in range(30)),
        [
            " line 21 column 21 must be valid YAML, got: nested deeper than 20 levels (check"
            " indentation, brackets)"
        ],
    ),
    "alias that is not defined": (
        "a: *b\n",
        [" line 1 column 4 must be valid YAML, got: *b is not anchored above (write &b)"],
    ),
    "alias of what holds it": (
        "a: &a [*a]\n",
        [
            " line 1 column 8 must be valid YAML, got: *a is used inside an anchored value (write"
            " the value out)"
        ],
    ),
    "aliases that multiply": (
        "a: &a [x, x]\nb: &b [*a, *a]\n",
        [
            " line 2 column 8 must be valid YAML, got: *a is used inside an anchored value (write"
            " the value out)"
        ],
    ),
    "key that is a list": (
        "[a]: 1\n",
        [" line 1 column 1 must be valid YAML, got: a key must be a word (write name: value)"],
    ),
    "second document": (
        "a: 1\n---\nb: 1\n",
        [
            " line 2 column 1 must be valid YAML, got: a second document begins (keep one model"
            " per file)"
        ],
    ),
    "too large": (
        "#" * (1 << 20) + "\n",
        [" must be valid YAML, got: more than 1,048,576 bytes (name the right file)"],
    ),
}


@pytest.mark.parametrize(("text", "messages"), WRONG.values(), ids=WRONG)
def test_yaml_that_is_wrong_is_refused_with(
    text: str, messages: list[str], write_model: Callable[..., Path]
) -> None:
    folder = write_model(yaml=text)

    with pytest.raises(ModelFileError) as caught:
        load_model_folder(folder)

    assert caught.value.problems == [f"{folder}/model.yaml:{message}" for message in messages]


def test_a_model_file_that_is_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.yaml")

    with pytest.raises(ModelFileError, match="got: something that is no regular file"):
        load_model_folder(tmp_path)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12),
        ("-12", -12),
        ("0", 0),
        ("1.0e-3", 0.001),
        (".5", 0.5),
        ("-.inf", -math.inf),
        ("true", True),
        ("NULL", None),
        ("~", None),
        ("", None),
        ("'12'", "12"),
        ("on", "on"),
        ("01234567", "01234567"),
        ("1234567890123456789", "1234567890123456789"),
        ("2026-01-01", "2026-01-01"),
        ("{a: [1, b]}", {"a": [1, "b"]}),
    ],
)
def test_yaml_value_is_read_as(text: str, value: object) -> None:
    parsed = parse_yaml(f"key: {text}\n".encode())

    assert parsed == {"key": value}
    assert type(parsed["key"]) is type(value)


def test_an_anchored_value_may_be_used_again() -> None:
    assert parse_yaml(b"a: &x [1, {b: 2}]\nc: *x\n") == {"a": [1, {"b": 2}], "c": [1, {"b": 2}]}
