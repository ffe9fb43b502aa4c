"""The cluster query language, in which placement constraints are written.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-query-language.html
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NoReturn

Subjects = Callable[[str], frozenset[str] | None]
"""The values of a container instance for a subject, None for one that does not exist there."""
Predicate = Callable[[Subjects], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<mark>&&|\|\||==|!=|>=|<=|=~|!~|[()\[\],<>!])|(?P<word>[^\s()\[\],=!<>&|]+))"
)
# the argument of a match is a regular expression, which may hold any of the marks above
_PATTERN = re.compile(r"\s*((?:\([^\s()]*\)|[^\s()])+)")
_BINARY = {
    "==": "equals",
    "!=": "not_equals",
    ">": "greater_than",
    ">=": "greater_than_equal",
    "<": "less_than",
    "<=": "less_than_equal",
    "=~": "matches",
    "!~": "not_matches",
}
_SUBJECTS = ("agentConnected", "agentVersion", "ec2InstanceId", "registeredAt", "runningTasksCount")
_NONE: frozenset[str] = frozenset()
_WORDS = frozenset({*_BINARY.values(), "in", "not_in", "exists", "not_exists"})


class QueryError(ValueError):
    """An expression that is not of the language."""


def matches(expression: str, subjects: Subjects) -> bool:
    """Whether a container instance satisfies ``expression``; raises `QueryError`."""
    return parse(expression)(subjects)


@lru_cache(maxsize=1024)
def parse(expression: str) -> Predicate:
    """``expression`` as a predicate; raises `QueryError`."""
    reader = _Reader(expression)
    predicate = reader.either()
    if reader.peek():
        reader.fail(f"{reader.peek()!r} was not expected")
    return predicate


class _Reader:
    """Recursive descent: ``or`` of ``and`` of ``not`` of comparisons or parentheses."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def peek(self) -> str:
        """The next token, empty at the end."""
        found = _TOKEN.match(self._text, self._at)
        if found is None and self._text[self._at :].strip():
            self.fail(f"{self._text[self._at :].strip()[0]!r} was not expected")
        return found.group().strip() if found else ""

    def take(self) -> str:
        """The next token, which is consumed."""
        token = self.peek()
        found = _TOKEN.match(self._text, self._at)
        self._at = found.end() if found else len(self._text)
        return token

    def fail(self, problem: str) -> NoReturn:
        """Raise `QueryError`."""
        raise QueryError(f"Invalid expression {self._text!r}: {problem}")

    def either(self) -> Predicate:
        """Alternatives."""
        found = [self._both()]
        while self.peek() in ("||", "or"):
            self.take()
            found.append(self._both())
        return found[0] if len(found) == 1 else lambda asked: any(one(asked) for one in found)

    def _both(self) -> Predicate:
        found = [self._single()]
        while self.peek() in ("&&", "and"):
            self.take()
            found.append(self._single())
        return found[0] if len(found) == 1 else lambda asked: all(one(asked) for one in found)

    def _single(self) -> Predicate:
        if self.peek() in ("!", "not"):
            self.take()
            negated = self._single()
            return lambda asked: not negated(asked)
        if self.peek() == "(":
            self.take()
            inner = self.either()
            if self.take() != ")":
                self.fail("a parenthesis is not closed")
            return inner
        return self._comparison()

    def _comparison(self) -> Predicate:
        subject = self.take()
        if not (subject in _SUBJECTS or re.match(r"(?:attribute|task):.", subject)):
            self.fail(f"{subject!r} is no subject")
        operator = self._operator()
        if operator.endswith("exists"):
            return lambda asked: (asked(subject) is not None) is (operator == "exists")
        if operator in ("in", "not_in"):
            listed = self._list()
            return lambda asked: bool((asked(subject) or _NONE) & listed) is (operator == "in")
        if operator.endswith("matches"):
            pattern = self._pattern()
            return lambda asked: (
                any(pattern.fullmatch(value) for value in asked(subject) or _NONE)
                is (operator == "matches")
            )
        argument = self._argument()
        if operator.endswith("equals"):
            return lambda asked: (argument in (asked(subject) or _NONE)) is (operator == "equals")
        return lambda asked: any(
            _compare(operator, value, argument) for value in asked(subject) or _NONE
        )

    def _operator(self) -> str:
        operator = self.take()
        if operator == "!":
            operator = f"not_{self.take()}"
        operator = _BINARY.get(operator, operator)
        if operator not in _WORDS:
            self.fail(f"{operator!r} is no operator")
        return operator

    def _argument(self) -> str:
        argument = self.take()
        if not argument or not re.match(r"[^\s()\[\],=!<>&|]", argument):
            self.fail("an argument is missing")
        return argument

    def _list(self) -> frozenset[str]:
        if self.take() != "[":
            self.fail("a list in brackets is missing")
        items = [self._argument()]
        while self.peek() == ",":
            self.take()
            items.append(self._argument())
        if self.take() != "]":
            self.fail("a bracket is not closed")
        return frozenset(items)

    def _pattern(self) -> re.Pattern[str]:
        found = _PATTERN.match(self._text, self._at)
        if found is None:
            self.fail("a pattern is missing")
        self._at = found.end()
        try:
            return re.compile(found.group(1))
        except re.error as error:
            raise QueryError(f"Invalid expression {self._text!r}: {error}") from error


def _compare(operator: str, value: str, argument: str) -> bool:
    left, right = _ordered(value), _ordered(argument)
    greater, less = left > right, left < right
    if operator.endswith("equal") and not greater and not less:
        return True
    return greater if operator.startswith("greater") else less


def _ordered(text: str) -> list[tuple[int, str]]:
    """A sort key by which numbers and version numbers compare as such."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in text.split(".")]
