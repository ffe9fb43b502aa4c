"""What every section of the platform file is made of: the base model and the values they share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

# CloudWatch Logs accepts these days only.
# docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
]  # fmt: skip
Count = Annotated[int, Field(strict=True, ge=1)]
CountOrZero = Annotated[int, Field(strict=True, ge=0)]
Cooldown = Annotated[int, Field(strict=True, ge=0, le=86_400)]
Switch = Annotated[bool, Field(strict=True)]
ScheduleName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9-]*$", max_length=64)]
VariableName = Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")]


class Section(BaseModel):
    """A mapping of the file: no unknown keys, nothing changed after reading."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


def chosen(section: Section, key: str) -> bool:
    """Whether the file gives ``key`` a value other than its default."""
    default = type(section).model_fields[key].get_default(call_default_factory=True)
    return bool(getattr(section, key) != default)


def word_for_none(word: str, schema: Any) -> BeforeValidator:
    """Reads ``word`` (``off``, ``auto``) as None, and refuses an empty value, which is a slip."""

    def read(value: Any) -> Any:
        if value is None:
            raise ValueError(f"is empty; write {word}, or the value")
        return None if value == word else value

    return BeforeValidator(read, json_schema_input_type=schema)
