"""Hold what every section of a scenario is made of: the frozen base, and kinds of numbers."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Slower = Annotated[float, Field(ge=1, allow_inf_nan=False)]
Shape = Annotated[tuple[NotNegative, ...], Field(min_length=24, max_length=24)]

SUM_SLACK = 1e-3
"""How far a day's 24 shares may be from 1: they are published to five decimals."""


def key(unit: str, reason: str, *, default: Any = ...) -> Any:  # noqa: ANN401 - as pydantic's own Field
    """Declare one scenario key with its unit and reason."""
    return Field(default, description=reason, json_schema_extra={"unit": unit})


class Section(BaseModel):
    """Stand above every section: frozen, and unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
