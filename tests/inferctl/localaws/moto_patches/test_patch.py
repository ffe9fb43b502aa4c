from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
from moto.backends import list_of_moto_modules

from inferctl.localaws.moto_patches import PATCHES
from inferctl.localaws.moto_patches.patch import Patch, reverted


class Owner:
    def old(self) -> str:
        return "moto"


@pytest.fixture(autouse=True)
def module() -> Iterator[None]:
    made = ModuleType("patched_module")
    vars(made)["Owner"] = Owner
    sys.modules["patched_module"] = made
    yield
    del sys.modules["patched_module"]


def test_a_patch_is_applied_once_and_can_be_taken_back() -> None:
    patch = Patch("s3", "patched_module:Owner", "old", lambda old: lambda self: old(self) + "+")

    patch.apply()
    patch.apply()
    assert Owner().old() == "moto+"

    with reverted(patch):
        assert Owner().old() == "moto"
    assert Owner().old() == "moto+"

    patch.revert()
    assert Owner().old() == "moto"


def test_an_added_attribute_is_removed_again() -> None:
    patch = Patch("s3", "patched_module:Owner", "new", lambda old: old or "ours")

    with reverted(patch):
        assert not hasattr(Owner, "new")
    assert vars(Owner)["new"] == "ours"
    patch.revert()
    assert not hasattr(Owner, "new")


def test_every_patch_belongs_to_a_service_of_moto() -> None:
    services = set(list_of_moto_modules())

    assert {patch.service for patch in PATCHES} <= services


def test_every_patch_says_in_its_file_what_moto_does() -> None:
    modules = {inspect.getmodule(patch._replacement) for patch in PATCHES}

    for module in modules:
        assert module is not None
        assert module.__doc__ is not None
        assert len(module.__doc__) > 80, module.__name__
