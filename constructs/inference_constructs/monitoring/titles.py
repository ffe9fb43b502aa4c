"""Names of the platform file as construct ids have them."""

from __future__ import annotations


def pascal_case(name: str) -> str:
    """``tf-serving`` as ``TfServing``."""
    return "".join(word.capitalize() for word in name.split("-"))
