"""The real Triton server binary, unpacked from a wheel into our cache and never installed.

``nvidia-pytriton`` carries tritonserver 2.51.0 with the python backend. Installing it would drag
twenty packages and an old numpy into our environment, so only the server's folders are unpacked.
Its python stubs are compiled against numpy 1: with numpy 2 they read and write wrong strides
without an error, so a numpy 1.26 is unpacked beside them and comes first on the stubs' path.
"""

from __future__ import annotations

import platform
import shutil
import sys
import sysconfig
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .wheels import PinnedWheel, Progress, fetch_wheel, silent

VERSION = "2.51.0"
MINIMUM_GLIBC = (2, 35)
PYTRITON = PinnedWheel(
    project="nvidia-pytriton",
    version="0.7.0",
    filename="nvidia_pytriton-0.7.0-py3-none-manylinux_2_35_x86_64.whl",
    sha256="21f063ff93bb426d0c06b7a55e7eb9efcfe62c0dddd9a908e9877e18710128df",
)


def _numpy(tag: str, sha256: str) -> PinnedWheel:
    filename = f"numpy-1.26.4-{tag}-{tag}-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
    return PinnedWheel(project="numpy", version="1.26.4", filename=filename, sha256=sha256)


# Stubs exist for 3.8 to 3.13; below 3.11 this project does not run, and numpy 1 ends at 3.12.
NUMPY = {
    (3, 11): _numpy("cp311", "666dbfb6ec68962c033a450943ded891bed2d54e6755e35e5835d63f4f6931d5"),
    (3, 12): _numpy("cp312", "675d61ffbfa78604709862923189bad94014bef562cc35cf61d3a07bba02a7ed"),
}


@dataclass(frozen=True, kw_only=True)
class Host:
    """What decides whether the binary can run; the defaults describe this machine."""

    system: str = field(default_factory=platform.system)
    machine: str = field(default_factory=platform.machine)
    libc: tuple[str, str] = field(default_factory=platform.libc_ver)
    python: tuple[int, int] = field(default_factory=lambda: sys.version_info[:2])


@dataclass(frozen=True)
class Available:
    """The binary runs on this host."""


@dataclass(frozen=True)
class Unavailable:
    """The binary does not run on this host; ``reason`` is for people."""

    reason: str


@dataclass(frozen=True)
class TritonServer:
    """An unpacked server; all paths are absolute."""

    root: Path
    python: tuple[int, int]

    @property
    def files(self) -> Path:
        return self.root / "server"

    @property
    def binary(self) -> Path:
        return self.files / "pytriton/tritonserver/bin/tritonserver"

    @property
    def python_backend(self) -> Path:
        return self.files / "pytriton/tritonserver/backends/python"

    @property
    def stub(self) -> Path:
        version = f"{self.python[0]}.{self.python[1]}"
        folder = self.files / "pytriton/tritonserver/python_backend_stubs" / version
        return folder / "triton_python_backend_stub"

    @property
    def numpy(self) -> Path:
        return self.root / f"numpy-cp{self.python[0]}{self.python[1]}"

    def assemble(self, directory: Path, *, packages: Sequence[Path]) -> None:
        """Writes ``directory/backends`` and ``directory/env``, what one server start needs.

        The stub ignores PYTHONPATH: it takes the environment of the first ``python3`` on PATH.
        So ``env`` is a minimal virtual environment: numpy 1 first, then ``packages``.
        """
        backend = directory / "backends/python"
        environment = directory / "env"
        for stale in (backend.parent, environment):
            shutil.rmtree(stale, ignore_errors=True)
        backend.mkdir(parents=True)
        for source in (*self.python_backend.iterdir(), self.stub):
            (backend / source.name).symlink_to(source)
        version = f"python{self.python[0]}.{self.python[1]}"
        site = environment / "lib" / version / "site-packages"
        site.mkdir(parents=True)
        (environment / "bin").mkdir()
        base = Path(sys.base_prefix, "bin", version)
        for name in ("python", "python3", version):
            (environment / "bin" / name).symlink_to(base)
        lines = [f"home = {base.parent}", "include-system-site-packages = false"]
        (environment / "pyvenv.cfg").write_text("\n".join(lines) + "\n", encoding="utf-8")
        paths = [str(self.numpy), *(str(package) for package in packages)]
        (site / "packages.pth").write_text("\n".join(paths) + "\n", encoding="utf-8")


def availability(host: Host | None = None) -> Available | Unavailable:
    """Whether the wheel's binary runs on ``host`` (this machine when absent)."""
    host = host or Host()
    if host.system != "Linux" or host.machine != "x86_64":
        return Unavailable(
            f"the tritonserver binary needs Linux on x86_64, and this is"
            f" {host.system} on {host.machine}"
        )
    name, version = host.libc
    number = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    if name != "glibc" or number < MINIMUM_GLIBC:
        found = f"{name} {version}".strip() or "another C library"
        return Unavailable(f"the tritonserver binary needs glibc 2.35 or newer, found {found}")
    if host.python not in NUMPY:
        known = " and ".join(f"{major}.{minor}" for major, minor in NUMPY)
        return Unavailable(
            f"the tritonserver binary's Python stubs need numpy 1, which exists for Python {known},"
            f" and this is Python {host.python[0]}.{host.python[1]}"
        )
    return Available()


def missing_libpython() -> str | None:
    """Why the stub could not find this interpreter's shared library, or None when it can."""
    name = f"libpython{sys.version_info[0]}.{sys.version_info[1]}.so.1.0"
    folders = [str(sysconfig.get_config_var("LIBDIR")), "/usr/lib/x86_64-linux-gnu", "/usr/lib64"]
    if any(Path(folder, name).exists() for folder in folders):
        return None
    return f"{name} is not in {', '.join(folders)}: install it, or a Python built --enable-shared"


def install(cache: Path, *, wheels: Path, progress: Progress = silent) -> TritonServer:
    """The server below ``cache``, fetched and unpacked unless it is there.

    ``cache`` and ``wheels`` are ``<repo>/.cache/tritonserver`` and ``<repo>/.cache/wheels``.
    Raises `ToolchainError` when a download fails; never leaves a half unpacked folder.
    """
    server = TritonServer(root=(cache / VERSION).absolute(), python=sys.version_info[:2])
    if not server.binary.is_file():
        wheel = fetch_wheel(PYTRITON, wheels, progress=progress)
        progress(f"unpacking tritonserver {VERSION}")
        _unpack(wheel, ["pytriton/tritonserver/", "nvidia_pytriton.libs/"], server.files)
    if not server.numpy.is_dir():
        wheel = fetch_wheel(NUMPY[server.python], wheels, progress=progress)
        _unpack(wheel, ["numpy/", "numpy.libs/"], server.numpy)
    return server


def _unpack(wheel: Path, prefixes: Sequence[str], destination: Path) -> None:
    """Makes ``destination`` of the wheel's members below ``prefixes``, all or nothing."""
    destination.parent.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=destination.parent) as scratch,
        zipfile.ZipFile(wheel) as archive,
    ):
        folder = Path(scratch, "unpacked")
        for info in archive.infolist():
            if info.filename.startswith(tuple(prefixes)) and not info.is_dir():
                path = Path(archive.extract(info, folder))
                path.chmod((info.external_attr >> 16) & 0o755 | 0o644)
        try:
            folder.rename(destination)
        except OSError:
            # another process was faster; its copy has the same content
            if not destination.is_dir():
                raise
