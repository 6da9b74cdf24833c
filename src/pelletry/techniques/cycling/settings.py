"""What a person may choose about the analysis of cycled cells. No area, mass, role or current has a default."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["CyclingSettings"]

_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class CyclingSettings(BaseModel):
    """The ``[cycling]`` part of study.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    current_A: _Positive | None = Field(
        default=None,
        description="Size of the current where a file holds neither a current nor a charge counter (an export of time and voltage). "
        "The numbers made with it say that it was stated. None: what needs a current is withheld for such files.",
    )
    rest_current_A: _Positive | None = Field(
        default=None, description="A current up to this is a rest. None: two hundredths of the largest of the run."
    )
    interfaces: Literal[1, 2] = Field(
        default=2,
        description="Alike interfaces that share the resistance of a symmetric cell beside the pellet: two, or one.",
    )
    impedance_drop_fraction: _Positive = Field(
        default=0.2, lt=1, description="A fall of the impedance by more than this between spectra is a sign of a short."
    )
    low_ratio: _Positive = Field(
        default=0.9,
        description="A dc resistance below this many times that of the impedance is a sign of electronic leakage.",
    )
    high_ratio: _Positive = Field(
        default=1.5,
        description="A dc resistance above this many times that of the impedance is a sign of lost contact or depletion.",
    )
    counter_tolerance_fraction: _Positive = Field(
        default=5e-3,
        description="The integral of the current and the instrument's own counter may differ by this share.",
    )
    reference_cycle: int = Field(
        default=2, ge=1, description="The cycle that the capacity of later ones is compared with."
    )
    cycle_begins_with: Literal["file", "charge", "discharge"] = Field(
        default="file",
        description="The branch that begins a cycle: the first of the file, or always a charge or a discharge; a branch before the first "
        "of that kind is then left out of the cycles and named.",
    )
    dqdv_step_V: _Positive | None = Field(
        default=None,
        description="Step of the differential capacity. None: the wider of 5 mV and three steps of the file.",
    )
    dqdv_smooth_V: float = Field(
        default=0.0,
        ge=0,
        allow_inf_nan=False,
        description="Width of the Savitzky-Golay filter of the differential capacity; 0: none.",
    )
