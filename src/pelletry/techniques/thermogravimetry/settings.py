"""What a person may choose about thermogravimetry."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["ThermogravimetrySettings"]

_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class ThermogravimetrySettings(BaseModel):
    """The ``[thermogravimetry]`` part of study.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    smoothing_K: _Positive = Field(
        default=10.0, description="Width in K of heating of the polynomials that smooth the mass and give its rate."
    )
    smallest_step: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] = Field(
        default=1e-3, description="A step smaller than this share of the initial mass is not given."
    )
    noise_multiple: _Positive = Field(
        default=3.0, description="A change of mass below this many standard deviations of the noise is none."
    )
    dried_below_K: _Positive = Field(
        default=473.15,
        description="A first step that has ended below this temperature in K counts as drying; the mass after it is the dry mass.",
    )
    dry_at_K: _Positive | None = Field(
        default=None, description="Temperature in K at which the sample counts as dry, whatever its steps."
    )
    no_loss_above_K: tuple[_Positive, ...] = Field(
        default=(), description="Temperatures in K above which the mass is tested for any change against the noise."
    )
