"""What a person may choose about the geometric density."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["DensitySettings"]


class DensitySettings(BaseModel):
    """The ``[density]`` part of study.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tolerance_stds: float = Field(
        default=2.0,
        ge=0,
        le=10,
        allow_inf_nan=False,
        description="A relative density above 100 % by more than this many standard deviations (more of them when they come from few "
        "readings) is reported as inconsistent, less as compatible with a dense pellet; the value is never clipped.",
    )
