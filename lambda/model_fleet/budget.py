"""How long one call may go on, so that Lambda never has to end it."""

from __future__ import annotations

from typing import Final

from cfn_resource import LambdaContext

_RESERVE_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 20.0


class OutOfTimeError(Exception):
    """An archive is given up, unfinished, because the call is about to end."""


class TimeBudget:
    """The time left in one call of Lambda; safe to ask from several threads."""

    def __init__(self, context: LambdaContext) -> None:
        self._context = context
        # a function with a short time limit still gets to use three quarters of it
        whole = self._remaining()
        self._reserve = min(_RESERVE_SECONDS, whole / 4)
        self._stop = min(_STOP_SECONDS, whole / 12)

    def may_start(self) -> bool:
        """Whether there is time for new work."""
        return self._remaining() > self._reserve

    def check(self) -> None:
        """Raise `OutOfTimeError` when what is left is needed to end the call in order."""
        if self._remaining() <= self._stop:
            raise OutOfTimeError

    def _remaining(self) -> float:
        return self._context.get_remaining_time_in_millis() / 1000
