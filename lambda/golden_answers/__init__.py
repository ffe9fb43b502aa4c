"""Golden answers: how a server's answer is read, and how far it is from the one it should be.

Standard library and ``model_artifacts`` alone: handlers, ``inferctl`` and synthesis import it.
"""

from golden_answers.comparison import Comparison, compare, flat
from golden_answers.goldens import (
    GOLDENS_VERSION,
    Golden,
    GoldenFile,
    Goldens,
    identity_of,
    parse_goldens,
)
from golden_answers.protocols import (
    PROTOCOLS,
    AnswerFormatError,
    Protocol,
    read_answer,
    request_path,
)

__all__ = [
    "GOLDENS_VERSION",
    "PROTOCOLS",
    "AnswerFormatError",
    "Comparison",
    "Golden",
    "GoldenFile",
    "Goldens",
    "Protocol",
    "compare",
    "flat",
    "identity_of",
    "parse_goldens",
    "read_answer",
    "request_path",
]
