"""Where fields stand in protobuf text, in each way that the text format writes them."""

from __future__ import annotations

import pytest

from model_lint.positions import FieldPath, Positions

TEXT = """\
# a comment with name: "no"
name: "x" ; max_batch_size: 4
input [
  { name: "A" dims: [ 1, -1 ] },
  { name: 'B' dims: 7 }
]
output { name: "C" "D" }
output < name: "E" >
ensemble_scheduling {
  step { input_map { key: "K" value: "V" } input_map: { key: 'L' value: 'V' } }
}
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("name", 0), (2, 7)),
        (("max_batch_size", 0), (2, 29)),
        (("input", 1), (5, 3)),
        (("input", 0, "dims", 1), (4, 26)),
        (("input", 1, "name", 0), (5, 11)),
        (("output", 0), (7, 1)),
        (("output", 1, "name", 0), (8, 16)),
        (("ensemble_scheduling", 0, "step", 0, "input_map", "K"), (10, 10)),
        (("ensemble_scheduling", 0, "step", 0, "input_map", "L"), (10, 44)),
        (("output", 1, "label_filename", 0), (8, 1)),
    ],
)
def test_field_stands_where_its_value_or_message_starts(
    path: FieldPath, place: tuple[int, int]
) -> None:
    assert Positions(TEXT).at(path) == place


def test_field_that_is_not_there_has_no_place() -> None:
    assert Positions(TEXT).at(("version_policy", 0)) is None


@pytest.mark.parametrize(
    "text", ["input [", "input {", "name", "a: [1, ", "} } ]", "input {" * 9999]
)
def test_broken_text_keeps_what_was_found_before(text: str) -> None:
    assert Positions('name: "x"\n' + text).at(("name", 0)) == (1, 7)
