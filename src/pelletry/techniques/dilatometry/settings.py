"""What a person may choose about dilatometry; no default is a property of a material."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["DilatometrySettings", "GrainAfterFiring"]

_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
_Share = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]


class GrainAfterFiring(BaseModel):
    """A grain size and the firing that made it, for grain growth."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    temperature_K: _Positive = Field(description="Temperature of the dwell in K.")
    dwell_s: _Positive = Field(description="Length of the dwell in s.")
    grain_size_m: _Positive = Field(description="Grain size in m, all of one convention.")


class DilatometrySettings(BaseModel):
    """The ``[dilatometry]`` part of study.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    smoothing_K: _Positive = Field(
        default=20.0, description="Width in K of the polynomials that smooth the strain and give its rate."
    )
    baseline_low_K: _Positive | None = Field(
        default=None, description="Lower end in K of the straight line before sintering; found when not given."
    )
    baseline_high_K: _Positive | None = Field(default=None, description="Its upper end in K.")
    tangent_share: _Share = Field(
        default=0.9, description="The tangent is laid where the rate is at least this share of its extreme."
    )
    expansion_per_K: _Positive | None = Field(
        default=None,
        description="Mean linear thermal expansion of the material in 1/K. None: that of the study's diffraction, else of "
        "the cooling in the same record, else of the line before sintering; which one is said.",
    )
    standard_expansion_per_K: _Positive | None = Field(
        default=None,
        description="Mean expansion in 1/K of the standard body that a correction run was measured with. None: not added, and said.",
    )
    swelling_noise_multiple: _Positive = Field(
        default=3.0, description="A re-expansion counts when it exceeds this many standard deviations of the noise."
    )
    swelling_stretch_K: _Positive = Field(default=5.0, description="... and lasts longer than this many K of heating.")
    density_agreement: _Share = Field(
        default=0.02,
        description="Density by shrinkage and density of the pellet contradict each other beyond this (or two standard deviations).",
    )
    master_curve: Literal["auto", "off"] = Field(
        default="auto", description="'auto' fits a master sintering curve where three heating rates are there."
    )
    lag: Literal["fit", "off"] = Field(
        default="fit",
        description="Lag of the sample behind the thermocouple: fitted with the energy, or taken as zero.",
    )
    lag_prior_s: _Positive = Field(
        default=180.0,
        description="Standard deviation in s of what is thought of the lag beforehand (180 s: 3 K at 1 K/min); worth one measurement.",
    )
    target_density: _Share = Field(
        default=0.95, description="Relative density for which the firing table gives dwells."
    )
    firing_rate_K_per_s: _Positive | None = Field(
        default=None, description="Heating rate of the firing map in K/s; none: the middle one of the runs."
    )
    longest_dwell_s: _Positive = Field(default=36000.0, description="Longest dwell of the firing map in s.")
    grain_sizes: tuple[GrainAfterFiring, ...] = Field(
        default=(), description="Grain sizes after known firings of this powder, at least three, for grain growth."
    )
    initial_grain_size_m: _Positive | None = Field(
        default=None, description="Grain size in m before firing; none: the d50 of the powder, else taken as zero."
    )
    growth_exponents: tuple[_Positive, ...] = Field(
        default=(2.0, 3.0, 4.0),
        min_length=1,
        description="Exponents n of grain growth that are tried; the answers form a band.",
    )
    fracture_energy_J_per_m2: tuple[_Positive, _Positive] | None = Field(
        default=None, description="Lowest and highest fracture energy in J/m2, for the critical grain size."
    )
    modulus_Pa: tuple[_Positive, _Positive] | None = Field(
        default=None, description="Lowest and highest Young's modulus in Pa, for the critical grain size."
    )
    anisotropy_per_K: tuple[_Positive, _Positive] | None = Field(
        default=None,
        description="Lowest and highest difference of the axes' expansions in 1/K; none: that of the study's diffraction.",
    )

    @model_validator(mode="after")
    def _windows_are_ordered(self) -> DilatometrySettings:
        if (self.baseline_low_K is None) != (self.baseline_high_K is None):
            raise ValueError("baseline_low_K and baseline_high_K belong together")
        if (
            self.baseline_low_K is not None
            and self.baseline_high_K is not None
            and self.baseline_low_K >= self.baseline_high_K
        ):
            raise ValueError("baseline_low_K must be below baseline_high_K")
        for name in ("fracture_energy_J_per_m2", "modulus_Pa", "anisotropy_per_K"):
            pair = getattr(self, name)
            if pair is not None and pair[0] > pair[1]:
                raise ValueError(f"{name} is (lowest, highest)")
        return self
