from __future__ import annotations

import os
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from inferctl.toolchain import tritonserver
from inferctl.toolchain.tritonserver import (
    NUMPY,
    PYTRITON,
    Available,
    Host,
    Unavailable,
    availability,
    install,
    missing_libpython,
)
from inferctl.toolchain.wheels import PinnedWheel, file_sha256

GOOD = Host(system="Linux", machine="x86_64", libc=("glibc", "2.36"), python=(3, 11))


@pytest.mark.parametrize(
    "host", [GOOD, replace(GOOD, libc=("glibc", "2.35")), replace(GOOD, python=(3, 12))]
)
def test_the_binary_is_available(host: Host) -> None:
    assert availability(host) == Available()


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        (replace(GOOD, system="Darwin"), "needs Linux on x86_64, and this is Darwin on x86_64"),
        (replace(GOOD, machine="aarch64"), "needs Linux on x86_64, and this is Linux on aarch64"),
        (replace(GOOD, libc=("glibc", "2.34")), "needs glibc 2.35 or newer, found glibc 2.34"),
        (replace(GOOD, libc=("", "")), "needs glibc 2.35 or newer, found another C library"),
        (replace(GOOD, python=(3, 13)), "exists for Python 3.11 and 3.12, and this is Python 3.13"),
    ],
)
def test_the_binary_is_unavailable_and_the_reason_is_said(host: Host, reason: str) -> None:
    found = availability(host)

    assert isinstance(found, Unavailable)
    assert reason in found.reason


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Wheels shaped like the real ones, pinned instead of them."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    stubs = "pytriton/tritonserver/python_backend_stubs"
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    contents = {
        PYTRITON: {
            "pytriton/tritonserver/bin/tritonserver": 0o777,
            "pytriton/tritonserver/backends/python/libtriton_python.so": 0o666,
            "pytriton/tritonserver/backends/python/triton_python_backend_utils.py": 0o666,
            f"{stubs}/{version}/triton_python_backend_stub": 0o777,
            "nvidia_pytriton.libs/libb64.so": 0o644,
            "pytriton/client/client.py": 0o644,
        },
        NUMPY[sys.version_info[:2]]: {"numpy/__init__.py": 0o644, "numpy.libs/libblas.so": 0o644},
    }
    pinned: list[PinnedWheel] = []
    for wheel, members in contents.items():
        with zipfile.ZipFile(folder / wheel.filename, "w") as archive:
            for name, mode in members.items():
                info = zipfile.ZipInfo(name)
                info.external_attr = mode << 16
                archive.writestr(info, name)
        pinned.append(replace(wheel, sha256=file_sha256(folder / wheel.filename)))
    monkeypatch.setattr(tritonserver, "PYTRITON", pinned[0])
    monkeypatch.setattr(tritonserver, "NUMPY", {sys.version_info[:2]: pinned[1]})
    return folder


def test_only_the_server_s_folders_and_numpy_are_unpacked(wheels: Path, tmp_path: Path) -> None:
    server = install(tmp_path / "cache", wheels=wheels)

    names = {path.name for path in server.root.rglob("*") if path.is_file()}
    assert names == {
        "tritonserver",
        "libtriton_python.so",
        "triton_python_backend_utils.py",
        "triton_python_backend_stub",
        "libb64.so",
        "__init__.py",
        "libblas.so",
    }
    assert os.access(server.binary, os.X_OK)
    assert os.access(server.stub, os.X_OK)
    assert server.binary.stat().st_mode & 0o022 == 0, "the wheel's files are writable for all"


def test_a_second_install_changes_nothing_and_needs_no_wheel(wheels: Path, tmp_path: Path) -> None:
    messages: list[str] = []
    first = install(tmp_path / "cache", wheels=wheels, progress=messages.append)
    inode = first.binary.stat().st_ino
    for wheel in wheels.iterdir():
        wheel.unlink()

    second = install(tmp_path / "cache", wheels=wheels, progress=messages.append)

    assert second == first
    assert second.binary.stat().st_ino == inode
    assert messages == ["unpacking tritonserver 2.51.0"]


def test_an_interrupted_install_leaves_nothing_half_done(
    wheels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(self: Path, target: Path) -> Path:
        raise KeyboardInterrupt(f"{self} was not yet {target}")

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Path, "rename", interrupt)
        install(tmp_path / "cache", wheels=wheels)

    assert list((tmp_path / "cache" / "2.51.0").iterdir()) == []
    assert install(tmp_path / "cache", wheels=wheels).binary.is_file()


def test_assemble_puts_numpy_1_before_our_packages(wheels: Path, tmp_path: Path) -> None:
    server = install(tmp_path / "cache", wheels=wheels)
    work = tmp_path / "work"

    for _ in range(2):
        server.assemble(work, packages=[Path("/some/site-packages")])

    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    paths = (work / "env/lib" / version / "site-packages/packages.pth").read_text().splitlines()
    assert paths == [str(server.numpy), "/some/site-packages"]
    assert (work / "env/bin/python3").resolve().name.startswith("python")
    assert sorted(path.name for path in (work / "backends/python").iterdir()) == [
        "libtriton_python.so",
        "triton_python_backend_stub",
        "triton_python_backend_utils.py",
    ]


def test_this_interpreter_s_library_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda _: False)

    found = missing_libpython()

    assert found is not None
    assert f"libpython{sys.version_info[0]}.{sys.version_info[1]}.so.1.0 is not in" in found
