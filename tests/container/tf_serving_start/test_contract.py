"""The names on both sides of the container are one set of names."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from types import ModuleType

from tf_serving_images import contract as outside
from tf_serving_start import contract as inside

ROOT = Path(__file__).resolve().parents[3]
IMAGES = ROOT / "constructs" / "tf_serving_images"


def names(module: ModuleType) -> dict[str, object]:
    return {name: value for name, value in vars(module).items() if name.isupper()}


def test_the_images_repeat_every_constant_of_the_constructs() -> None:
    assert names(inside) == names(outside)
    assert len(names(inside)) == 17


def test_the_constants_need_the_standard_library_alone() -> None:
    imported = {
        name.split(".")[0]
        for path in IMAGES.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
        )
    }

    assert imported - set(sys.stdlib_module_names) == {"tf_serving_images"}
