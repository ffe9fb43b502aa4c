"""One short prefix for each line of the log: ``07:36:32.382 lambda_runtime FleetOnEvent: ...``."""

from __future__ import annotations

import logging

_PACKAGE = "inferctl.localaws."


class LineFormatter(logging.Formatter):
    """Time of day, the part that speaks, and the level where it is not INFO."""

    default_time_format = "%H:%M:%S"
    default_msec_format = "%s.%03d"

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line, before a traceback."""
        part = record.name.removeprefix(_PACKAGE).partition(".")[0]
        level = "" if record.levelno == logging.INFO else f"{record.levelname} "
        return f"{self.formatTime(record)} {part} {level}{record.getMessage()}"
