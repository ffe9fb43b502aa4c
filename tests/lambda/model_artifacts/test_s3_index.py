"""Reading, conditional writing and rolling back the index in S3."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from model_artifacts import (
    ArtifactsError,
    IndexMissingError,
    LostRaceError,
    StorageError,
    empty_index,
    resolve_target_model,
)
from model_artifacts.index import Artifact, Index, IndexEntry
from model_artifacts.s3_index import (
    index_etag,
    load_index,
    rollback_published_model,
    write_index,
)
from tests.support.faulty_s3 import Fault, FaultyS3, answer

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PLACE = {"bucket": "artifacts", "prefix": "fleet/"}


def artifact(digit: str) -> Artifact:
    return Artifact(
        digest=digit * 64,
        key=f"minilm/{digit * 16}.tar.gz",
        size=1,
        target="cpu",
        build="laptop",
        serving_image="26.05-py3",
        report=None,
        verification=None,
    )


def any_index() -> Index:
    index = empty_index(fleet="fleet", owner="stack")
    index["models"] = {"minilm": IndexEntry(current=artifact("2"), previous=artifact("1"))}
    return index


def store(s3: S3Client) -> None:
    write_index(s3, **PLACE, index=any_index(), etag=None)
    for digit in "12":
        s3.put_object(Bucket="artifacts", Key=f"fleet/{artifact(digit)['key']}", Body=b"x")


def test_written_index_is_loaded_with_its_etag(s3: S3Client) -> None:
    assert index_etag(s3, **PLACE) is None
    write_index(s3, **PLACE, index=any_index(), etag=None)

    stored = load_index(s3, **PLACE)

    assert stored.index == any_index()
    assert stored.etag == index_etag(s3, **PLACE)


def test_missing_index_says_where(s3: S3Client) -> None:
    with pytest.raises(IndexMissingError, match=r"s3://artifacts/fleet/index\.json does not"):
        load_index(s3, **PLACE)


def test_second_first_write_loses(s3: S3Client) -> None:
    write_index(s3, **PLACE, index=any_index(), etag=None)

    with pytest.raises(LostRaceError):
        write_index(s3, **PLACE, index=any_index(), etag=None)


def test_write_over_a_changed_or_deleted_index_loses(s3: S3Client) -> None:
    write_index(s3, **PLACE, index=any_index(), etag=None)
    read = load_index(s3, **PLACE)
    write_index(s3, **PLACE, index={**any_index(), "serial": 9}, etag=read.etag)

    with pytest.raises(LostRaceError):
        write_index(s3, **PLACE, index=any_index(), etag=read.etag)
    s3.delete_object(Bucket="artifacts", Key="fleet/index.json")
    with pytest.raises(LostRaceError):
        write_index(s3, **PLACE, index=any_index(), etag=read.etag)


def test_denied_write_is_no_lost_race(s3: S3Client) -> None:
    client = FaultyS3(
        s3, lambda: None, [Fault(operation="put_object", error=answer("AccessDenied", 403))]
    )

    with pytest.raises(StorageError, match="AccessDenied"):
        write_index(client.as_client(), **PLACE, index=any_index(), etag=None)


def test_rollback_writes_the_previous_artifact_back(s3: S3Client) -> None:
    store(s3)

    index = rollback_published_model(s3, **PLACE, model="minilm")

    assert resolve_target_model(index, "minilm") == artifact("1")["key"]
    assert load_index(s3, **PLACE).index == index


def test_rollback_to_an_archive_that_is_gone_is_refused(s3: S3Client) -> None:
    store(s3)
    s3.delete_object(Bucket="artifacts", Key=f"fleet/{artifact('1')['key']}")

    with pytest.raises(ArtifactsError, match=r"1\.tar\.gz does not exist, the index stays"):
        rollback_published_model(s3, **PLACE, model="minilm")

    assert load_index(s3, **PLACE).index == any_index()


@pytest.mark.parametrize(("lost", "raises"), [(1, False), (0, True)])
def test_rollback_reads_again_after_a_lost_race_but_not_for_ever(
    s3: S3Client, lost: int, raises: bool
) -> None:
    store(s3)
    fault = Fault(operation="put_object", nth=lost, error=answer("PreconditionFailed", 412))
    client = FaultyS3(s3, lambda: None, [fault]).as_client()

    if raises:
        with pytest.raises(LostRaceError):
            rollback_published_model(client, **PLACE, model="minilm")
        assert fault.seen == 5
    else:
        rollback_published_model(client, **PLACE, model="minilm")
        assert fault.seen == 2
