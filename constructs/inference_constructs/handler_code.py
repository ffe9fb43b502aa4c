"""Lambda handlers as assets: the root of ``lambda/``, narrowed to the packages a function needs.

The dotted path of a handler is therefore the same in Lambda, in tests and for the checkers, and an
edit to another function changes nothing here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aws_cdk import IgnoreMode
from aws_cdk import aws_lambda as lambda_

_LAMBDA_ROOT = Path(__file__).resolve().parents[2] / "lambda"


def handler_code(packages: Sequence[str]) -> lambda_.Code:
    """The named packages of ``lambda/`` and nothing else; ValueError for one that is not there."""
    missing = [name for name in packages if not (_LAMBDA_ROOT / name / "__init__.py").is_file()]
    if missing:
        raise ValueError(f"packages must name packages of lambda/, got {', '.join(missing)}")
    return lambda_.Code.from_asset(
        str(_LAMBDA_ROOT),
        exclude=["/*", *(f"!/{name}" for name in packages), "__pycache__", ".*"],
        ignore_mode=IgnoreMode.GIT,
    )
