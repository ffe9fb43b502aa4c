from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from inferctl.localaws.serving.faults import ValidationError
from inferctl.localaws.serving.model_store import ModelStore
from tests.inferctl.localaws.serving.support import PREFIX, MemoryStore, archive


def tar_of(member: tarfile.TarInfo, data: bytes = b"") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def link(name: str, target: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, target
    return member


def device() -> tarfile.TarInfo:
    member = tarfile.TarInfo("device")
    member.type = tarfile.CHRTYPE
    return member


@pytest.fixture
def objects() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def store(objects: MemoryStore, tmp_path: Path) -> ModelStore:
    return ModelStore(root=tmp_path / "models", objects=objects, prefix=PREFIX, max_bytes=10_000)


def test_an_archive_is_unpacked_below_its_hash_and_downloaded_once(
    store: ModelStore, objects: MemoryStore
) -> None:
    objects.put("a.tar.gz", archive({"m/config.pbtxt": "x" * 100, "m/1/model.py": "y" * 50}))

    first, second = store.fetch("a.tar.gz"), store.fetch("a.tar.gz")

    assert first == second
    assert first.directory == store.root / first.name / "model"
    assert (first.directory / "m/1/model.py").read_text() == "y" * 50
    assert first.size == 150
    assert objects.opened == [PREFIX + "a.tar.gz"]
    assert store.downloads == 1


@pytest.mark.parametrize(
    "data",
    [
        tar_of(tarfile.TarInfo("../outside"), b"x"),
        tar_of(tarfile.TarInfo("a/../../outside"), b"x"),
        tar_of(link("link", "../../outside")),
        tar_of(link("link", "/etc/passwd")),
        tar_of(device()),
        b"this is no archive",
        archive({"a": "x" * 1000})[:60],
        gzip.compress(b"no tar inside" * 100),
        archive({"a": "x" * 20_000}),
        b"",
    ],
    ids=["up", "deep", "link up", "link /", "device", "text", "cut", "no tar", "bomb", "empty"],
)
def test_a_bad_archive_is_refused_and_leaves_nothing(
    store: ModelStore, objects: MemoryStore, data: bytes
) -> None:
    objects.put("bad.tar.gz", data)

    with pytest.raises(ValidationError, match="Failed to extract model data archive from URL"):
        store.fetch("bad.tar.gz")

    assert list(store.root.iterdir()) == []
    assert not (store.root.parent / "outside").exists()


def test_an_absolute_member_stays_inside(store: ModelStore, objects: MemoryStore) -> None:
    objects.put("a.tar.gz", tar_of(tarfile.TarInfo("/tmp/inside-the-model"), b"x"))

    stored = store.fetch("a.tar.gz")

    assert (stored.directory / "tmp/inside-the-model").read_bytes() == b"x"


def test_a_missing_object_is_named(store: ModelStore) -> None:
    with pytest.raises(
        ValidationError, match=r"Failed to download model data from URL 's3://models"
    ):
        store.fetch("gone.tar.gz")


def test_the_least_recently_used_released_model_is_deleted_for_room(
    store: ModelStore, objects: MemoryStore
) -> None:
    for name in "abc":
        objects.put(name, archive({"file": name * 4000}))
    a, b = store.fetch("a"), store.fetch("b")
    store.release(a)
    store.release(b)
    store.release(store.fetch("a"))

    c = store.fetch("c")

    assert [m.directory.exists() for m in (a, b, c)] == [True, False, True]


def test_a_model_in_use_is_never_deleted(store: ModelStore, objects: MemoryStore) -> None:
    for name in "abc":
        objects.put(name, archive({"file": name * 6000}))
    a = store.fetch("a")

    b = store.fetch("b")

    assert a.directory.exists()
    assert b.directory.exists()


def test_discard_deletes_at_once_but_not_what_another_caller_uses(
    store: ModelStore, objects: MemoryStore
) -> None:
    objects.put("a", archive({"file": "x"}))
    stored = store.fetch("a")
    store.fetch("a")

    store.release(stored, discard=True)
    assert stored.directory.exists()

    store.release(stored, discard=True)
    assert not stored.directory.parent.exists()


def test_a_new_store_starts_with_an_empty_directory(objects: MemoryStore, tmp_path: Path) -> None:
    (tmp_path / "models/old/model").mkdir(parents=True)

    store = ModelStore(root=tmp_path / "models", objects=objects, prefix=PREFIX, max_bytes=10)

    assert list(store.root.iterdir()) == []
