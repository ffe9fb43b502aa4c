"""What counts as an archive, and removal of exactly what was named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model_artifacts import Garbage, StorageError
from model_artifacts.s3_inventory import (
    archive_versions,
    delete_versions,
    index_versions,
    list_archives,
)
from tests.support.faulty_s3 import FaultyS3

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PLACE = {"bucket": "artifacts", "prefix": "fleet/"}
ARCHIVE = "minilm/0123456789abcdef.tar.gz"


def put(s3: S3Client, *keys: str) -> None:
    for key in keys:
        s3.put_object(Bucket="artifacts", Key=key, Body=b"12")


def test_only_archives_below_the_prefix_are_listed(s3: S3Client) -> None:
    put(
        s3,
        f"fleet/{ARCHIVE}",
        "fleet/index.json",
        "fleet/minilm/0123456789ABCDEF.tar.gz",
        "fleet/minilm/0123.tar.gz",
        f"fleet/deeper/{ARCHIVE}",
        f"fleet-2/{ARCHIVE}",
    )

    [(key, archive)] = list_archives(s3, **PLACE).items()

    assert (key, archive.key, archive.size) == (ARCHIVE, ARCHIVE, 2)


def test_deleted_archive_is_not_listed_and_the_newest_version_counts(s3: S3Client) -> None:
    put(s3, f"fleet/{ARCHIVE}")
    s3.delete_object(Bucket="artifacts", Key=f"fleet/{ARCHIVE}")
    assert list_archives(s3, **PLACE) == {}

    newest = s3.put_object(Bucket="artifacts", Key=f"fleet/{ARCHIVE}", Body=b"1")["VersionId"]

    assert list_archives(s3, **PLACE)[ARCHIVE].version_id == newest
    assert len(list(archive_versions(s3, **PLACE))) == 3


def test_index_versions_are_those_of_the_index_alone(s3: S3Client) -> None:
    put(s3, "fleet/index.json", "fleet/index.json", "fleet/index.json.bak", f"fleet/{ARCHIVE}")

    assert [item["key"] for item in index_versions(s3, **PLACE)] == ["index.json"] * 2


def test_deleting_a_version_leaves_the_others_and_can_be_repeated(s3: S3Client) -> None:
    put(s3, f"fleet/{ARCHIVE}")
    [old] = archive_versions(s3, **PLACE)
    put(s3, f"fleet/{ARCHIVE}")

    for _ in range(2):
        assert delete_versions(s3, **PLACE, versions=[old]) == 1

    assert [item["version_id"] for item in archive_versions(s3, **PLACE)] != [old["version_id"]]
    assert ARCHIVE in list_archives(s3, **PLACE)


def test_more_than_a_thousand_versions_go_in_several_calls(s3: S3Client) -> None:
    client = FaultyS3(s3, lambda: None)
    gone = (Garbage(key=f"m/{number:016x}.tar.gz", version_id="v") for number in range(2001))

    assert delete_versions(client.as_client(), **PLACE, versions=gone) == 2001
    assert client.calls == ["delete_objects"] * 3


@pytest.mark.parametrize(("code", "transient"), [("InternalError", True), ("AccessDenied", False)])
def test_version_that_s3_kept_is_an_error(s3: S3Client, code: str, transient: bool) -> None:
    class Refusing(FaultyS3):
        def delete_objects(self, **_: object) -> dict[str, object]:
            return {"Errors": [{"Key": f"fleet/{ARCHIVE}", "Code": code, "Message": "no"}]}

    client = Refusing(s3, lambda: None).as_client()

    with pytest.raises(StorageError, match=rf"{ARCHIVE}: {code}: no \(1 of 1 objects") as caught:
        delete_versions(client, **PLACE, versions=[Garbage(key=ARCHIVE, version_id="v")])

    assert caught.value.transient is transient
