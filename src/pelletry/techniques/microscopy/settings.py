"""What a person may choose about micrographs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["MicroscopySettings"]


class MicroscopySettings(BaseModel):
    """The ``[microscopy]`` part of study.toml. Lengths of the picture are in pixels, those of the sample in metres."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pixel_size_m: float | None = Field(
        default=None,
        gt=0,
        lt=1e-2,
        allow_inf_nan=False,
        description="Size of a pixel for pictures whose file does not say it. Never assumed.",
    )
    scale_bar_px: float | None = Field(
        default=None, gt=0, allow_inf_nan=False, description="Length of the scale bar in pixels, with scale_bar_m."
    )
    scale_bar_m: float | None = Field(
        default=None, gt=0, lt=1, allow_inf_nan=False, description="Length that the scale bar stands for."
    )
    pixel_size_of_file: dict[str, float] = Field(
        default_factory=dict,
        description="Size of a pixel by file name, for pictures of different magnification without a scale of their own.",
    )
    image_kind: Literal["auto", "micrograph", "boundary-mask", "pore-mask"] = Field(
        default="auto",
        description="Whether pictures are micrographs or masks that somebody drew; auto: a picture of two greys is a mask.",
    )
    tilt: Literal["auto", "plane", "corrected"] = Field(
        default="auto",
        description="What to do when the stage was tilted: 'plane' stretches the rows by 1/cos(tilt) (a flat section tilted "
        "about the rows), 'corrected' says the microscope did it; 'auto' corrects nothing and flags lengths.",
    )
    databar_rows: int | None = Field(
        default=None, ge=0, description="Rows to cut off at the bottom; by default the databar is looked for."
    )
    crop_px: tuple[int, int, int, int] = Field(
        default=(0, 0, 0, 0), description="Pixels to cut off: top, bottom, left, right."
    )
    pores: Literal["dark", "bright", "none"] = Field(
        default="dark",
        description="What pores look like. In secondary and backscattered electrons a hole is dark.",
    )
    boundaries: Literal["auto", "dark", "bright", "contrast", "none"] = Field(
        default="auto",
        description="What grain boundaries look like: dark or bright lines, or steps of grey without lines; 'auto' compares "
        "them and says what it took; 'none' looks for no grains.",
    )
    boundary_filter: Literal["ridge", "black-hat"] = Field(default="ridge", description="The filter that finds lines.")
    boundary_width_px: float | None = Field(
        default=None,
        gt=0.5,
        le=30,
        allow_inf_nan=False,
        description="Width of the lines; by default the narrowest that stands out.",
    )
    threshold_factor: float = Field(
        default=1.0, gt=0, le=10, allow_inf_nan=False, description="Factor on Otsu's threshold of the filtered picture."
    )
    least_depth_px: float = Field(
        default=0.5,
        ge=0,
        le=100,
        allow_inf_nan=False,
        description="h of the h-maxima: how much narrower the neck between two grains must be than the smaller of them.",
    )
    least_support: float = Field(
        default=0.4,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Share of a watershed line that must lie on lines of the picture; less, and the two are one grain.",
    )
    least_grain_px2: float = Field(
        default=20.0, ge=0, allow_inf_nan=False, description="Smaller regions go to their largest neighbour."
    )
    porosity_threshold: Literal["auto", "half level", "Otsu", "triangle", "Li", "Yen"] = Field(
        default="auto",
        description="Whose threshold gives the value; the band is that of all. 'auto': the first of half level, Otsu, triangle, "
        "Li, Yen that does not cut through the grains.",
    )
    pore_least_width_px: int = Field(
        default=5, ge=1, le=99, description="What is dark and thinner than this is a line and no pore."
    )
    picture_width_px: int = Field(
        default=900, ge=100, le=4000, description="Width of the pictures kept for the report."
    )

    @model_validator(mode="after")
    def _whole_scale_bar(self) -> MicroscopySettings:
        if (self.scale_bar_px is None) != (self.scale_bar_m is None):
            raise ValueError("a scale bar needs both scale_bar_px and scale_bar_m")
        if self.pixel_size_m is not None and self.scale_bar_m is not None:
            raise ValueError("give pixel_size_m or the scale bar, not both")
        wrong = [name for name, size in self.pixel_size_of_file.items() if not 0 < size < 1e-2]
        if wrong:
            raise ValueError(f"pixel_size_of_file: not a size of a pixel in metres for {', '.join(wrong)}")
        return self

    @property
    def stated_pixel_m(self) -> float | None:
        """The size of a pixel that was stated for all pictures, from itself or from the scale bar."""
        if self.scale_bar_px is not None and self.scale_bar_m is not None:
            return self.scale_bar_m / self.scale_bar_px
        return self.pixel_size_m
