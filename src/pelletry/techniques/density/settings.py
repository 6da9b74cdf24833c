"""What a person may choose about the geometric density."""

from __future__ import annotations

from typing import Literal

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
    method: Literal["auto", "geometric", "archimedes"] = Field(
        default="auto",
        description="Density that the relative density is of: 'auto' takes the geometric one, and that of Archimedes where mass or "
        "size of the pellet are not given. Both are shown.",
    )
    theoretical: Literal["stated", "diffraction"] = Field(
        default="stated",
        description="Theoretical density that is used where one is stated and another follows from refined cells.",
    )
    theoretical_agreement: float = Field(
        default=0.001,
        ge=0,
        le=0.5,
        allow_inf_nan=False,
        description="A stated and a computed theoretical density that differ by more than this share (and two standard "
        "deviations) are reported.",
    )
    methods_agreement: float = Field(
        default=0.01,
        ge=0,
        le=0.5,
        allow_inf_nan=False,
        description="Geometric density and that of Archimedes that differ by more than this share (and two standard deviations) "
        "are reported.",
    )
    air_density_kg_per_m3: float | None = Field(
        default=None,
        gt=0,
        lt=10,
        allow_inf_nan=False,
        description="Density of the air in kg/m3 for its buoyancy in weighings after Archimedes; none: not corrected (0.1 %).",
    )
