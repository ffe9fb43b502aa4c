"""How answers are compared with golden answers."""

from __future__ import annotations

import math
from typing import Any

import pytest

from golden_answers import compare, flat


def answer(data: list[Any], shape: list[int] | None = None, name: str = "out") -> dict[str, Any]:
    return {"outputs": [{"name": name, "shape": shape or [1, len(data)], "data": data}]}


def test_equal_answers_match_with_cosine_one() -> None:
    found = compare(answer([0.6, 0.8]), answer([0.6, 0.8]), max_absolute_error=0, minimum_cosine=1)

    assert found.matches
    assert (found.elements, found.max_absolute_error) == (2, 0)
    assert found.cosine == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("got", "problem"),
    [
        (
            answer([0.6, 0.9]),
            "output out[0, 1] is 0.9, golden is 0.8: differs by 0.1, allowed is 0.01",
        ),
        (answer([0.6, 0.8], name="other"), "output out is missing"),
        (answer([0.6, 0.8], shape=[2, 1]), "output out has shape [2, 1], golden is [1, 2]"),
        (answer([0.6], shape=[1, 2]), "output out has 1 elements, golden has 2"),
        ({}, "output out is missing"),
        ({"outputs": "text"}, "output out is missing"),
        (
            answer([math.nan, 0.8]),
            "output out[0, 0] is nan, golden is 0.6: differs by inf, allowed is 0.01",
        ),
    ],
)
def test_a_different_answer_is_named(got: dict[str, Any], problem: str) -> None:
    found = compare(answer([0.6, 0.8]), got, max_absolute_error=0.01, minimum_cosine=None)

    assert found.problem == problem


def test_a_turned_vector_fails_on_cosine() -> None:
    found = compare(answer([1, 0]), answer([0, 1]), max_absolute_error=None, minimum_cosine=0.99)

    assert found.problem == "output out has cosine 0.000000, at least 0.99 is required"


def test_a_golden_answer_without_outputs_matches_nothing() -> None:
    found = compare({"outputs": []}, answer([1]), max_absolute_error=1, minimum_cosine=0)

    assert found.problem == "the golden answer names no output"


def test_one_wrong_output_among_good_ones_is_reported() -> None:
    expected = {"outputs": [*answer([1.0])["outputs"], *answer([2.0], name="b")["outputs"]]}
    got = {"outputs": [*answer([1.0])["outputs"], *answer([3.0], name="b")["outputs"]]}

    found = compare(expected, got, max_absolute_error=0.5, minimum_cosine=None)

    assert found.problem == "output b[0, 0] is 3, golden is 2: differs by 1, allowed is 0.5"


def test_nested_data_is_read_in_row_major_order() -> None:
    assert flat([[1, 2], [3, 4]]) == [1.0, 2.0, 3.0, 4.0]


def test_a_nan_behind_good_elements_is_found() -> None:
    found = compare(
        answer([0.6, 0.8]), answer([0.6, math.nan]), max_absolute_error=9, minimum_cosine=None
    )

    assert found.problem == ("output out[0, 1] is nan, golden is 0.8: differs by inf, allowed is 9")


def test_the_worst_element_is_named_by_its_indices_with_the_number_of_others() -> None:
    expected = answer([1.0, 2, 3, 4, 5, 6], shape=[2, 3])
    got = answer([1.0, 2, 3, 4, 6, 8], shape=[2, 3])

    found = compare(expected, got, max_absolute_error=0.5, minimum_cosine=None)

    assert found.problem == (
        "output out[1, 2] is 8, golden is 6: differs by 2, allowed is 0.5,"
        " and 1 more of 6 elements differ"
    )


def test_texts_are_equal_or_not() -> None:
    same = compare(answer(["a"]), answer(["a"]), max_absolute_error=0, minimum_cosine=0.5)
    other = compare(answer(["cat"]), answer(["dog"]), max_absolute_error=9, minimum_cosine=None)

    assert same.matches
    assert other.problem == (
        "output out[0, 0] is 'dog', golden is 'cat': differs by inf, allowed is 9"
    )


def test_equal_infinities_and_nans_of_the_golden_match() -> None:
    strange = answer([math.inf, math.nan, 1.0])

    assert compare(strange, strange, max_absolute_error=0, minimum_cosine=0.9).matches


def test_neighbours_among_large_whole_numbers_differ() -> None:
    found = compare(answer([2**53]), answer([2**53 + 1]), max_absolute_error=0, minimum_cosine=None)

    assert found.problem == (
        "output out[0, 0] is 9007199254740993, golden is 9007199254740992: differs by 1,"
        " allowed is 0"
    )


@pytest.mark.parametrize("number", [10**400, -(10**400)])
def test_numbers_that_no_tensor_holds_are_compared_as_texts(number: int) -> None:
    strange, other = answer([number]), answer([number + 1])

    assert compare(strange, strange, max_absolute_error=0, minimum_cosine=None).matches
    assert not compare(strange, other, max_absolute_error=0, minimum_cosine=None).matches


@pytest.mark.parametrize("size", [1e-320, 1e200, 1.7e308])
def test_directions_of_very_long_vectors_are_compared(size: float) -> None:
    def cosine(*got: float) -> float:
        golden = answer([size, size, size])
        return compare(golden, answer([*got]), max_absolute_error=None, minimum_cosine=0.5).cosine

    assert cosine(size, size, size) == pytest.approx(1)
    assert cosine(size, -size, size) == pytest.approx(1 / 3)


def test_empty_outputs_are_equal_and_rows_of_no_length_have_places() -> None:
    empty = answer([], [1, 0])
    ragged, other = answer([[], [1]], [2, 0]), answer([[], [2]], [2, 0])

    assert compare(empty, empty, max_absolute_error=0, minimum_cosine=0.9).matches
    found = compare(ragged, other, max_absolute_error=0, minimum_cosine=None)
    assert found.problem == "output out[0, 0] is 2, golden is 1: differs by 1, allowed is 0"
