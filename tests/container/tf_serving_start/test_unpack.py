from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from model_artifacts import ArchiveError
from tests.container.tf_serving_start.archives import (
    SAVED_MODEL,
    archive,
    foreign,
    with_wrong_checksum,
)
from tf_serving_start.unpack import unpack


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "deep" / "target"
    made.mkdir(parents=True)
    return made


def test_files_come_out_as_they_went_in(folder: Path) -> None:
    unpack(io.BytesIO(archive(SAVED_MODEL)), folder, name="x")

    assert files(folder) == SAVED_MODEL


def test_archive_of_a_folder_by_another_tar_is_read_too(folder: Path) -> None:
    made = foreign(
        ("./", tarfile.DIRTYPE, ""),
        ("./variables", tarfile.DIRTYPE, ""),
        ("./variables/x", tarfile.REGTYPE, ""),
        ("./saved_model.pb", tarfile.REGTYPE, ""),
    )

    unpack(io.BytesIO(made), folder, name="x")

    assert files(folder) == {"variables/x": b"data", "saved_model.pb": b"data"}


@pytest.mark.parametrize(
    "member",
    [
        ("../../escaped", tarfile.REGTYPE, ""),
        ("a/../../../escaped", tarfile.REGTYPE, ""),
        ("/tmp/../escaped", tarfile.REGTYPE, ""),
        ("././../escaped", tarfile.REGTYPE, ""),
        ("..", tarfile.DIRTYPE, ""),
        ("link", tarfile.SYMTYPE, "/etc"),
        ("link", tarfile.SYMTYPE, "saved_model.pb"),
        ("link", tarfile.LNKTYPE, "/etc/passwd"),
        ("device", tarfile.CHRTYPE, ""),
        ("pipe", tarfile.FIFOTYPE, ""),
        ("a\nb", tarfile.REGTYPE, ""),
    ],
)
def test_member_that_is_no_file_below_the_folder_is_refused(
    member: tuple[str, bytes, str], folder: Path
) -> None:
    made = foreign(("saved_model.pb", tarfile.REGTYPE, ""), member)

    with pytest.raises(ArchiveError, match=r"^s3://b/k: "):
        unpack(io.BytesIO(made), folder, name="s3://b/k")

    everything = sorted(path.name for path in folder.parent.parent.rglob("*"))
    assert everything == ["deep", "saved_model.pb", "target"]


@pytest.mark.parametrize("second", ["a", "a/b"])
def test_path_that_occurs_twice_is_refused(second: str, folder: Path) -> None:
    made = foreign(("a", tarfile.REGTYPE, ""), (second, tarfile.REGTYPE, ""))

    with pytest.raises(ArchiveError, match=f"x: path occurs twice: '{second}'"):
        unpack(io.BytesIO(made), folder, name="x")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_archive_that_ends_early_is_refused(share: float, folder: Path) -> None:
    made = archive(SAVED_MODEL)

    with pytest.raises(ArchiveError, match=r"^x is no whole \.tar\.gz: "):
        unpack(io.BytesIO(made[: int(len(made) * share)]), folder, name="x")


def test_archive_whose_checksum_is_wrong_is_refused(folder: Path) -> None:
    made = with_wrong_checksum(archive(SAVED_MODEL))

    with pytest.raises(ArchiveError, match=r"x is no whole \.tar\.gz: CRC check failed"):
        unpack(io.BytesIO(made), folder, name="x")


def test_what_is_no_archive_is_refused(folder: Path) -> None:
    with pytest.raises(ArchiveError, match=r"x is no whole \.tar\.gz: Not a gzipped file"):
        unpack(io.BytesIO(b"<Error>NoSuchKey</Error>"), folder, name="x")
