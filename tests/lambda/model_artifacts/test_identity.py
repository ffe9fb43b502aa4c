"""An artifact's identity follows every input, and nothing else."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_artifacts import FileIdentity, artifact_digest, artifact_key, canonical_json, normal_mode

SHA = st.text("0123456789abcdef", min_size=64, max_size=64)
NAMES = st.text("abcdef/._-", min_size=1, max_size=12)
FILES = st.lists(
    st.builds(
        FileIdentity,
        path=NAMES,
        mode=st.sampled_from([0o644, 0o755]),
        sha256=SHA,
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda file: file["path"],
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
INPUTS = st.fixed_dictionaries(
    {
        "files": FILES,
        "recipe": st.none() | st.dictionaries(st.text(max_size=3), JSON, max_size=3),
        "compiler_image": st.none() | NAMES,
        "serving_image": NAMES,
        "target": NAMES,
        "precision": st.none() | NAMES,
        "shapes": st.dictionaries(NAMES, st.lists(st.integers(), max_size=3), max_size=3),
    }
)


@given(inputs=INPUTS, data=st.data())
def test_digest_does_not_depend_on_the_order_of_files_or_keys(
    inputs: dict[str, Any], data: st.DataObject
) -> None:
    shuffled: dict[str, Any] = {**inputs, "files": data.draw(st.permutations(inputs["files"]))}
    shuffled["shapes"] = dict(reversed(inputs["shapes"].items()))

    assert artifact_digest(**shuffled) == artifact_digest(**inputs)


@given(inputs=INPUTS, other=INPUTS, field=st.sampled_from(sorted(artifact_digest.__annotations__)))
def test_any_changed_input_changes_the_digest(
    inputs: dict[str, Any], other: dict[str, Any], field: str
) -> None:
    if field == "return":
        field = "files"
    changed: dict[str, Any] = {**inputs, field: other[field]}
    same = canonical_json(_comparable(changed)) == canonical_json(_comparable(inputs))

    assert (artifact_digest(**changed) == artifact_digest(**inputs)) is same


@given(inputs=INPUTS, field=st.sampled_from(["path", "mode", "sha256"]))
def test_any_changed_property_of_a_file_changes_the_digest(
    inputs: dict[str, Any], field: str
) -> None:
    first = inputs["files"][0]
    changes = {"path": first["path"] + "x" * 20, "mode": first["mode"] ^ 0o111, "sha256": "f" * 63}
    files: list[Any] = [{**first, field: changes[field]}, *inputs["files"][1:]]
    changed: dict[str, Any] = {**inputs, "files": files}

    assert artifact_digest(**changed) != artifact_digest(**inputs)


def test_digest_of_a_known_artifact_never_changes() -> None:
    digest = artifact_digest(
        files=[FileIdentity(path="ensemble/config.pbtxt", mode=0o644, sha256="0" * 64)],
        recipe=None,
        compiler_image=None,
        serving_image="26.05-py3",
        target="cpu",
        precision="fp32",
        shapes={"token_ids": [128]},
    )

    text = (
        '{"compiler_image":null,"files":[["ensemble/config.pbtxt",420,"' + "0" * 64 + '"]],'
        '"precision":"fp32","recipe":null,"serving_image":"26.05-py3",'
        '"shapes":{"token_ids":[128]},"target":"cpu"}'
    )
    assert digest == hashlib.sha256(text.encode()).hexdigest()


def test_repeated_path_is_refused() -> None:
    file = FileIdentity(path="a/1/x", mode=0o644, sha256="0" * 64)

    with pytest.raises(ValueError, match="must be unique within an artifact, repeated: a/1/x"):
        artifact_digest(
            files=[file, file],
            recipe=None,
            compiler_image=None,
            serving_image="26.05-py3",
            target="cpu",
            precision=None,
            shapes={},
        )


def test_key_is_the_model_and_sixteen_digits() -> None:
    assert artifact_key("minilm", "0123456789abcdef" * 4) == "minilm/0123456789abcdef.tar.gz"


@pytest.mark.parametrize(
    ("mode", "normal"),
    [(0o100600, 0o644), (0o100664, 0o644), (0o100700, 0o755), (0o100755, 0o755), (0, 0o644)],
)
def test_modes_become_those_that_git_keeps(mode: int, normal: int) -> None:
    assert normal_mode(mode) == normal


def test_canonical_json_has_one_form_and_refuses_nan() -> None:
    assert canonical_json({"b": [1, None], "a": "é"}) == '{"a":"é","b":[1,null]}'.encode()
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("nan"))


def _comparable(inputs: dict[str, Any]) -> dict[str, Any]:
    return {**inputs, "files": sorted(canonical_json(file).decode() for file in inputs["files"])}
