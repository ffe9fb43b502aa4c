"""The wire between the embedded AWS and its callers: requests are refused, held up or watched."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from inferctl.localaws.http import HttpRequest, HttpResponse
from inferctl.localaws.server import Handler

Forward = Callable[[], HttpResponse]
_READ_SERVICES = frozenset({"states", "batch", "lambda"})


@dataclass(frozen=True)
class Call:
    """One request; ``text`` is its address, and its body where the service's are small."""

    service: str
    operation: str
    agent: str
    text: str


Act = Callable[[Call, Forward], HttpResponse]


@dataclass(kw_only=True, eq=False)
class Rule:
    """What becomes of the next ``times`` requests that hold all of these texts.

    ``operation`` is the method in S3 and the action elsewhere; ``agent`` is part of who asks.
    """

    operation: str
    holding: tuple[str, ...]
    act: Act
    agent: str = ""
    times: int = 1
    after: int = 0
    """How many such requests go through before."""
    all_of_them: bool = True
    """Whether so many requests have to come."""
    met: int = 0
    error: Exception | None = None
    _passed: int = 0

    def fits(self, call: Call) -> bool:
        """Whether the request is meant, and counted by that."""
        if call.operation != self.operation or self.agent not in call.agent:
            return False
        if self.met >= self.times or not all(text in call.text for text in self.holding):
            return False
        self._passed += 1
        if self._passed <= self.after:
            return False
        self.met += 1
        return True


class Wire:
    """All rules; requests that none is for pass as they are."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []

    def add(self, rule: Rule) -> Rule:
        """From now on."""
        with self._lock:
            self._rules.append(rule)
        return rule

    def around(self, handler: Handler) -> Handler:
        """What answers instead of ``handler``."""

        def answer(request: HttpRequest) -> HttpResponse:
            call, request = _read(request)
            with self._lock:
                rule = next((rule for rule in self._rules if rule.fits(call)), None)
            if rule is None:
                return handler(request)
            try:
                return rule.act(call, lambda: handler(request))
            except Exception as error:
                # whoever asked sees a broken server only; the case has to see why
                rule.error = error
                raise

        return answer


def refuse(status: int, code: str) -> Act:
    """The service's own way to say no."""

    def act(call: Call, _forward: Forward) -> HttpResponse:
        # Step Functions quotes the id of a request that is refused
        headers = {"x-amzn-errortype": code, "x-amzn-requestid": "0123-4567"}
        if call.service == "s3":
            body = f"<Error><Code>{code}</Code><Message>as told</Message></Error>"
            return HttpResponse(status, body.encode(), {"Content-Type": "application/xml"})
        body = json.dumps({"__type": code, "message": "as told", "Message": "as told"})
        headers["Content-Type"] = "application/json"
        return HttpResponse(status, body.encode(), headers)

    return act


def lose_answer(call: Call, forward: Forward) -> HttpResponse:
    """What was asked for is done, and the caller never hears of it."""
    forward()
    return refuse(503, "ServiceUnavailable")(call, forward)


def first(action: Callable[[], object]) -> Act:
    """Something happens between the caller's decision and the service."""

    def act(_call: Call, forward: Forward) -> HttpResponse:
        action()
        return forward()

    return act


def then(action: Callable[[], object]) -> Act:
    """Something happens after the service did its part, before the caller hears of it."""

    def act(_call: Call, forward: Forward) -> HttpResponse:
        answer = forward()
        action()
        return answer

    return act


def instead(action: Callable[[], object]) -> Act:
    """The request never arrives."""

    def act(call: Call, forward: Forward) -> HttpResponse:
        action()
        return refuse(503, "ServiceUnavailable")(call, forward)

    return act


def _read(request: HttpRequest) -> tuple[Call, HttpRequest]:
    service, _ = request.scope or ("", "")
    address = unquote(request.uri)
    agent = request.headers.get("user-agent", "")
    if service not in _READ_SERVICES:
        return Call(service, request.method, agent, address), request
    body = request.read_body(None)
    target = request.headers.get("x-amz-target", "").rpartition(".")[2]
    operation = target or request.path.rpartition("/")[2]
    text = address + body.decode("utf-8", "replace")
    again = HttpRequest(request.method, request.uri, request.headers, lambda _limit: body)
    return Call(service, operation, agent, text), again
