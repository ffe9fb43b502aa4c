"""The platform file's JSON schema, which editors read; generated, never edited."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stacks.platform.file import PlatformFile

SCHEMA_PATH = Path(__file__).resolve().parents[2] / "platforms" / "schema.json"


def schema_text() -> str:
    """The schema as the file holds it: sorted keys, so that equal models give equal bytes."""
    schema = PlatformFile.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Platform file"
    return json.dumps(_without_titles(schema), indent=2, sort_keys=True) + "\n"


def schema_main(arguments: Sequence[str] | None = None) -> int:
    """``--write-schema`` rewrites the file; without it, 1 where the file is out of date."""
    parser = argparse.ArgumentParser(prog="python -m stacks.config", description=__doc__)
    parser.add_argument("--write-schema", action="store_true", help=f"rewrite {SCHEMA_PATH.name}")
    if parser.parse_args(arguments).write_schema:
        SCHEMA_PATH.write_text(schema_text(), encoding="utf-8")
        return 0
    if SCHEMA_PATH.is_file() and SCHEMA_PATH.read_text(encoding="utf-8") == schema_text():
        return 0
    print(
        "platforms/schema.json is out of date; run python -m stacks.config --write-schema",
        file=sys.stderr,
    )
    return 1


def _without_titles(node: Any, *, top: bool = True) -> Any:
    """pydantic titles every property by its own name, which tells an editor nothing."""
    if isinstance(node, list):
        return [_without_titles(item, top=False) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _without_titles(value, top=False)
        for key, value in node.items()
        if top or key != "title" or not isinstance(value, str)
    }
