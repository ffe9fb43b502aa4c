"""moto has no ``ItemBatcher``, ignores tolerated failures, and writes empty result files.

Its Distributed Map also starts a thread an item without ``MaxConcurrency``, recurses once an item
with it, so that a thousand items break it, and goes on when the execution is stopped.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from typing import Any

from inferctl.localaws.stepfunctions.batching import template
from inferctl.localaws.stepfunctions.definitions import readable

from .patch import Patch

_STATES = "moto.stepfunctions.parser.asl.component.state.exec.state_map"
_parsing = threading.local()


def _parse(original: Any) -> Any:
    parse_text = original.__func__

    def parse(definition: str) -> Any:
        from moto.stepfunctions.parser.asl.parse.asl_parser import ASLParserException

        read = readable(definition)
        if read.problems:
            raise ASLParserException(errors=list(read.problems))
        outer = getattr(_parsing, "batchers", {})
        _parsing.batchers = read.batchers
        try:
            return parse_text(read.definition)
        finally:
            _parsing.batchers = outer

    return staticmethod(parse)


def _from_state_props(original: Any) -> Callable[..., None]:
    def from_state_props(self: Any, state_props: Any) -> None:
        original(self, state_props)
        batcher = _parsing.batchers.get(self.name)
        if batcher is not None:
            self.iteration_component.batcher = _payload_template(template(batcher))
        self.iteration_component.writes_results = self.result_writer is not None

    return from_state_props


def _payload_template(value: dict[str, Any]) -> Any:
    """What moto makes of a payload template."""
    from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

    state = {"Type": "Pass", "Parameters": value, "End": True}
    definition = json.dumps({"StartAt": "Batcher", "States": {"Batcher": state}})
    program: Any = AmazonStateLanguageParser.parse(definition)[0]
    return program.states.states["Batcher"].parameters


def _eval_body(_original: Any) -> Callable[..., None]:
    from inferctl.localaws.stepfunctions.distributed_map import evaluate

    def _eval_body(self: Any, env: Any) -> None:
        evaluate(self, env)

    return _eval_body


def _write(_original: Any) -> Callable[..., None]:
    from inferctl.localaws.stepfunctions.distributed_map import write_results

    def _eval_body(self: Any, env: Any) -> None:
        write_results(self, env)

    return _eval_body


def _log(_original: Any) -> logging.Logger:
    """Whose only words are that a tolerated percentage has no effect, which it now has."""
    quiet = logging.Logger("preprocessor")
    quiet.addHandler(logging.NullHandler())
    return quiet


PATCHES = (
    Patch("stepfunctions", "moto.stepfunctions.parser.asl.parse.preprocessor", "LOG", _log),
    Patch(
        "stepfunctions",
        "moto.stepfunctions.parser.asl.parse.asl_parser:AmazonStateLanguageParser",
        "parse",
        _parse,
    ),
    Patch("stepfunctions", f"{_STATES}.state_map:StateMap", "from_state_props", _from_state_props),
    Patch(
        "stepfunctions",
        f"{_STATES}.iteration.distributed_iteration_component:DistributedIterationComponent",
        "_eval_body",
        _eval_body,
    ),
    Patch(
        "stepfunctions",
        f"{_STATES}.result_writer.result_writer_decl:ResultWriter",
        "_eval_body",
        _write,
    ),
)
