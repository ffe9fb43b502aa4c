from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from inferctl.localaws.app import LocalAws
from inferctl.localaws.http import HttpResponse
from inferctl.localaws.moto_app import MotoApplication
from inferctl.localaws.object_store import S3ObjectStore
from inferctl.localaws.serving.directory import ObjectNotFound

pytestmark = pytest.mark.server


def test_objects_are_streamed_by_address(local_aws: LocalAws) -> None:
    s3 = local_aws.client("s3")
    s3.create_bucket(Bucket="artifacts")
    s3.put_object(Bucket="artifacts", Key="fleet/minilm/0123.tar.gz", Body=b"archive")
    url = "s3://artifacts/fleet/minilm/0123.tar.gz"

    with S3ObjectStore().open(url) as stream:
        assert stream.read(3) == b"arc"
        assert stream.read() == b"hive"
    assert S3ObjectStore().size(url) == 7


@pytest.mark.parametrize("url", ["s3://artifacts-2/none", "s3://no-such-bucket/key"])
def test_what_is_not_there_is_named(local_aws: LocalAws, url: str) -> None:
    local_aws.client("s3").create_bucket(Bucket="artifacts-2")

    with pytest.raises(ObjectNotFound, match=url), S3ObjectStore().open(url):
        pass
    with pytest.raises(ObjectNotFound, match=url):
        S3ObjectStore().size(url)


def test_other_errors_are_not_taken_for_absence(
    local_aws: LocalAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_self: Any, _request: Any) -> HttpResponse:
        return HttpResponse(403, b"<Error><Code>AccessDenied</Code></Error>")

    local_aws.client("s3").create_bucket(Bucket="artifacts-3")
    monkeypatch.setattr(MotoApplication, "handle", broken)

    with (
        pytest.raises(ClientError, match="AccessDenied"),
        S3ObjectStore().open("s3://artifacts-3/k"),
    ):
        pass
