from typing import Any

import pytest

from inferctl.localaws.moto_patches.patch import reverted
from inferctl.localaws.moto_patches.s3_concurrent_listing import PATCHES


def store() -> Any:
    from moto.s3.utils import _VersionedKeyStore

    made: Any = _VersionedKeyStore()
    for key in ("a", "b"):
        made[key] = f"{key}1"
        made[key] = f"{key}2"
    return made


def test_moto_still_loses_its_way_when_a_key_goes() -> None:
    with reverted(*PATCHES):
        keys = store()
        lists, values = keys.iterlists(), keys.values()
        next(lists)
        next(values)
        del keys["b"]

        assert list(lists) == [("b", None)]
        with pytest.raises(KeyError):
            next(values)


def test_patched_a_listing_shows_what_there_was_when_it_began() -> None:
    for patch in PATCHES:
        patch.apply()
    keys = store()
    lists, items, values = keys.iterlists(), keys.items(), keys.values()
    assert (next(lists), next(items), next(values)) == (("a", ["a1", "a2"]), ("a", "a2"), "a2")
    del keys["b"]

    assert (list(lists), list(items), list(values)) == (
        [("b", ["b1", "b2"])],
        [("b", "b2")],
        ["b2"],
    )
