from __future__ import annotations

import pytest

from inferctl.localaws.lambda_runtime.function import FunctionSpec, Invocation
from inferctl.localaws.lambda_runtime.reading import readable_lines, short_name

NAME = "laptop-models-FleetOnEvent442DE8CE-H9YOH1HPP0VK"
_FAILED = b'{"errorType": "ValueError", "errorMessage": "no", "stackTrace": []}'


@pytest.mark.parametrize(
    ("name", "short"),
    [
        (NAME, "FleetOnEvent"),
        (
            "laptop-models-FleetFrameworkProviderframeworkonEven-ZUF7O2PL7W4C",
            "FleetFrameworkProviderframeworkonEven",
        ),
        ("stack-442DE8CE-H9YOH1HPP0VK", "442DE8CE"),
        ("my-own-function", "my-own-function"),
    ],
)
def test_a_generated_name_is_its_logical_id_and_a_chosen_one_is_kept(name: str, short: str) -> None:
    assert short_name(name) == short


def test_lines_have_no_second_time_and_no_bookkeeping() -> None:
    function = FunctionSpec(name=NAME, arn="arn", handler="h.h", runtime="python3.12", code=b"")
    logs = (
        "START RequestId: 1 Version: $LATEST",
        "[INFO]\t2026-11-21 08:14:58,123\tmodel_fleet\tpublished minilm",
        "[ERROR]\t2026-11-21T08:14:58.123Z\t1\tno",
        "",
        "plain",
        "END RequestId: 1",
        "REPORT RequestId: 1\tDuration: 550.83 ms",
    )
    answered = Invocation(request_id="1", payload=b"{}", logs=logs, seconds=0.551)
    failed = Invocation(request_id="1", payload=_FAILED, error="Unhandled")

    assert list(readable_lines(function, answered)) == [
        "FleetOnEvent: INFO model_fleet\tpublished minilm",
        "FleetOnEvent: ERROR 1\tno",
        "FleetOnEvent: plain",
        "FleetOnEvent: answered in 0.55 s",
    ]
    assert list(readable_lines(function, failed)) == [
        "FleetOnEvent: FAILED in 0.00 s: ValueError: no"
    ]
