"""What a person may choose about EDX profiles, maps and spectra."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

__all__ = ["EdxSettings"]


class EdxSettings(BaseModel):
    """The ``[edx]`` part of study.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    element: str = Field(
        default="",
        description="Element whose profile gives the thickness; by default the clearest of those in the layer.",
    )
    layer: str = Field(default="", description="Formula of the layer, such as LiTi2(PO4)3; its name in the results.")
    layer_density_kg_per_m3: float | None = Field(
        default=None,
        gt=100,
        lt=25000,
        allow_inf_nan=False,
        description="Density of the layer, for the range of the beam.",
    )
    beam_keV: float | None = Field(
        default=None, gt=0.5, lt=60, allow_inf_nan=False, description="Energy of the beam when no file says it."
    )
    interaction_width_m: float | None = Field(
        default=None,
        gt=0,
        lt=1e-4,
        allow_inf_nan=False,
        description="Width from which X-rays come, if known; thinner layers are refused. By default the Kanaya-Okayama range of the "
        "layer, and 1 µm when that cannot be computed.",
    )
    line_tilt_deg: float = Field(
        default=0.0,
        ge=-80,
        le=80,
        allow_inf_nan=False,
        description="Angle between the line and the normal of the layer: the thickness is the length times its cosine.",
    )
    counts: Literal["auto", "yes", "no"] = Field(
        default="auto",
        description="Whether profiles hold counts (Poisson weights); 'auto': whole numbers without another unit are counts.",
    )
    profile_along: Literal["auto", "x", "y"] = Field(
        default="auto",
        description="Direction across the layer in a map; 'auto': the one along which the element changes more.",
    )
    profiles_per_map: int = Field(
        default=40, ge=5, le=500, description="A map is cut into so many strips, each fitted by itself."
    )
    pixel_size_m: float | None = Field(
        default=None,
        gt=0,
        lt=1e-2,
        allow_inf_nan=False,
        description="Size of a pixel of maps whose file does not say it.",
    )
    coating: tuple[str, ...] = Field(
        default=("C", "Au", "Pt", "Pd"), description="Elements that a coating brings; not reported as foreign."
    )
    least_significance: float = Field(
        default=5.0,
        ge=2,
        le=100,
        allow_inf_nan=False,
        description="A line counts as seen above so many standard deviations.",
    )

    @field_validator("layer")
    @classmethod
    def _formula(cls, text: str) -> str:
        from pelletry.core.errors import PelletryError
        from pelletry.reference.elements import elements_of

        if text:
            try:
                elements_of(text)
            except PelletryError as error:
                raise ValueError(str(error)) from None
        return text
