"""Where the model is, and that servers may read that and nothing else."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest

from inference_constructs.tf_serving import ServedModel
from tf_serving_start.source import parse_source

FOLDER = "s3://models/ssdresnet"
ARCHIVE = "s3://models/a/ssdresnet.tar.gz"
INDEX = "s3://models/a/index.json"


def _statements(model: ServedModel, stack: cdk.Stack) -> dict[str, Any]:
    found = [statement.to_statement_json() for statement in model.statements(stack)]
    return {statement["Sid"]: statement["Resource"] for statement in found}


@pytest.mark.parametrize("uri", [FOLDER, ARCHIVE, INDEX])
def test_what_the_construct_accepts_the_servers_accept(uri: str) -> None:
    model = ServedModel(name="ssdresnet", uri=uri)

    assert parse_source(model.environment["MODEL_URI"]).bucket == "models"


def test_an_archive_is_one_object_and_nothing_is_listed(stack: cdk.Stack) -> None:
    found = _statements(ServedModel(name="m", uri=ARCHIVE), stack)

    assert found == {"ReadModel": "arn:aws:s3:::models/a/ssdresnet.tar.gz"}


def test_an_index_is_one_object_and_the_models_archives_beside_it(stack: cdk.Stack) -> None:
    found = _statements(ServedModel(name="m", uri=INDEX), stack)

    assert found == {"ReadModel": ["arn:aws:s3:::models/a/index.json", "arn:aws:s3:::models/a/m/*"]}


def test_a_folder_is_listed_and_read(stack: cdk.Stack) -> None:
    found = _statements(ServedModel(name="m", uri=f"{FOLDER}/"), stack)

    assert found == {
        "ReadModel": "arn:aws:s3:::models/ssdresnet/*",
        "ListModel": "arn:aws:s3:::models",
    }


def test_an_encrypted_model_is_decrypted_with_its_key(stack: cdk.Stack) -> None:
    key = "arn:aws:kms:us-east-1:111122223333:key/1"

    assert (
        _statements(ServedModel(name="m", uri=ARCHIVE, key_arn=key), stack)["DecryptModel"] == key
    )


def test_the_checksum_reaches_the_servers() -> None:
    model = ServedModel(name="m", uri=ARCHIVE, sha256="a" * 64)

    assert model.environment["MODEL_SHA256"] == "a" * 64


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"uri": "models/m"}, "uri must be s3://bucket/key"),
        ({"uri": "s3://models"}, "uri must be s3://bucket/key"),
        ({"uri": "s3://models/*"}, "uri must be s3://bucket/key"),
        ({"name": "a b"}, "name must be letters"),
        ({"name": "$(reboot)"}, "name must be letters"),
        ({"sha256": "a" * 64}, "sha256 belongs to an archive"),
    ],
)
def test_a_wrong_model_is_refused(given: dict[str, str], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        ServedModel(**{"name": "m", "uri": FOLDER, **given})
