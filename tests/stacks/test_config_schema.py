"""The generated JSON schema is the one in the repository, and agrees with the platform files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from stacks.config import SCHEMA_PATH, PlatformFile, schema_text
from stacks.platform import file as platform_file
from stacks.platform.cluster import file as cluster_file
from stacks.platform.cluster import service_file, workload_file
from stacks.platform.comparison import file as comparison_file
from stacks.platform.document import DOCUMENT, document
from stacks.platform.schema import schema_main
from stacks.platform.yaml_file import read_platform_yaml

_MODULES = (
    platform_file,
    cluster_file,
    comparison_file,
    service_file,
    workload_file,
)
_ROOT = Path(__file__).parents[2]


def test_schema_file_is_up_to_date() -> None:
    assert SCHEMA_PATH.read_text(encoding="utf-8") == schema_text(), (
        "run python -m stacks.config --write-schema"
    )


def test_reference_page_is_up_to_date() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), (
        "run python -m stacks.platform.document"
    )


def test_reference_page_has_every_key_once_in_its_section() -> None:
    rows = [line.split("|")[1].strip(" `") for line in document().splitlines() if "| `" in line]

    definitions = json.loads(schema_text())["$defs"]
    known = {
        name: value
        for module in _MODULES
        for name, value in vars(module).items()
        if name in definitions
    }
    sections = [PlatformFile, *known.values()]
    assert known.keys() == definitions.keys()
    assert sorted(rows) == sorted(key for section in sections for key in section.model_fields)


@pytest.mark.parametrize("name", ["laptop", "dev", "prod", "comparison"])
def test_schema_accepts_the_shipped_platform_and_refuses_an_unknown_key(name: str) -> None:
    validator = Draft202012Validator(json.loads(schema_text()))
    value, _ = read_platform_yaml(_ROOT / "platforms" / f"{name}.yaml")
    assert value is not None

    assert list(validator.iter_errors(value)) == []
    assert [error.message for error in validator.iter_errors({**value, "colour": "blue"})] == [
        "Additional properties are not allowed ('colour' was unexpected)"
    ]


def test_schema_command_writes_the_file_and_reports_drift(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "schema.json"
    monkeypatch.setattr("stacks.platform.schema.SCHEMA_PATH", path)

    assert schema_main([]) == 1
    assert "out of date" in capsys.readouterr().err
    assert schema_main(["--write-schema"]) == 0
    assert schema_main([]) == 0
    path.write_text("{}\n", encoding="utf-8")
    assert schema_main([]) == 1
