"""Which items go together, and which definitions say so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from inferctl.localaws.stepfunctions.batching import (
    MOST_INPUT_BYTES,
    BatchLimits,
    batches,
    limits,
    template,
)
from inferctl.localaws.stepfunctions.definitions import readable


def machine(batcher: Any, mode: str = "DISTRIBUTED", **more: Any) -> str:
    """A definition with a map, two levels down."""
    processor = {
        "ProcessorConfig": {"Mode": mode},
        "StartAt": "P",
        "States": {"P": {"Type": "Pass", "End": True}},
    }
    state = {"Type": "Map", "ItemProcessor": processor, "ItemBatcher": batcher, "End": True}
    branch = {"StartAt": "M", "States": {"M": {**state, **more}}}
    parallel = {"Type": "Parallel", "Branches": [branch], "End": True}
    return json.dumps({"StartAt": "Both", "States": {"Both": parallel}})


def test_batches_are_filled_in_order_up_to_their_number_of_items() -> None:
    made = list(batches(range(7), BatchLimits(items=3)))

    assert made == [
        (3, {"Items": [0, 1, 2]}),
        (3, {"Items": [3, 4, 5]}),
        (1, {"Items": [6]}),
    ]


def test_batches_stay_within_their_bytes_with_the_batch_input() -> None:
    items = ["x" * 10] * 20
    made = list(batches(items, BatchLimits(input_bytes=100), {"fleet": "f"}))

    assert [item for _, one in made for item in one["Items"]] == items
    sizes = [len(json.dumps(one, separators=(",", ":"))) for _, one in made]
    assert max(sizes) <= 100
    assert min(sizes[:-1]) > 100 - 13
    assert made[0][1]["BatchInput"] == {"fleet": "f"}


def test_no_batch_is_larger_than_the_input_of_an_execution() -> None:
    made = list(batches(["x" * 1000] * 1000, BatchLimits(items=1000)))

    assert len(made) > 1
    assert all(len(json.dumps(one)) <= MOST_INPUT_BYTES + 2000 for _, one in made)


def test_an_item_over_the_limit_is_a_batch_of_its_own() -> None:
    made = list(batches([1, "x" * 100, 2], BatchLimits(input_bytes=50)))

    assert [size for size, _ in made] == [1, 1, 1]


def test_there_are_no_batches_of_nothing() -> None:
    assert list(batches([], BatchLimits(items=3))) == []


def test_paths_and_numbers_become_one_payload_template() -> None:
    batcher = {"MaxItemsPerBatchPath": "$.n", "MaxInputBytesPerBatch": 9, "BatchInput": {"a": 1}}

    assert template(batcher) == {
        "MaxItemsPerBatch.$": "$.n",
        "MaxInputBytesPerBatch": 9,
        "BatchInput": {"a": 1},
    }
    assert limits({"MaxItemsPerBatch": 3}) == BatchLimits(items=3)
    with pytest.raises(ValueError, match="MaxItemsPerBatch must be a positive whole number, got 0"):
        limits({"MaxItemsPerBatch": 0})


def test_batchers_are_taken_out_wherever_they_are_nested() -> None:
    found = readable(machine({"MaxItemsPerBatch": 5}))

    assert found.batchers == {"M": {"MaxItemsPerBatch": 5}}
    assert "ItemBatcher" not in found.definition
    assert found.problems == ()


def test_a_whole_percentage_gets_its_decimal_point() -> None:
    found = readable(machine({"MaxItemsPerBatch": 5}, ToleratedFailurePercentage=100))

    assert '"ToleratedFailurePercentage": 100.0' in found.definition


@pytest.mark.parametrize("text", ['{"States": {} }', "no JSON, but ItemBatcher", '"ItemBatcher"'])
def test_other_definitions_stay_as_they_are(text: str) -> None:
    assert readable(text).definition == text


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        (machine({}), "/States/M/ItemBatcher needs one of MaxItemsPerBatch"),
        (machine([]), "/States/M/ItemBatcher must be an object"),
        (machine({"MaxItemsPerBatch": 0}), "must be a positive whole number, got 0"),
        (machine({"MaxItemsPerBatch": True}), "must be a positive whole number, got True"),
        (machine({"MaxItems": 1}), "/States/M/ItemBatcher/MaxItems is not a member"),
        (
            machine({"MaxItemsPerBatch": 1, "MaxItemsPerBatchPath": "$.n"}),
            "cannot have both MaxItemsPerBatch and MaxItemsPerBatchPath",
        ),
        (machine({"MaxItemsPerBatch": 1}, mode="INLINE"), "is for maps in DISTRIBUTED mode"),
        (
            machine({"MaxItemsPerBatch": 1}, QueryLanguage="JSONata"),
            "is emulated with JSONPath only",
        ),
    ],
)
def test_what_is_wrong_with_a_batcher_is_named(definition: str, words: str) -> None:
    assert words in "; ".join(readable(definition).problems)
